"""What the bridge says to the desk, Portuguese first; errors in bridge.toml and state files are English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pregao_bridge.remedies import BY_CODE, BY_CONDITION, Words
from pregao_bridge.terminal.metatrader import condition_of

if TYPE_CHECKING:
    from pregao_bridge.clocks import Skew
    from pregao_bridge.market import Condition

TEXTS: Mapping[str, tuple[str, str]] = {
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
    "live": ("de volta ao normal", "well again"),
    "unclosed": (
        "a vela de {time} ainda não fechou pelo relógio da nuvem",
        "the candle of {time} has not closed by the cloud's clock",
    ),
    "accepted": (
        "aceitos até {newest}: {new} vela(s), envio {post}",
        "accepted up to {newest}: {new} candle(s), post {post}",
    ),
    "alert": ("alerta {id}: {verdict}", "alert {id}: {verdict}"),
    "roll": ("contrato agora é {contract} (era {before})", "the contract is {contract} now (was {before})"),
    "away": (
        "a nuvem não respondeu ({cause}); as velas esperam em disco e nada se perde (envio {post})",
        "the cloud did not answer ({cause}); candles wait on disk and nothing is lost (post {post})",
    ),
    "signature": (
        "a nuvem recusou a assinatura (HTTP {status})",
        "the cloud refused the signature (HTTP {status})",
    ),
    "new_key": (
        "peça uma chave nova ao administrador e grave-a no arquivo de credenciais: a ponte a lê sozinha",
        "ask your administrator for a new key and write it to the credentials file: the bridge reads it",
    ),
    "signature_skew": (
        "a nuvem recusou a assinatura (HTTP {status}) porque o relógio desta máquina está {skew} s {side}",
        "the cloud refused the signature (HTTP {status}) because this machine's clock is {skew} s {side}",
    ),
    "set_clock": ("acerte o relógio do Windows", "set the Windows clock"),
    "refused": (
        (
            "a nuvem recusou velas: {reason}. Este feed espera: avise o administrador; se for para pular as"
            " velas recusadas, rode `pregao-bridge backfill --skip-refused '{symbol}'`"
        ),
        (
            "the cloud refused candles: {reason}. This feed holds: tell your administrator; if the refused"
            " candles are to be passed over, run `pregao-bridge backfill --skip-refused '{symbol}'`"
        ),
    ),
    "set_aside": (
        (
            "{count} vela(s) impossível(is) separada(s), a mais nova de {newest}: {reason}; o feed segue sem"
            " ela(s): veja `pregao-bridge set-aside list`"
        ),
        (
            "{count} impossible candle(s) set aside, the newest of {newest}: {reason}; the feed goes on"
            " without: see `pregao-bridge set-aside list`"
        ),
    ),
    "one_set_aside": (
        "{feed}: vela de {time} separada, não enviada: {reason}",
        "{feed}: candle of {time} set aside, not posted: {reason}",
    ),
    "none_set_aside": ("{feed}: nenhuma vela separada", "{feed}: no candle is set aside"),
    "listed_set_aside": ("{feed}: {time}: {reason}", "{feed}: {time}: {reason}"),
    "gone_set_aside": (
        "{feed}: o terminal não tem mais a vela de {time} com seu histórico; saiu da lista",
        "{feed}: the terminal no longer has the candle of {time} with its history; taken off the list",
    ),
    "history_refused": ("histórico anterior recusado: {reason}", "the history before was refused: {reason}"),
    "late": (
        "{count} vela(s) que o terminal trouxe com atraso enviada(s) como histórico",
        "{count} candle(s) that the terminal brought late posted as history",
    ),
    "full": (
        "o disco reservado encheu: velas novas ficam só no terminal; não o feche até a nuvem voltar",
        "the spool is full: new candles stay in the terminal alone; do not close it until the cloud is back",
    ),
    "held_open": (
        "{path} está aberto em outro programa (antivírus, backup?); a ponte segue e grava depois",
        "{path} is open in another program (antivirus, backup?); the bridge goes on and writes it later",
    ),
    "passed_over": (
        "velas recusadas puladas até {newest}, por decisão de quem opera",
        "refused candles passed over up to {newest}, as decided",
    ),
    "skew": ("o relógio desta máquina está {skew} s {side}", "this machine's clock is {skew} s {side}"),
    "skew_gone": ("relógio certo de novo", "the clock is right again"),
    "silent": (
        "a nuvem não recebe os sinais de vida ({cause}); as velas não dependem disso",
        "the cloud does not take heartbeats ({cause}); candles do not depend on that",
    ),
    "heard": ("a nuvem recebe os sinais de vida", "the cloud takes heartbeats"),
    "quotes_wanted": ("cotações pedidas: {symbols}", "quotes are wanted: {symbols}"),
    "quotes_ended": (
        "cotações encerradas: {posted} enviadas, {dropped} descartadas por atraso ou falha",
        "quotes have ended: {posted} posted, {dropped} dropped, late or failed",
    ),
    "quotes_lost": (
        "as cotações não chegam à nuvem ({cause}); as velas não dependem disso",
        "quotes do not reach the cloud ({cause}); candles do not depend on that",
    ),
    "quotes_back": ("as cotações chegam de novo", "quotes arrive again"),
    "broke": ("erro inesperado neste feed; segue tentando", "unexpected error in this feed; tried again"),
    "c_live": ("no ar", "live"),
    "c_not_installed": ("MetaTrader 5 não encontrado", "MetaTrader 5 not found"),
    "c_not_started": ("o terminal não responde", "the terminal does not answer"),
    "c_logged_out": ("sem conta no terminal", "no account in the terminal"),
    "c_broker_lost": ("sem conexão com a corretora", "no connection to the broker"),
    "c_clock_unsure": ("hora do servidor incerta", "the server's clock is not sure"),
    "c_symbol_missing": ("ativo não encontrado", "no such symbol"),
    "c_loading": ("histórico chegando", "history on its way"),
    "c_no_trades": ("sem negócios", "no trades"),
    "c_failed": ("o terminal recusou", "the terminal said no"),
    "bad": ("FALHA", "SICK"),
    "all_well": ("Tudo em ordem.", "All is well."),
    "some_sick": ("{count} problema(s); resolva de cima para baixo.", "{count} problem(s); go from the top."),
    "n_configuration": ("configuração", "configuration"),
    "n_directory": ("diretório", "directory"),
    "n_keys": ("credenciais", "credentials"),
    "n_terminal": ("terminal", "terminal"),
    "n_server_clock": ("hora do servidor", "server clock"),
    "n_cloud": ("nuvem", "cloud"),
    "n_clock": ("relógio", "clock"),
    "runs": ("ponte no ar (processo {pid})", "a bridge runs (process {pid})"),
    "not_running": ("ponte parada", "no bridge runs"),
    "no_keys_short": ("nada em {place}", "nothing in {place}"),
    "write_keys": (
        "grave ali a chave que o administrador entregou, com o usuário do Windows que roda a ponte",
        "write the key there that your administrator gave you, as the Windows user that runs the bridge",
    ),
    "write_state": (
        "escolha em `state` um diretório em que este usuário possa gravar",
        "name a directory in `state` that this user may write to",
    ),
    "see_readme": ("veja a página da ponte, `README.md`", "see the bridge's page, `README.md`"),
    "unmeasured": ("ainda não medida", "not measured yet"),
    "contract": ("contrato {contract}", "contract {contract}"),
    "newest": ("última vela {time}", "newest candle {time}"),
    "accepted_up_to": ("aceita até {time}", "accepted up to {time}"),
    "none_yet": ("nada enviado ainda", "nothing posted yet"),
    "waiting": ("{count} vela(s) à espera", "{count} candle(s) waiting"),
    "start_bridge": (
        "inicie a ponte (`pregao-bridge service install`, ou `run`): ela envia o que falta",
        "start the bridge (`pregao-bridge service install`, or `run`): it posts what is missing",
    ),
    "wait_for_cloud": (
        "a ponte envia sozinha quando a nuvem responder; se demorar, avise o administrador",
        "the bridge posts by itself when the cloud answers; if it lasts, tell your administrator",
    ),
    "refused_seen": ("a nuvem recusou velas: {reason}", "the cloud refused candles: {reason}"),
    "held": (
        "avise o administrador; para pular essas velas: `pregao-bridge backfill --skip-refused '{symbol}'`",
        "tell your administrator; to pass them over: `pregao-bridge backfill --skip-refused '{symbol}'`",
    ),
    "untried": ("não tentada sem credenciais", "not tried without credentials"),
    "unreached": ("{url} não respondeu ({cause})", "{url} did not answer ({cause})"),
    "see_network": (
        "veja a internet e o `url` em [cloud]; as velas esperam e nada se perde",
        "look at the network and at `url` in [cloud]; candles wait and nothing is lost",
    ),
    "see_url": (
        "confira o `url` em [cloud] com o administrador",
        "ask your administrator for `url` in [cloud]",
    ),
    "tell_administrator": (
        "tente de novo em um minuto; se persistir, avise o administrador",
        "try again in a minute; if it lasts, tell your administrator",
    ),
    "answered": ("{url} respondeu em {ms} ms", "{url} answered in {ms} ms"),
    "clock_right": ("o relógio desta máquina está certo", "this machine's clock is right"),
    "backfilled": (
        "{feed}: enviadas {count} vela(s), até {newest}",
        "{feed}: {count} candle(s) posted, up to {newest}",
    ),
    "backfill_done": ("{feed}: pronto, {count} vela(s)", "{feed}: done, {count} candle(s)"),
    "backfill_cut": (
        "interrompido; o mesmo comando continua de onde parou",
        "interrupted; the same command goes on from here",
    ),
    "backfill_refused": (
        "{feed}: recusado pela nuvem: {reason}; guardado em {path}",
        "{feed}: refused by the cloud: {reason}; kept in {path}",
    ),
    "nothing_held": ("{feed}: nenhuma vela recusada à espera", "{feed}: no refused candles are held"),
    "will_pass_over": (
        "{feed}: serão puladas as velas recusadas até {newest} ({reason}); a ponte segue em 5 s",
        "{feed}: refused candles up to {newest} will be passed over ({reason}); the bridge goes on in 5 s",
    ),
    "no_feed": (
        "{symbol} não está na configuração; há: {feeds}",
        "{symbol} is not configured; there are: {feeds}",
    ),
    "ahead": ("adiantado", "ahead"),
    "behind": ("atrasado", "behind"),
    "starting": ("iniciando", "starting"),
    "hangs": ("o terminal não responde há {seconds} s", "terminal does not answer for {seconds} s"),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, and what to do."""

    what: str
    remedy: str

    @property
    def line(self) -> str:
        """Return both in one line."""
        return f"{self.what}; {self.remedy}"


def say(key: str, language: str, **values: object) -> str:
    """Return a message in "pt-BR" or "en"."""
    return TEXTS[key][language == "en"].format(**values)


def remedy_for(condition: Condition, code: int | None = None) -> Words:
    """Return what to do about a condition; the code's remedy where it says more. `code` is last_error's."""
    if code is None or condition != condition_of(code):
        return BY_CONDITION[condition]
    return BY_CODE.get(code, BY_CONDITION[condition])


def of_condition(condition: Condition, detail: str, code: int | None, language: str) -> Trouble:
    """Return what is wrong with a terminal or a symbol, with its detail, and what to do."""
    return Trouble(named(condition, detail, language), remedy_for(condition, code)[language == "en"])


def named(condition: Condition, detail: str, language: str) -> str:
    """Return a condition in words, with its detail where there is one."""
    return ": ".join([say(f"c_{condition}", language), *([detail] if detail else [])])


def of_skew(language: str, seconds: float) -> Trouble:
    """Return that this machine's clock is wrong; `seconds` positive when it is ahead."""
    return Trouble(_off("skew", language, seconds), say("set_clock", language))


def of_signature(language: str, status: int, skew: Skew) -> Trouble:
    """Return why a signature was refused, as far as it is known, and what to do."""
    if skew.breaks_signatures:
        said = _off("signature_skew", language, skew.noticeable, status=status)
        return Trouble(said, say("set_clock", language))
    return Trouble(say("signature", language, status=status), say("new_key", language))


def _off(key: str, language: str, seconds: float, **values: object) -> str:
    side = say("ahead" if seconds > 0 else "behind", language)
    return say(key, language, skew=f"{abs(seconds):.0f}", side=side, **values)
