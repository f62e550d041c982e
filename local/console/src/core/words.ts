// What an operator reads, in Brazilian Portuguese and English; the patterns' and numbers' words are those of the e-mails.

import type { Language } from "./format";

const WORDS = {
  volatility_extreme: ["Extremo de volatilidade", "Volatility extreme"], engulfing: ["Engolfo", "Engulfing"],
  rsi_divergence: ["Divergência de IFR", "RSI divergence"], level_break: ["Rompimento de nível", "Level break"],
  long: ["COMPRA", "LONG"], short: ["VENDA", "SHORT"],
  critical: ["crítico", "critical"], high: ["alto", "high"], medium: ["médio", "medium"],
  price: ["Preço", "Price"], entry: ["Entrada", "Entry"], stop: ["Stop", "Stop"], target: ["Alvo", "Target"],
  risk_reward: ["Risco/retorno", "Risk/reward"], severity: ["Nível", "Severity"], confidence: ["Precisão medida", "Measured precision"],
  precision: ["Precisão", "Precision"], candle: ["Vela", "Candle"], why: ["Por quê", "Why"],
  z: ["z", "z"], mean: ["média", "mean"], std: ["desvio", "deviation"], run: ["velas seguidas", "candles in a row"],
  sigma: ["limite", "threshold"], body: ["corpo", "body"], atr: ["ATR", "ATR"], prev_open: ["abertura anterior", "open before"],
  prev_close: ["fechamento anterior", "close before"], trend: ["tendência antes", "trend before"], rsi: ["IFR", "RSI"],
  rsi_prior: ["IFR do pivô anterior", "RSI of the pivot before"], pivot_time: ["pivô às", "pivot at"],
  prior_time: ["pivô anterior às", "pivot before at"], pivot_price: ["preço do pivô", "price at the pivot"],
  prior_price: ["preço do anterior", "price at the one before"], level: ["rompido", "broken level"], margin: ["além dele", "beyond it by"],
  say_volatility_extreme: ["O fechamento se afastou demais da média das últimas velas.", "The close moved too far from the mean of the last candles."],
  say_engulfing: ["O corpo da vela engoliu o da anterior, contra o movimento.", "The candle's body swallowed the one before, against the move."],
  say_rsi_divergence: ["O preço fez um novo extremo, o IFR não.", "Price made a new extreme, RSI did not."],
  say_level_break: ["O fechamento passou do extremo das velas anteriores.", "The close passed the extreme of the candles before."],
  executed: ["Executado", "Executed"], rejected: ["Rejeitado", "Rejected"], watching: ["Observando", "Watching"],
  false_alarm: ["Alarme falso", "False alarm"], TIMEOUT: ["Expirou sem decisão", "Expired undecided"],
  do_executed: ["Executar", "Execute"], do_rejected: ["Rejeitar", "Reject"], do_watching: ["Observar", "Watch"], do_false_alarm: ["Alarme falso", "False alarm"],
  note: ["Observação", "Note"], order: ["Nº da ordem", "Order number"],
  open: ["Aberto", "Open"], decided: ["Decidido", "Decided"], expired: ["Expirado", "Expired"],
  outcome: ["Desfecho", "Outcome"], outcome_target: ["Alvo", "Target"], outcome_stop: ["Stop", "Stop"], outcome_expired: ["Expirou", "Expired"], outcome_open: ["Em aberto", "Still open"],
  only_traders: ["Este papel pode ver, não decidir.", "This role may look, not decide."], no_decision: ["sem decisão", "no decision"],
  undo: ["Desfazer", "Undo"], sending_in: ["será enviado em", "will be sent in"], sending: ["enviando…", "sending…"], undone: ["Desfeito", "Undone"],
  waits_for_line: ["será enviado ao reconectar", "will be sent when reconnected"],
  already_decided: ["Já decidido", "Decided already"], forbidden: ["Não permitido", "Not permitted"], unknown_alert: ["Este alerta não existe mais", "This alert is gone"],
  not_on_desk: ["Você não está mais nesta mesa.", "You are no longer on this desk."], refused: ["Recusado pelo servidor", "Refused by the server"],
  alerts: ["Alertas", "Alerts"], alert: ["Alerta", "Alert"], time: ["Hora", "Time"], contract: ["Contrato", "Contract"], pattern: ["Padrão", "Pattern"],
  side: ["Lado", "Side"], age: ["Idade", "Age"], state: ["Estado", "State"], who: ["Quem", "Who"], all: ["todos", "all"], instrument: ["Ativo", "Instrument"],
  filters: ["Filtros", "Filters"], clear: ["Limpar", "Clear"], views: ["Visões", "Views"], save_view: ["Salvar visão", "Save view"],
  view_name: ["Nome da visão", "Name of the view"], remove_view: ["Apagar visão", "Delete view"], outside_filter: ["fora do filtro", "outside the filter"], hidden_by_filter: ["fora do filtro, não confirmados", "outside the filter, not confirmed"],
  no_alerts: ["Nenhum alerta ainda. Quando um padrão disparar, ele aparece e toca aqui.", "No alert yet. When a pattern fires it appears and rings here."],
  no_match: ["Nenhum alerta passa por este filtro.", "No alert passes this filter."], no_day: ["Nenhum alerta neste dia.", "No alert on this day."],
  no_alerts_yet: ["A sessão está sendo reproduzida; nenhum alerta até aqui.", "The session is being replayed; no alert so far."],
  reading: ["Lendo os alertas…", "Reading the alerts…"], not_read: ["Os alertas não puderam ser lidos; pode haver alguns.", "The alerts could not be read; there may be some."],
  settlement: ["Ajuste", "Settlement"], open_interest: ["Contratos em aberto", "Open interest"], volume: ["Volume, contratos", "Volume, contracts"],
  bulletin_of: ["Boletim da B3 de", "B3's bulletin of"], above: ["acima", "above"], below: ["abaixo", "below"], at_it: ["no ajuste", "at it"],
  pick_alert: ["Escolha um alerta da lista para ver preços, motivo e decidir.", "Pick an alert from the list to see prices and reason, and to decide."],
  selected: ["Alerta selecionado", "Selected alert"], expires_in: ["decidir em", "decide within"], at: ["às", "at"], by: ["por", "by"],
  live: ["Ao vivo", "Live"], history: ["Histórico", "History"], day: ["Dia", "Day"], yesterday: ["Ontem", "Yesterday"], week_ago: ["Há 7 dias", "7 days ago"],
  play: ["Reproduzir", "Play"], pause: ["Pausar", "Pause"], speed: ["Velocidade", "Speed"], leave_replay: ["Voltar ao vivo", "Back to live"],
  replay_banner: ["REPRODUÇÃO de sessão passada - nada aqui é ao vivo, nada é enviado", "REPLAY of a past session - nothing here is live, nothing is sent"],
  replay_done: ["fim da sessão", "end of the session"], history_banner: ["Histórico", "History"], load_more: ["Mais alertas", "More alerts"],
  sound_off: ["Armar som", "Arm sound"], sound_on: ["Som armado", "Sound armed"], sound_other: ["Som em outra aba", "Sound in another tab"], sound_blocked: ["Som parado pelo navegador: clique", "Sound stopped by the browser: click"], sound_line: ["Som espera a conexão", "Sound waits for the line"],
  sound_none: ["O navegador não dá som: falta uma saída de áudio?", "The browser gives no sound: is there an audio output?"],
  notify_ask: ["Ativar notificações", "Turn on notifications"], notify_on: ["Notificações ligadas", "Notifications on"], notify_off: ["Notificações desligadas", "Notifications off"], notify_denied: ["Notificações bloqueadas", "Notifications blocked"],
  notify_none: ["Sem notificações aqui", "No notifications here"],
  theme: ["Tema", "Theme"], theme_dark: ["escuro", "dark"], theme_light: ["claro", "light"], help: ["Ajuda e atalhos", "Help and shortcuts"], close: ["Fechar", "Close"], keys: ["Atalhos de teclado", "Keyboard shortcuts"],
  keys_on: ["Atalhos de uma tecla ligados", "Single-key shortcuts on"], logout: ["Sair", "Sign out"], language: ["Idioma", "Language"],
  key_next: ["próximo / anterior alerta", "next / previous alert"], key_sound: ["armar / desarmar o som", "arm / disarm the sound"], key_help: ["esta ajuda", "this help"], key_undo: ["desfazer", "undo"],
  receipts_note: ["Um alerta só é confirmado quando aparece nesta página visível. Sem confirmação, chega um e-mail.", "An alert is confirmed only when it appears on this page while visible. Without that, an e-mail follows."],
  chart_of: ["Gráfico de velas de", "Candle chart of"], newest_close: ["último", "last"], skip: ["Ir para os alertas", "Skip to the alerts"], truth: ["Estado do sistema", "State of the system"], timeframe: ["Tempo gráfico", "Timeframe"],
  connection: ["Conexão", "Connection"], online: ["conectado", "connected"], connecting: ["conectando…", "connecting…"], offline: ["sem conexão", "disconnected"], checking: ["verificando…", "checking…"],
  last_resume: ["Retomada", "Resume"], feed: ["Dados", "Feed"], bridge: ["Ponte MT5", "MT5 bridge"], skew: ["Relógio", "Clock"], p95: ["Vela→tela p95", "Candle→screen p95"], mail: ["E-mail", "E-mail"],
  ok: ["ok", "ok"], none: ["nenhum", "none"], unknown: ["sem informação", "not known"], none_yet: ["nenhum ainda", "none yet"], no_sign_yet: ["nenhum sinal ainda", "no sign yet"], asking: ["consultando…", "asking…"], no_data_short: ["sem dados", "no data"], out_of_session: ["fora do pregão", "out of session"],
  cause_bridge_silent: ["o bridge não dá sinal", "the bridge gives no sign of life"],
  cause_not_installed: ["o MetaTrader 5 não está instalado", "MetaTrader 5 is not installed"],
  cause_not_started: ["o terminal não está aberto", "the terminal is not running"],
  cause_logged_out: ["o terminal não está logado na conta", "the terminal is not logged in"],
  cause_broker_lost: ["o terminal não está conectado à corretora", "the terminal is not connected to the broker"],
  cause_clock_unsure: ["o relógio do servidor da corretora não é confiável", "the broker's server clock cannot be trusted"],
  cause_symbol_missing: ["o ativo não está na Observação do Mercado", "the symbol is not in Market Watch"],
  cause_loading: ["o terminal ainda carrega o histórico", "the terminal is still loading history"],
  cause_no_trades: ["o mercado está sem negócios", "the market is without trades"],
  cause_failed: ["o terminal falhou", "the terminal failed"],
  cause_refused: ["a nuvem recusou as velas", "the cloud refused the candles"],
  cause_posting_failed: ["o bridge não consegue enviar", "the bridge cannot post"],
  cause_set_aside: ["as velas que vêm não podem ser, e ficam de lado", "the candles that come cannot be, and are set aside"],
  cause_unexplained: ["as velas não vêm, embora o bridge e o terminal pareçam bem", "candles do not come, though bridge and terminal look well"],
  no_data: ["Sem dados de", "No data from"], since: ["há", "for"], no_line: ["Sem conexão com o servidor", "No connection to the server"], no_answer: ["O servidor não é ouvido", "The server is not heard"], no_line_more: ["alertas novos não chegam a esta tela; o e-mail continua valendo", "new alerts do not reach this screen; e-mail still does"],
  bridge_silent: ["A ponte não dá sinal", "The bridge gives no sign"], clock_off: ["O relógio deste computador está errado em", "This computer's clock is wrong by"], no_health: ["O estado do sistema não pode ser consultado", "The state of the system cannot be asked"],
  recovered_one: ["recuperado 1 alerta", "1 alert recovered"], nothing_missed: ["nada perdido", "nothing missed"], reconnected: ["Reconectado", "Reconnected"], away: ["fora por", "away for"],
  feed_back: ["Dados de volta", "Feed is back"], rolled: ["Contrato rolou", "Contract rolled"], held_back: ["alertas retidos", "alerts held back"], queue_full: ["fila cheia", "queue full"],
  sign_in: ["Entrar", "Sign in"], operator: ["Operador", "Operator"], token: ["Token de acesso", "Access token"], token_help: ["Cole o token da mesa, ou abra o link que o traz.", "Paste the desk's token, or open the link that carries it."],
  token_refused: ["O acesso expirou ou não vale mais. Entre de novo.", "Access has expired or is no longer valid. Sign in again."], login_failed: ["Operador desconhecido.", "Unknown operator."], server_away: ["O servidor não responde.", "The server does not answer."],
  not_found: ["Alerta não encontrado", "Alert not found"], recovered: ["recuperado", "recovered"], new_live: ["Alerta ao vivo", "Live alert"], show: ["Ver", "Show"], dismiss: ["Dispensar", "Dismiss"],
  history_failed: ["O histórico não pôde ser lido", "The history could not be read"], no_candles: ["sem velas", "no candles"], reading_candles: ["lendo as velas…", "reading the candles…"], candles_failed: ["As velas não puderam ser lidas", "The candles could not be read"], disclaimer: ["Alerta técnico para uso interno da mesa; não é recomendação de investimento.", "Technical alert for the desk's internal use; not investment advice."],
} as const satisfies Record<string, readonly [string, string]>;

export type Word = keyof typeof WORDS;

/** Whether there are words for a key. */
export const knows = (key: string) => Object.hasOwn(WORDS, key);

/** The words for a key; what is no key is returned as it is (a newer server may name a pattern this page does not know). */
export function word(key: string, language: Language): string {
  if (!knows(key)) return key;
  return WORDS[key as Word][language === "en" ? 1 : 0];
}

/** `há 6 min` or `6 min ago`. */
export const ago = (length: string, language: Language) => (language === "en" ? `${length} ago` : `há ${length}`);
