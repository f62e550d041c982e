"""The cloud's part of `check`: a signed heartbeat, and by its answer the machine's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import urllib3

from pregao_bridge.findings import Finding
from pregao_bridge.notices import Notices
from pregao_bridge.pulse import Posts, Pulse
from pregao_bridge.watch import Watch
from pregao_bridge.words import of_skew, say, signature_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pregao_bridge.config import Config
    from pregao_bridge.market import Health
    from pregao_bridge.signed import Answer
    from pregao_bridge.skew import Skew
    from pregao_bridge.standing import Standing


def ask(
    config: Config,
    http: Posts | None,
    health: Health,
    standings: Sequence[Standing],
    skew: Skew,
    language: str,
    clock: Callable[[], float],
) -> list[Finding]:
    """Return whether the cloud takes a heartbeat, and whether the clocks agree; without keys no `http`."""
    name = say("n_cloud", language)
    if http is None:
        return [Finding(ok=False, name=name, seen=say("untried", language))]
    pulse = Pulse(
        config.bridge_id,
        config.cloud.heartbeats,
        http,
        standings,
        interval_s=config.heartbeat_s,
        skew=skew,
        watch=Watch(),
        notices=Notices("check", language),
        clock=clock,
    )
    pulse.feel(health)
    try:
        answer = http.post(config.cloud.heartbeats, pulse.body())
    except urllib3.exceptions.HTTPError as error:
        seen = say("unreached", language, url=config.cloud.url, cause=type(error).__name__)
        return [Finding(ok=False, name=name, seen=seen, remedy=say("see_network", language))]
    return [_answered(name, answer, config, skew, language), *_clocks(skew, language)]


def _answered(name: str, answer: Answer, config: Config, skew: Skew, language: str) -> Finding:
    if 200 <= answer.status < 300:
        seen = say("answered", language, url=config.cloud.url, ms=f"{answer.elapsed * 1000:.0f}")
        return Finding(ok=True, name=name, seen=seen)
    seen = f"{config.cloud.heartbeats}: HTTP {answer.status}"
    if answer.status in {401, 403}:
        why, _, cure = signature_words(language, answer.status, skew).partition("; ")
        seen = f"{config.cloud.heartbeats}: {why}"
    else:
        cure = say("see_url" if answer.status == 404 else "tell_administrator", language)
    return Finding(ok=False, name=name, seen=seen, remedy=cure)


def _clocks(skew: Skew, language: str) -> list[Finding]:
    name = say("n_clock", language)
    if skew.seconds is None:
        return []
    if skew.noticeable:
        said = of_skew("skew", language, skew.noticeable)
        seen, _, cure = said.partition("; ")
        return [Finding(ok=False, name=name, seen=seen, remedy=cure)]
    return [Finding(ok=True, name=name, seen=say("clock_right", language))]
