"""What the audit's codes and columns are called in the officer's language: page, Excel, command line.

A code that no vocabulary has (an old record's, a provider's) is shown as it was recorded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pregao.domain.text.words import WORDS

REASON, DESK, FILTERS = "reason", "desk", "filters"
"""Vocabularies without a list: why a verdict or an e-mail withheld, an alert's numbers, a look's filters."""
Pair = tuple[str, str]
"""Portuguese and English."""


def _of_desk(*codes: str, prefix: str = "") -> dict[str, Pair]:
    """Return words that operators read, too."""
    return {one: WORDS[prefix + one] for one in codes}


_VERDICTS = {
    "admitted": ("admitido", "admitted"),
    "duplicate": ("repetido", "duplicate"),
    "rate_limited": ("limite de ritmo", "rate limited"),
    "queue_full": ("fila cheia", "queue full"),
    "stale": ("velho", "stale"),
    "out_of_session": ("fora do pregão", "out of session"),
    "muted": ("silenciado", "muted"),
}
_STATUSES = {
    "intent": ("tentativa", "attempt"),
    "sent": ("enviado", "sent"),
    "received": ("confirmado", "confirmed"),
    "gone": ("tela fechada", "screen gone"),
    "failed": ("falhou", "failed"),
    "unknown": ("sem resposta", "no answer"),
    "withheld": ("retido", "withheld"),
    "delivered": ("entregue", "delivered"),
    "delayed": ("atrasado", "delayed"),
    "bounced": ("devolvido", "bounced"),
    "complained": ("reclamado", "complained"),
    "rejected": ("rejeitado", "rejected"),
    "rung": ("sem tela", "no screen"),
    "listed": ("só na lista", "listed only"),
}
_DECISIONS = {
    "executed": ("executado", "executed"),
    "rejected": ("rejeitado", "rejected"),
    "watching": ("observando", "watching"),
    "false_alarm": ("alarme falso", "false alarm"),
    "TIMEOUT": ("ninguém a tempo", "nobody in time"),
    "handed_over": ("passou adiante", "handed over"),
}
_RESULTS = {
    "target": ("alvo", "target"),
    "stop": ("stop", "stop"),
    "expired": ("expirou", "expired"),
    "missed": ("sem entrada", "no entry"),
    "came": ("veio", "came"),
    "did_not": ("não veio", "did not come"),
    "open": ("em aberto", "open"),
}
_EVENTS = {
    "silent": ("calou", "silent"),
    "recovered": ("voltou", "recovered"),
    "rolled": ("trocou de contrato", "rolled"),
    "set_aside": ("velas com defeito", "candles set aside"),
    "still_silent": ("segue calada", "still silent"),
    "flapping": ("instável", "flapping"),
    "flapping_digest": ("resumo de instabilidade", "digest of flapping"),
    "steady": ("estável de novo", "steady again"),
}
QUESTIONS: Mapping[str, Pair] = {
    "shown": ("Mostrado a um operador", "Shown to an operator"),
    "alert": ("Um alerta, do começo ao fim", "One alert from beginning to end"),
    "unanswered": ("Sem resposta", "Unanswered"),
    "unreached": ("Não chegou a alguém", "Did not reach somebody"),
    "suppressed": ("Segurado, e por quê", "Held back, and why"),
    "silences": ("Mercado não ouvido", "Market not heard"),
    "outcomes": ("O que deu cada alerta", "What became of alerts"),
    "decisions": ("Decisões", "Decisions"),
    "latency": ("Tempo até a tela", "Time to the screen"),
    "accesses": ("Quem olhou a auditoria", "Who looked at the audit"),
}
"""The questions' short names."""
CODES: Mapping[str, Mapping[str, Pair]] = {
    "kind": {
        "alert": ("alerta", "alert"),
        "feed": ("série", "feed"),
        "outcome": ("resultado", "outcome"),
        "delivery": ("entrega", "delivery"),
        "action": ("decisão", "decision"),
        "access": ("consulta", "look"),
        "level": ("alerta de preço", "price alert"),
        "reminder": ("lembrete", "reminder"),
        "handover": ("passagem", "hand-over"),
    },
    "pattern": _of_desk(
        "volatility_extreme", "engulfing", "rsi_divergence", "level_break", "unusual_range", "price_level"
    ),
    "direction": _of_desk("long", "short", "none"),
    "severity": _of_desk("critical", "high", "medium"),
    "verdict": _VERDICTS,
    "channel": {
        "websocket": ("tela", "screen"),
        "email": ("e-mail", "e-mail"),
        "sms": ("SMS", "SMS"),
        "push": ("notificação", "notification"),
        "telegram": ("Telegram", "Telegram"),
        "discord": ("Discord", "Discord"),
        "slack": ("Slack", "Slack"),
        "teams": ("Teams", "Teams"),
        "ntfy": ("ntfy", "ntfy"),
        "pushover": ("Pushover", "Pushover"),
        "whatsapp": ("WhatsApp", "WhatsApp"),
    },
    "status": _STATUSES,
    "decision": _DECISIONS,
    "step": {**_DECISIONS, **_VERDICTS, **_STATUSES},
    "result": _RESULTS,
    "attention": {"rung": ("tocou", "rung"), "listed": ("só na lista", "listed only")},
    "ring_why": _of_desk(
        "joins",
        "conflict",
        "below_threshold",
        "reached_threshold",
        "muted",
        "always",
        "again",
        "no_budget",
    )
    | {"no_calibration": WORDS["no_calibration_yet"]},
    "score_why": {
        "range": ("amplitude esperada", "expected range"),
        "range_and_chance": ("amplitude esperada e chance", "expected range and chance"),
    },
    "mail_cause": {
        "no_screen": ("nenhuma tela aberta", "no open screen"),
        "no_receipt": ("nenhuma tela confirmou a tempo", "no screen confirmed in time"),
        "off_duty": ("fora do expediente", "off duty"),
        "quiet_hours": ("horário de silêncio", "quiet hours"),
        "decided": ("já decidido", "decided already"),
        "handed_over": ("passado a um colega", "handed to a colleague"),
        "expired": ("expirado", "expired"),
        "no_address": ("canal sem endereço", "channel without an address"),
        "no_answer": ("o serviço não respondeu", "the service did not answer"),
        "not_ended": ("o envio foi interrompido", "the sending was interrupted"),
        "silenced": ("celular silenciado", "phone silenced"),
        "suppressed": ("endereço suspenso", "address suppressed"),
        "not_on_desk": ("não está mais na mesa", "no longer on the desk"),
        "bounced": ("e-mail anterior devolvido", "earlier e-mail bounced"),
    },
    "bounce": {
        "Permanent": ("definitiva", "permanent"),
        "Transient": ("temporária", "transient"),
        "Undetermined": ("indeterminada", "undetermined"),
    },
    "feed_event": _EVENTS,
    "feed_cause": _of_desk(
        *(one.removeprefix("cause_") for one in WORDS if one.startswith("cause_")), prefix="cause_"
    ),
    "feed_filled": _of_desk("whole", "backfilled", "missing", prefix="filled_"),
    "crossing": _of_desk("cross_up", "cross_down", "touch") | {"rolled": ("o contrato virou", "rolled")},
    "often": {"once": ("uma vez", "once"), "session": ("uma vez por pregão", "once in each session")},
    "level_event": {
        "set": ("criado", "set"),
        "moved": ("mudado", "moved"),
        "paused": ("pausado", "paused"),
        "resumed": ("retomado", "resumed"),
        "removed": ("removido", "removed"),
    },
    "nobody": {
        "system": ("sem pessoa: o prazo venceu", "no person: timed out"),
        "op-unknown": ("fora da mesa", "not on the desk"),
    },
    "question": {
        **QUESTIONS,
        "page": ("página aberta", "page opened"),
        "proof": ("prova de um alerta", "an alert's proof"),
    },
    "state": {
        **_EVENTS,
        **_RESULTS,
        **_DECISIONS,
        **_VERDICTS,
        **_STATUSES,
        "confirmed": ("confirmado", "confirmed"),
        "unconfirmed": ("não confirmado", "unconfirmed"),
        "timed_out": ("prazo venceu", "timed out"),
        "none": ("nenhum", "none"),
    },
}
"""Vocabularies: the words of each code. `step` is of a step of an alert's story, `state` of a filter."""
ROW_STATES: Mapping[str, Sequence[str]] = {
    "shown": ("confirmed", "unconfirmed", "bounced", "complained"),
    "alert": (*_VERDICTS, *_STATUSES, *_DECISIONS),
    "unanswered": ("open", "timed_out"),
    "unreached": tuple(_STATUSES),
    "suppressed": tuple(one for one in _VERDICTS if one != "admitted"),
    "silences": tuple(_EVENTS),
    "outcomes": (*(one for one in _RESULTS if one != "open"), "none"),
    "decisions": tuple(_DECISIONS),
}
"""The states that rows of a question's answer can be in; the other questions' rows have none."""
COLUMNS: Mapping[str, Pair] = {
    "shown_at": ("Mostrado em", "Shown at"),
    "channel": ("Canal", "Channel"),
    "confirmed_at": ("Confirmado em", "Confirmed at"),
    "confirmed_after_ms": ("Confirmado após (ms)", "Confirmed after (ms)"),
    "returned": ("Devolvido", "Returned"),
    "contract": ("Contrato", "Contract"),
    "instrument": ("Ativo", "Instrument"),
    "pattern": ("Padrão", "Pattern"),
    "direction": ("Direção", "Direction"),
    "severity": ("Severidade", "Severity"),
    "price": ("Preço", "Price"),
    "entry_min": ("Entrada de", "Entry from"),
    "entry_max": ("Entrada até", "Entry to"),
    "stop_loss": ("Stop", "Stop"),
    "take_profit": ("Alvo", "Target"),
    "alert_id": ("Alerta", "Alert"),
    "happened_at": ("Quando", "When"),
    "kind": ("Tipo", "Kind"),
    "operator": ("Operador", "Operator"),
    "outcome": ("Situação", "State"),
    "detail": ("Detalhe", "Detail"),
    "latency_ms": ("Desde a detecção (ms)", "Since detection (ms)"),
    "missing": ("Velas que faltaram", "Candles missing"),
    "recorded_at": ("Registrado em", "Recorded at"),
    "chain": ("Cadeia", "Chain"),
    "seq": ("Nº", "No."),
    "hash": ("Hash", "Hash"),
    "judged_at": ("Julgado em", "Judged at"),
    "shown_to": ("Mostrado a", "Shown to"),
    "confirmed_by": ("Confirmado por", "Confirmed by"),
    "timed_out_at": ("Prazo venceu em", "Timed out at"),
    "first_at": ("Primeiro em", "First at"),
    "last_at": ("Último em", "Last at"),
    "tried": ("Tentativas", "Tries"),
    "last_status": ("Última situação", "Last state"),
    "why": ("Por quê", "Why"),
    "verdict": ("Veredito", "Verdict"),
    "alerts": ("Alertas", "Alerts"),
    "distinct_alerts": ("Alertas distintos", "Distinct alerts"),
    "reason": ("Motivo", "Reason"),
    "since": ("Desde", "Since"),
    "noticed_at": ("Notado em", "Noticed at"),
    "event": ("Evento", "Event"),
    "timeframe": ("Tempo gráfico", "Timeframe"),
    "cause": ("Causa", "Cause"),
    "filled": ("Preenchido", "Filled"),
    "previous": ("Contrato anterior", "Previous contract"),
    "candles": ("Velas", "Candles"),
    "silences": ("Silêncios", "Silences"),
    "expected": ("Velas esperadas", "Candles expected"),
    "day": ("Dia", "Day"),
    "receipts": ("Confirmações", "Receipts"),
    "p50_ms": ("Mediana (ms)", "Median (ms)"),
    "p95_ms": ("95% até (ms)", "95% within (ms)"),
    "p99_ms": ("99% até (ms)", "99% within (ms)"),
    "max_ms": ("Maior (ms)", "Longest (ms)"),
    "result": ("Resultado", "Outcome"),
    "r": ("R", "R"),
    "mfe": ("A favor (R)", "In favour (R)"),
    "mae": ("Contra (R)", "Against (R)"),
    "covered": ("Amplitude", "Range"),
    "chance": ("Chance", "Chance"),
    "outcomes": ("Registros", "Records"),
    "outcome_at": ("Gravado em", "Recorded at"),
    "outcome_hash": ("Hash do resultado", "Outcome's hash"),
    "decision": ("Decisão", "Decision"),
    "note": ("Nota", "Note"),
    "order_id": ("Ordem", "Order"),
    "audit_id": ("Quem olhou", "Who looked"),
    "question": ("Pergunta", "Question"),
    "asked": ("Filtros", "Filters"),
}
"""The columns of the questions' answers."""
CODED: Mapping[str, str] = {
    "verdict": "verdict",
    "kind": "kind",
    "channel": "channel",
    "outcome": "step",
    "detail": REASON,
    "reason": REASON,
    "last_status": "status",
    "why": "mail_cause",
    "returned": "status",
    "event": "feed_event",
    "cause": "feed_cause",
    "filled": "feed_filled",
    "result": "result",
    "decision": "decision",
    "pattern": "pattern",
    "direction": "direction",
    "severity": "severity",
    "question": "question",
}
"""The answers' columns that hold codes, and of which vocabulary."""
NUMBERS: Mapping[str, Pair] = {
    **WORDS,
    "lookback": ("velas olhadas para trás", "candles looked back"),
}
"""The numbers that fired an alert, and what of it was not measured and why."""
FIELDS: Mapping[str, Pair] = {
    "from": ("de", "from"),
    "to": ("até", "to"),
    "operator": ("operador", "operator"),
    "instrument": ("ativo", "instrument"),
    "state": ("estado", "state"),
    "alert": ("alerta", "alert"),
    "format": ("formato", "format"),
}
"""The filters of a look."""
REASONS: Mapping[str, str] = {
    r"first sighting, all claims free": "visto pela primeira vez, nada o impede",
    r"(\d+) s after the candle closed": r"\1 s depois do fechamento da vela",
    r"the candle opens outside the trading session": "a vela abre fora do pregão",
    r"muted by configuration": "silenciado pela configuração",
    r"(\d+) alerts are waiting": r"alertas à espera: \1",
    r"alert (\w+) took this pattern's token within (\d+) s": (
        r"o alerta \1 usou a vez deste padrão há menos de \2 s"
    ),
    r"alert (\w+) took this pattern's token of this level": r"o alerta \1 usou a vez deste nível",
    r"similar to alert (\w+)": r"parecido com o alerta \1",
    **{f"seen before, then {code}": f"já visto, então {pair[0]}" for code, pair in _VERDICTS.items()},
}
"""The reasons of verdicts, which records hold in English, in Portuguese: patterns and what they become."""


def in_words(vocabulary: str, code: Any, language: str) -> Any:
    """Return a code in a language's words ("en", else Portuguese); what no vocabulary has stays as it is."""
    if not isinstance(code, str):
        return code
    if vocabulary == REASON:
        return _reason(code, language)
    pair = CODES.get(vocabulary, {}).get(code)
    return pair[language == "en"] if pair else code


def state_of(question: str, asked: str) -> str:
    """Return the code of a state that somebody writes as a code or as a word of either language, else ""."""
    wanted = asked.strip().casefold()
    named = ((code, (code, *CODES["state"][code])) for code in ROW_STATES[question])
    return next((code for code, names in named if wanted in map(str.casefold, names)), "")


def row_told(columns: Sequence[str], row: Sequence[Any], language: str) -> list[Any]:
    """Return a row of a question's answer as people read it; what a person wrote stays as it is."""
    action = "kind" in columns and row[columns.index("kind")] == "action"
    return [
        value if action and name == "detail" else _cell(name, value, language)
        for name, value in zip(columns, row, strict=True)
    ]


def _cell(column: str, value: Any, language: str) -> Any:
    if isinstance(value, dict):
        return fields_told(FILTERS, value, language)
    return in_words(CODED.get(column, ""), value, language)


def column_name(column: str, language: str) -> str:
    """Return the heading of a column of a question's answer; a name beside a pseudonym is named so."""
    bare = column.removesuffix("_name")
    found = COLUMNS.get(bare, (bare, bare))[language == "en"]
    return found if bare == column else f"{found} ({'name' if language == 'en' else 'nome'})"


def name_told(name: str, pseudonym: str, language: str) -> str:
    """Return who is behind a pseudonym: what the map says, or that it stands for no person."""
    return str(in_words("nobody", pseudonym, language)) if pseudonym in CODES["nobody"] else name


def fields_told(vocabulary: str, fields: Mapping[str, Any], language: str) -> str:
    """Return an object's fields one after the other: as recorded, of the DESK's numbers, or FILTERS."""
    words: Mapping[str, Pair] = {FILTERS: FIELDS, DESK: NUMBERS}.get(vocabulary, {})
    en = language == "en"

    def of(text: Any) -> Any:
        return words[text][en] if text in words else text

    return "; ".join(f"{of(name)} = {of(value)}" for name, value in fields.items())


def _reason(text: str, language: str) -> str:
    """Return the reason of a verdict or of an e-mail withheld; another text as it is."""
    if text in CODES["mail_cause"]:
        return CODES["mail_cause"][text][language == "en"]
    matches = ((re.fullmatch(pattern, text), said) for pattern, said in REASONS.items() if language != "en")
    return next((found.expand(said) for found, said in matches if found), text)
