"""What to do about a terminal that is not well, Portuguese first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pregao_bridge.market import Condition
from pregao_bridge.terminal.metatrader import Code


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
