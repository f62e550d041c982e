"""What the bridge says to the desk, Portuguese first; errors in bridge.toml and state files are English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pregao_bridge.market import Condition
from pregao_bridge.terminal.metatrader import Code, condition_of

if TYPE_CHECKING:
    from pregao_bridge.clocks import Skew

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


class Words(NamedTuple):
    """The same in pt-BR and in English."""

    pt: str
    en: str


BY_CONDITION: Mapping[Condition, Words] = {
    Condition.LIVE: Words("Tudo em ordem; nada a fazer.", "All is well; nothing to do."),
    Condition.NOT_INSTALLED: Words(
        "Instale o terminal MetaTrader 5 de 64 bits e, no mesmo Python da ponte, `pip install "
        "MetaTrader5`; confira o caminho do terminal na configuração.",
        "Install the 64-bit MetaTrader 5 terminal and, in the bridge's Python, `pip install MetaTrader5`; "
        "check the terminal's path in the configuration.",
    ),
    Condition.NOT_STARTED: Words(
        "Abra o MetaTrader 5 com o mesmo usuário do Windows que roda a ponte (os dois como administrador, "
        "ou nenhum). Se estiver aberto e travado, feche-o e abra de novo.",
        "Open MetaTrader 5 as the Windows user that runs the bridge (both as administrator, or neither). "
        "If it is open and hangs, close it and open it again.",
    ),
    Condition.LOGGED_OUT: Words(
        "Entre na conta: no menu Arquivo do terminal, o login na conta de negociação; confira número, "
        "senha e servidor.",
        "Log in: in the terminal's File menu, the login to the trade account; check number, password "
        "and server.",
    ),
    Condition.BROKER_LOST: Words(
        "O terminal está sem conexão com a corretora: veja a internet e o indicador de conexão no canto "
        "inferior direito do terminal. A ponte recupera sozinha o que faltar.",
        "The terminal has no connection to the broker: look at the internet and at the connection "
        "indicator at the terminal's lower right. The bridge catches up by itself.",
    ),
    Condition.CLOCK_UNSURE: Words(
        "A ponte ainda não pôde confirmar a hora do servidor, e não envia velas até confirmar. Sincronize "
        "o relógio do Windows; com o pregão aberto, a confirmação leva alguns negócios. Se o detalhe "
        "citar um fuso diferente do configurado, corrija a configuração ou fale com a corretora.",
        "The bridge could not yet confirm the server's clock and sends no candles until it has. "
        "Synchronise the Windows clock; in session it takes a few trades. If the detail names an offset "
        "other than the configured one, correct the configuration or ask the broker.",
    ),
    Condition.SYMBOL_MISSING: Words(
        "Confira o nome do ativo na configuração: ele deve ser igual ao da Observação do Mercado "
        "(Ctrl+M). Contratos vencidos somem; o detalhe traz nomes parecidos.",
        "Check the symbol's name in the configuration: it must be as Market Watch (Ctrl+M) has it. "
        "Expired contracts go away; the detail gives names like it.",
    ),
    Condition.LOADING: Words(
        "O histórico está sendo baixado; aguarde. Se demorar, abra o gráfico do ativo nesse período uma vez.",
        "History is being downloaded; wait. If it takes long, open the symbol's chart in this timeframe "
        "once.",
    ),
    Condition.NO_TRADES: Words(
        "Conectado, mas sem negócios: fora do pregão é normal. Com o pregão aberto, veja se o ativo "
        "negocia e se a corretora envia cotações.",
        "Connected, and no trades: normal outside the session. In session, see whether the symbol trades "
        "and whether the broker sends quotes.",
    ),
    Condition.FAILED: Words(
        "O terminal recusou o pedido; veja o código e o diário do terminal (Ctrl+T, aba Diário).",
        "The terminal refused the request; see the code and the terminal's journal (Ctrl+T, tab Journal).",
    ),
}

BY_CODE: Mapping[int, Words] = {
    Code.OK: BY_CONDITION[Condition.LIVE],
    Code.FAIL: Words(
        "Falha sem causa declarada: veja o diário do terminal (Ctrl+T, aba Diário) e, se persistir, "
        "reinicie-o.",
        "A failure without a stated cause: see the terminal's journal (Ctrl+T, tab Journal); if it lasts, "
        "restart it.",
    ),
    Code.INVALID_PARAMS: Words(
        "Um valor da configuração não serve: confira caminho, conta, servidor, ativo e período.",
        "A value of the configuration does not do: check path, account, server, symbol and timeframe.",
    ),
    Code.NO_MEMORY: Words(
        "Falta memória: feche programas ou gráficos, ou reduza 'Máx. de barras no gráfico' nas opções do "
        "terminal.",
        "Out of memory: close programs or charts, or lower 'Max bars in chart' in the terminal's options.",
    ),
    Code.NOT_FOUND: Words(
        "O terminal não tem esse ativo ou o histórico dele: confira o nome e abra o gráfico nesse período "
        "uma vez.",
        "The terminal has no such symbol or no history of it: check the name and open its chart in this "
        "timeframe.",
    ),
    Code.INVALID_VERSION: Words(
        "Versões incompatíveis: atualize o terminal (Ajuda > Verificar atualizações) e `pip install -U "
        "MetaTrader5`.",
        "Versions that do not fit: update the terminal (Help > Check for updates) and `pip install -U "
        "MetaTrader5`.",
    ),
    Code.AUTH_FAILED: Words(
        "A corretora recusou o login: confira conta, senha e servidor, e se a conta não expirou.",
        "The broker refused the login: check account, password and server, and that the account has not "
        "expired.",
    ),
    Code.UNSUPPORTED: Words(
        "Este terminal não atende ao pedido: atualize-o (Ajuda > Verificar atualizações).",
        "This terminal does not know the request: update it (Help > Check for updates).",
    ),
    Code.AUTO_TRADING_DISABLED: Words(
        "O terminal bloqueia programas externos: Ferramentas > Opções > Expert Advisors. A ponte só lê; "
        "não negocia.",
        "The terminal blocks outside programs: Tools > Options > Expert Advisors. The bridge only reads; "
        "it never trades.",
    ),
    Code.INTERNAL_FAIL: Words(
        "Erro interno na ligação com o terminal: feche o terminal e abra de novo; se persistir, reinicie "
        "o Windows.",
        "An internal error of the link to the terminal: close the terminal and open it; if it lasts, "
        "restart Windows.",
    ),
    Code.INTERNAL_FAIL_SEND: Words(
        "O pedido não chegou ao terminal: ele fechou ou travou. Abra-o; a ponte se religa sozinha.",
        "The request did not reach the terminal: it closed or hangs. Open it; the bridge connects again "
        "by itself.",
    ),
    Code.INTERNAL_FAIL_RECEIVE: Words(
        "A resposta do terminal não chegou: ele fechou ou travou. Abra-o; a ponte se religa sozinha.",
        "The terminal's answer did not arrive: it closed or hangs. Open it; the bridge connects again by "
        "itself.",
    ),
    Code.INTERNAL_FAIL_INIT: Words(
        "A ligação com o terminal não se iniciou: abra-o com o mesmo usuário do Windows e o mesmo nível "
        "(administrador ou não) da ponte; confira o caminho na configuração.",
        "The link to the terminal did not start: open it as the same Windows user and at the same level "
        "(administrator or not) as the bridge; check the path in the configuration.",
    ),
    Code.INTERNAL_FAIL_CONNECT: Words(
        "Nenhum terminal responde: abra o MetaTrader 5; com mais de um instalado, dê o caminho na "
        "configuração.",
        "No terminal answers: open MetaTrader 5; with more than one installed, give its path in the "
        "configuration.",
    ),
    Code.INTERNAL_FAIL_TIMEOUT: Words(
        "O terminal não respondeu a tempo: pode estar iniciando, atualizando ou com uma janela aberta à "
        "espera de resposta. Olhe a tela dele; se travou, feche e abra.",
        "The terminal did not answer in time: it may be starting, updating, or waiting in a dialogue. "
        "Look at its screen; if it hangs, close it and open it.",
    ),
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
