"""What is wrong with a stack, the cause first: everything looked at that somebody on call would look at.

A consumer or a schedule that is off, a key or a secret that is gone explain what their alarms only tell; a
table that refuses explains the functions that fail on it; a function that fails explains what waits.
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

from botocore.exceptions import BotoCoreError, ClientError

from local.ops.alarms import Alarm, State, judged
from local.stack.deployed import Deployed
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.text.words import word

QUEUES = {
    "deliver": "AlertQueueAge",
    "fallback": "FallbackQueueAge",
    "feedback": "FeedbackQueueAge",
}
"""The functions that read a queue, and the entry of docs/RUNBOOK.md of one that does not."""
BEHIND = {entry: function for function, entry in QUEUES.items()} | {
    "AlertDeadLetters": "deliver",
    "FallbackDeadLetters": "fallback",
    "FeedbackDeadLetters": "feedback",
}
"""By entry: the function whose log says why a queue's messages wait or were given up."""
SCHEDULES = {"watch": "WatchMissing", "archive": "ArchiveMissing"}
THROTTLES = {"ReadThrottleEvents", "WriteThrottleEvents"}
OFTEN = 2
"""So many errors of one period may be passing ones."""
LOOKED_BACK_S = 900
"""Log lines of the last quarter of an hour."""
SIGNS = ("ImportModuleError", "Task timed out", '"level":"ERROR"', "[ERROR]", "Error:", "Traceback")
"""What a line of a log has in it that tells of a failure, the most telling first."""
PATTERN = '?ERROR ?ImportModuleError ?"Task timed out" ?Traceback'
EMULATOR_LOG, TAIL_BYTES = "emulator.log", 1_000_000
UNSTARTED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ERROR ")
LONGEST = 400
PROBLEMS = {
    "no_answer": "não responde · does not answer",
    "alerts_wait": "alertas esperam a entrega · alerts wait for their delivery",
    "timers_wait": "e-mails esperam · e-mails wait",
    "dead_alerts": "cartas mortas: alertas · dead letters: alerts",
    "dead_timers": "cartas mortas: e-mails · dead letters: e-mails",
    "dead_reports": "cartas mortas: avisos do SES · dead letters: reports of SES",
    "watch_late": "a rotina de cada minuto parou · the minute's round has stopped",
    "feed_silent": "série sem dados · no data from a feed",
    "feed_flapping": "série oscila · a feed comes and goes",
    "bridge_mute": "ponte sem sinal · a bridge gives no sign of life",
    "mail_unreached": "e-mail não chega a operadores · e-mail does not reach operators",
    "channel_not_sent": "celular ou mensageiro não recebe · a phone or messenger takes no notes",
}
"""What /health calls what degrades the system, in words."""


class Rank(IntEnum):
    """How near to the cause a finding is: the least explains the others."""

    OFF = 0
    REFUSED = 1
    FAILS = 2
    MISSING = 3
    SYMPTOM = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: what, how it is seen, the entry of docs/RUNBOOK.md, a line of a log."""

    rank: Rank
    cause: str
    evidence: str
    runbook: str
    log: str = ""
    weight: float = 0.0
    """How much of it was seen: of two of a rank the one with more comes first."""


def diagnose(
    stack: Deployed, name: str, alarms: Sequence[Alarm], now: float, born: float = 0.0
) -> list[Finding]:
    """Return all that is wrong with a stack, the likeliest cause first; `now` and `born` in epoch seconds.

    Findings of one runbook entry are one, the evidence of all in it. Raises nothing: what cannot be asked is
    a finding too.
    """
    looks = (
        lambda: _consumers(stack.client("lambda"), name),
        lambda: _schedules(stack.client("events"), name),
        lambda: _secrets(stack),
        lambda: _health(stack),
        lambda: _lit(stack, name, alarms, now, born),
    )
    found = [one for look in looks for one in _told(look)]
    entries: dict[str, Finding] = {}
    for one in sorted(found, key=lambda one: (one.rank, -one.weight)):
        before = entries.get(one.runbook)
        entries[one.runbook] = _joined(before, one) if before else one
    return list(entries.values())


def _joined(first: Finding, other: Finding) -> Finding:
    """Return the finding nearer to the cause, with what the other saw.

    A log does not tell why something is off or refuses; what it has is of before.
    """
    saw = other.evidence if other.cause == first.cause else f"{other.cause}: {other.evidence}"
    evidence = f"{first.evidence}; {saw}"
    log = other.log if first.rank is other.rank else ""
    return replace(first, evidence=evidence, log=first.log or log)


def _told(look: Any) -> list[Finding]:
    try:
        return list(look())
    except (ClientError, BotoCoreError) as error:
        return [Finding(Rank.SYMPTOM, "não se pode perguntar · cannot be asked", str(error), "")]


def _consumers(lambdas: Any, name: str) -> Iterator[Finding]:
    for function, entry in QUEUES.items():
        sources = lambdas.list_event_source_mappings(FunctionName=f"{name}-{function}")["EventSourceMappings"]
        off = [one for one in sources if one["State"] not in ("Enabled", "Enabling", "Creating", "Updating")]
        if off or not sources:
            state = off[0]["State"] if off else "gone"
            since = f" desde · since {off[0]['LastModified']:%Y-%m-%d %H:%M}" if off else ""
            yield Finding(
                Rank.OFF,
                f"consumidor desligado · consumer off: {function} não lê a fila · does not read its queue",
                f"event source mapping {off[0]['UUID'] if off else '-'}: {state}{since}",
                entry,
            )


def _schedules(events: Any, name: str) -> Iterator[Finding]:
    rules = events.list_rules(NamePrefix=f"{name}-")["Rules"]
    for function, entry in SCHEDULES.items():
        prefix = f"{name}-{function.capitalize()}Function"
        mine = [one for one in rules if one["Name"].startswith(prefix)]
        for one in mine:
            if one["State"] != "ENABLED":
                what = f"horário desligado · schedule off: {function}"
                yield Finding(Rank.OFF, what, f"rule {one['Name']}: {one['State']}", entry)


def _secrets(stack: Deployed) -> Iterator[Finding]:
    key = stack.client("kms").describe_key(KeyId=stack.outputs["DigestKeyArn"])["KeyMetadata"]
    if key["KeyState"] != "Enabled":
        what = "chave das assinaturas desligada · the digests' key is off"
        yield Finding(Rank.OFF, what, f"{key['KeyId']}: {key['KeyState']}", "ArchiveErrors")
    secret = stack.client("secretsmanager").describe_secret(SecretId=stack.outputs["TokenSecretArn"])
    if secret.get("DeletedDate"):
        what = "segredo dos acessos apagado · the tokens' secret is deleted"
        yield Finding(
            Rank.OFF, what, f"{secret['Name']}: {secret['DeletedDate']:%Y-%m-%d %H:%M}", "AuthorizeErrors"
        )


def _lit(stack: Deployed, name: str, alarms: Sequence[Alarm], now: float, born: float) -> Iterator[Finding]:
    """Yield what the alarms tell, a minute that is not over included where silence is no sign."""
    cloudwatch = stack.client("cloudwatch")
    lit = {one.alarm: one.values for one in judged(cloudwatch, alarms, now, born) if one.state is State.ALARM}
    for period in {one.period_s for one in alarms}:
        known = {one.key for one in lit}
        these = [one for one in alarms if one.period_s == period and one.missing == "notBreaching"]
        running = judged(
            cloudwatch, [_early(one) for one in these if one.key not in known], now + period, born
        )
        lit |= {one.alarm: one.values for one in running if one.state is State.ALARM}
    for alarm, values in lit.items():
        yield _of_alarm(stack, name, alarm, values, now)


def _early(alarm: Alarm) -> Alarm:
    """Return an alarm that waits for several periods of errors as one that more than OFTEN light at once.

    Who asks doctor has a reason to; archive's own alarm is lit only after half an hour.
    """
    if alarm.datapoints == 1 or alarm.metric not in {"Errors", *THROTTLES}:
        return alarm
    return replace(alarm, datapoints=1, threshold=max(alarm.threshold, OFTEN))


def _of_alarm(
    stack: Deployed, name: str, alarm: Alarm, values: Sequence[float | None], now: float
) -> Finding:
    seen = ", ".join("-" if one is None else f"{one:g}" for one in values)
    weight = max((one for one in values if one is not None), default=0.0)
    evidence = f"{alarm.metric} {alarm.statistic} = {seen} ({alarm.period_s} s)"
    where = dict(alarm.dimensions)
    function = where.get("FunctionName", "").removeprefix(f"{name}-").partition(":")[0]
    if alarm.metric in THROTTLES:
        what = "leituras · reads" if alarm.metric.startswith("Read") else "escritas · writes"
        cause = f"tabela recusa · table refuses {what}: {where.get('TableName', alarm.key)}"
        return Finding(Rank.REFUSED, cause, evidence, alarm.key, weight=weight)
    if alarm.namespace == "AWS/Lambda" and alarm.metric == "Errors" and function:
        line = _why(stack, f"{name}-{function}", now)
        cause = f"função falha · function fails: {function}"
        return Finding(Rank.FAILS, cause, evidence, alarm.key, line, weight)
    rank = Rank.MISSING if alarm.missing == "breaching" else Rank.SYMPTOM
    behind = BEHIND.get(alarm.key)  # a batch that fails in part is no error of the function
    line = _why(stack, f"{name}-{behind}", now) if behind else ""
    return Finding(rank, alarm.means, evidence, alarm.key, line)


def _why(stack: Deployed, function: str, now: float) -> str:
    """Return a line that tells why a function fails; the emulator logs one that does not start itself."""
    here: Path | None = getattr(stack, "state_dir", None)
    unstarted = emulator_line(here / EMULATOR_LOG, function, now) if here else ""
    return unstarted or log_line(stack.client("logs"), f"/aws/lambda/{function}", now)


def emulator_line(log: Path, function: str, now: float) -> str:
    """Return the newest error of the emulator's log that names a function, empty where there is none."""
    if not log.is_file():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    for line in reversed(lines):
        if UNSTARTED.match(line) and re.search(rf"\b{re.escape(function)}(?![\w-])", line):
            return line[:LONGEST] if now - _moment(line) <= LOOKED_BACK_S else ""
    return ""


def _moment(line: str) -> float:
    """Return when a line of the emulator's log was written, which is in this machine's own time."""
    return datetime.fromisoformat(line[: len("2026-11-30 04:04:46")]).astimezone().timestamp()


def log_line(logs: Any, group: str, now: float) -> str:
    """Return the newest line of a function's log that tells of a failure, empty where there is none."""
    since = int((now - LOOKED_BACK_S) * 1000)
    try:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=since, filterPattern=PATTERN
        )
        events = [one for page in pages for one in page["events"]]
        if not events:  # a place that reads patterns otherwise
            events = logs.filter_log_events(logGroupName=group, startTime=since)["events"]
    except (ClientError, BotoCoreError):
        return ""
    lines = [str(one["message"]).strip(" |\n") for one in events]
    for sign in SIGNS:
        if found := [one for one in lines if sign in one]:
            return found[-1][:LONGEST]
    return ""


def _health(stack: Deployed) -> Iterable[Finding]:
    """Yield the problems that GET /health names; one that does not answer is a problem itself."""
    url = getattr(stack, "http_url", "") or stack.outputs.get("HttpUrl", "")
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:  # noqa: S310 of the stack's outputs
            body: Mapping[str, Any] = json.load(answer)
    except HTTPError as error:
        try:
            body = json.load(error)
        except ValueError:
            return [Finding(Rank.SYMPTOM, "/health", f"HTTP {error.code}", "StatusErrors")]
    except (URLError, OSError, ValueError) as error:
        return [Finding(Rank.SYMPTOM, "/health não responde · does not answer", str(error), "StatusErrors")]
    return [_of_problem(one, body.get("feeds", ())) for one in body.get("problems", ())]


def _of_problem(problem: Mapping[str, Any], feeds: Iterable[Mapping[str, Any]]) -> Finding:
    """Return a problem of /health as a finding: since when, and of a silent feed why, as its bridge told."""
    what, _, name = str(problem["what"]).partition(":")
    cause = PROBLEMS.get(what, what) + (f": {name}" if name else "")
    since = problem["since"]
    when = f"{datetime.fromtimestamp(since, DESK_ZONE):%d/%m %H:%M:%S}" if since else "?"
    silent = {f"{one['instrument']} {one['timeframe']}": one["silent"] for one in feeds if one["silent"]}
    why = f", {word('cause_' + silent[name]['cause'], 'pt-BR')}" if name in silent else ""
    return Finding(Rank.SYMPTOM, cause, f"/health, desde · since {when}{why}", problem["runbook"])
