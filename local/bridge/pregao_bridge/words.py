"""What the bridge says to the person at the desk: Portuguese first, English second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pregao_bridge.remedies import remedy

if TYPE_CHECKING:
    from pregao_bridge.market import Condition
    from pregao_bridge.skew import Skew

REFUSED = "refused"
POSTING_FAILED = "posting_failed"

_WORDS: dict[str, tuple[str, str]] = {
    "started": ("ponte {version} no ar: {feeds}", "bridge {version} is up: {feeds}"),
    "stopped": ("ponte parada; nada se perdeu", "bridge stopped; nothing is lost"),
    "running": (
        "outra ponte já usa {state} (processo {pid}); encerre-a, ou use outro `state`",
        "another bridge uses {state} (process {pid}); end it, or name another `state`",
    ),
    "no_keys": (
        "sem credenciais em {place}; grave ali a chave que o administrador entregou",
        "no credentials in {place}; write the key there that your administrator gave you",
    ),
    "terminal": ("terminal: {condition}{detail}; {remedy}", "terminal: {condition}{detail}; {remedy}"),
    "live": ("de volta ao normal", "well again"),
    "fault": ("{condition}{detail}; {remedy}", "{condition}{detail}; {remedy}"),
    "unclosed": (
        "a vela de {time} ainda não fechou pelo relógio da nuvem",
        "the candle of {time} has not closed by the cloud's clock",
    ),
    "accepted": ("aceitos até {newest}: {new} vela(s)", "accepted up to {newest}: {new} candle(s)"),
    "roll": ("contrato agora é {contract} (era {before})", "the contract is {contract} now (was {before})"),
    "away": (
        "a nuvem não respondeu ({cause}); as velas esperam em disco e nada se perde",
        "the cloud did not answer ({cause}); candles wait on disk and nothing is lost",
    ),
    "signature": (
        (
            "a nuvem recusou a assinatura (HTTP {status}); peça uma chave nova ao administrador e grave-a no"
            " arquivo de credenciais: a ponte a lê sozinha"
        ),
        (
            "the cloud refused the signature (HTTP {status}); ask your administrator for a new key and write"
            " it to the credentials file: the bridge reads it by itself"
        ),
    ),
    "signature_skew": (
        (
            "a nuvem recusou a assinatura (HTTP {status}) porque o relógio desta máquina está {skew} s"
            " {side}; acerte o relógio do Windows"
        ),
        (
            "the cloud refused the signature (HTTP {status}) because this machine's clock is {skew} s {side};"
            " set the Windows clock"
        ),
    ),
    "refused": (
        (
            "a nuvem recusou velas: {reason}. Este feed espera: avise o administrador; se for para pular as"
            ' velas recusadas, rode `pregao-bridge backfill --skip-refused "{symbol}"`'
        ),
        (
            "the cloud refused candles: {reason}. This feed holds: tell your administrator; if the refused"
            ' candles are to be passed over, run `pregao-bridge backfill --skip-refused "{symbol}"`'
        ),
    ),
    "full": (
        "o disco reservado encheu: velas novas ficam só no terminal; não o feche até a nuvem voltar",
        "the spool is full: new candles stay in the terminal alone; do not close it until the cloud is back",
    ),
    "passed_over": (
        "velas recusadas puladas até {newest}, por decisão de quem opera",
        "refused candles passed over up to {newest}, as decided",
    ),
    "skew": (
        "o relógio desta máquina está {skew} s {side}; acerte o relógio do Windows",
        "this machine's clock is {skew} s {side}; set the Windows clock",
    ),
    "skew_gone": ("relógio certo de novo", "the clock is right again"),
    "silent": (
        "a nuvem não recebe os sinais de vida ({cause}); as velas não dependem disso",
        "the cloud does not take heartbeats ({cause}); candles do not depend on that",
    ),
    "heard": ("a nuvem recebe os sinais de vida", "the cloud takes heartbeats"),
    "broke": (
        "erro inesperado neste feed; segue tentando",
        "unexpected error in this feed; it goes on trying",
    ),
    "ahead": ("adiantado", "ahead"),
    "behind": ("atrasado", "behind"),
    "starting": ("iniciando", "starting"),
    "hangs": ("o terminal não responde há {seconds} s", "terminal does not answer for {seconds} s"),
}


def say(key: str, language: str, **values: object) -> str:
    """Return a message in "pt-BR" or "en"."""
    return _WORDS[key][language == "en"].format(**values)


def of_skew(key: str, language: str, seconds: float, **values: object) -> str:
    """Return a message about the clock; `seconds` positive when this machine's is ahead."""
    side = say("ahead" if seconds > 0 else "behind", language)
    return say(key, language, skew=f"{abs(seconds):.0f}", side=side, **values)


def of_condition(condition: Condition, detail: str, code: int | None, language: str) -> str:
    """Return what is wrong with a terminal or a symbol, and what to do."""
    said = f": {detail}" if detail else ""
    return say("fault", language, condition=condition, detail=said, remedy=remedy(condition, code, language))


def signature_words(language: str, status: int, skew: Skew) -> str:
    """Return why a signature was refused, as far as it is known, and what to do."""
    if skew.breaks_signatures:
        return of_skew("signature_skew", language, skew.noticeable, status=status)
    return say("signature", language, status=status)
