// What an operator reads, in Brazilian Portuguese and English; what the e-mails say as well has its words there.

import shared from "../generated/shared.json";
import type { Language } from "./format";

/** What only this page says, or says in other words than an e-mail does. */
export const OWN = {
  precision: ["Precisão", "Precision"],
  say_volatility_extreme: ["O fechamento se afastou demais da média das últimas velas.", "The close moved too far from the mean of the last candles."],
  say_engulfing: ["O corpo da vela engoliu o da anterior, contra o movimento.", "The candle's body swallowed the one before, against the move."],
  say_rsi_divergence: ["O preço fez um novo extremo, o IFR não.", "Price made a new extreme, RSI did not."],
  say_unusual_range: ["As últimas velas foram muito mais largas que o usual neste horário.", "The last candles were far wider than is usual at this time of day."],
  say_level_break: ["O fechamento passou do extremo das velas anteriores.", "The close passed the extreme of the candles before."],
  say_price_level: ["O preço chegou ao nível que você marcou, ou o contrato dele virou.", "Price reached the level that you set, or its contract has rolled."],
  my_levels: ["Meus alertas de preço", "My price alerts"], no_levels: ["Nenhum. Clique com o botão direito no gráfico, ou toque e segure, para marcar um preço.", "None. Right-click the chart, or press and hold, to set a price."],
  levels_note: ["Julgados no fechamento da vela deste tempo gráfico; tocam só para você. Arraste a linha no gráfico para mudar o preço.", "Judged when the candle of that timeframe closes; they ring for you alone. Drag the line on the chart to move the price."],
  ask_cross_up: ["cruzar para cima", "cross up"], ask_cross_down: ["cruzar para baixo", "cross down"], ask_touch: ["tocar", "touch"],
  often_once: ["uma vez", "once"], often_session: ["uma vez por pregão", "once each session"], level_when: ["Quando", "When"], level_often: ["Quantas vezes", "How often"],
  level_set: ["Criar alerta", "Set alert"], level_keep: ["Guardar", "Save"], level_change: ["Editar", "Edit"], level_pause: ["Pausar", "Pause"], level_resume: ["Rearmar", "Arm again"], level_remove: ["Remover", "Remove"],
  level_is_armed: ["armado", "armed"], level_is_rang: ["tocou", "rang"], level_is_paused: ["pausado", "paused"], level_is_rolled: ["o contrato virou", "its contract rolled"], level_is_expired: ["venceu", "expired"],
  level_done: ["Alertas de preço atualizados", "Price alerts updated"], level_price_wrong: ["Escreva um preço, por exemplo 131.250", "Write a price, for example 131,250"],
  level_refused: ["O servidor não aceitou o alerta de preço", "The server did not take the price alert"], level_refused_far: ["Longe demais do último preço: confira pontos e vírgulas", "Too far from the last price: check points and commas"],
  level_refused_price: ["Escreva um preço acima de zero", "Write a price above zero"], level_refused_too_many: ["Já são tantos quantos a mesa permite: remova um", "There are as many as the desk allows: remove one"],
  level_refused_same: ["Este alerta de preço já existe", "This price alert exists already"], level_refused_unknown: ["Este alerta de preço não existe mais", "This price alert is gone"], level_refused_busy: ["Ocupado: tente outra vez", "Busy: try again"],
  level_refused_note: ["Observação: uma linha, até 140 letras", "Note: one line, 140 letters at most"],
  price_now: ["Preço", "Price"], place_in_zone: ["na entrada", "in the entry"], place_escaped: ["além da entrada", "past the entry"], place_short: ["aquém da entrada", "short of the entry"],
  touched_stop: ["stop tocado na vela fechada às", "stop touched in the candle closed at"], touched_target: ["alvo tocado na vela fechada às", "target touched in the candle closed at"],
  one_contract: ["contrato", "contract"], do_executed_anyway: ["Mesmo assim?", "All the same?"], outside_entry: ["Fora da entrada: executar pede um segundo toque.", "Outside the entry: executing asks for a second press."],
  do_executed: ["Executar", "Execute"], do_rejected: ["Rejeitar", "Reject"], do_watching: ["Observar", "Watch"], do_false_alarm: ["Alarme falso", "False alarm"],
  field_note: ["Observação", "Note"], field_order: ["Nº da ordem", "Order number"],
  state_listed: ["Na lista", "Listed"], both_sides: ["conflito", "conflict"], state_open: ["Aberto", "Open"], state_expired: ["Expirado", "Expired"],
  outcome: ["Desfecho", "Outcome"], outcome_target: ["Alvo", "Target"], outcome_stop: ["Stop", "Stop"], outcome_expired: ["Expirou", "Expired"], outcome_missed: ["Sem entrada", "No entry"], outcome_came: ["Veio", "Came"], outcome_did_not: ["Não veio", "Did not come"], outcome_open: ["Em aberto", "Still open"],
  timed_out: ["Expirou sem decisão", "Expired undecided"], no_decision: ["sem decisão", "no decision"],
  undo: ["Desfazer", "Undo"], sending_in: ["será enviado em", "will be sent in"], sending: ["enviando…", "sending…"], undone: ["Desfeito", "Undone"],
  mute_for: ["Silenciar 15 min", "Mute for 15 min"], mutes: ["Silenciado", "Muted"], mute_lift: ["Voltar a tocar", "Ring again"],
  you: ["você", "you"],
  took: ["assumiu", "has it"], took_before: ["assumiu antes", "was first"], not_sent: ["sua decisão não foi enviada", "your decision was not sent"],
  waits_for_line: ["será enviado ao reconectar", "will be sent when reconnected"],
  refused_already_decided: ["Já decidido", "Decided already"], refused_forbidden: ["Não permitido", "Not permitted"], refused_unknown_alert: ["Este alerta não existe mais", "This alert is gone"],
  refused: ["Recusado pelo servidor", "Refused by the server"],
  alerts: ["Alertas", "Alerts"], time: ["Hora", "Time"], contract: ["Contrato", "Contract"], pattern: ["Padrão", "Pattern"],
  side: ["Lado", "Side"], age: ["Idade", "Age"], state: ["Estado", "State"], who: ["Quem", "Who"], all: ["todos", "all"], instrument: ["Ativo", "Instrument"],
  filters: ["Filtros", "Filters"], clear: ["Limpar", "Clear"], views: ["Visões", "Views"], save_view: ["Salvar visão", "Save view"],
  view_name: ["Nome da visão", "Name of the view"], remove_view: ["Apagar visão", "Delete view"], outside_filter: ["fora do filtro", "outside the filter"], unconfirmed_one: ["não confirmado", "not confirmed"], unconfirmed: ["não confirmados", "not confirmed"],
  no_alerts: ["Nenhum alerta ainda. Quando um padrão disparar, ele aparece e toca aqui.", "No alert yet. When a pattern fires it appears and rings here."],
  no_match: ["Nenhum alerta passa por este filtro.", "No alert passes this filter."], no_day: ["Nenhum alerta neste dia.", "No alert on this day."],
  no_alerts_yet: ["A sessão está sendo reproduzida; nenhum alerta até aqui.", "The session is being replayed; no alert so far."],
  reading: ["Lendo os alertas…", "Reading the alerts…"], not_read: ["Os alertas não puderam ser lidos; pode haver alguns.", "The alerts could not be read; there may be some."],
  settlement: ["Ajuste", "Settlement"], contracts_open: ["Contratos em aberto", "Open interest"], volume: ["Volume, contratos", "Volume, contracts"],
  b3_bulletin_of: ["Boletim da B3 de", "B3's bulletin of"],
  pick_alert: ["Escolha um alerta da lista para ver preços, motivo e decidir.", "Pick an alert from the list to see prices and reason, and to decide."],
  selected: ["Alerta selecionado", "Selected alert"], expires_in: ["decidir em", "decide within"], at: ["às", "at"],
  live: ["Ao vivo", "Live"], history: ["Histórico", "History"], day: ["Dia", "Day"], yesterday: ["Ontem", "Yesterday"], week_ago: ["Há 7 dias", "7 days ago"],
  play: ["Reproduzir", "Play"], pause: ["Pausar", "Pause"], speed: ["Velocidade", "Speed"], leave_replay: ["Voltar ao vivo", "Back to live"],
  replay_banner: ["REPRODUÇÃO de sessão passada - nada aqui é ao vivo, nada é enviado", "REPLAY of a past session - nothing here is live, nothing is sent"],
  session_of: ["pregão de", "session of"], not_now: ["não é o mercado de agora", "not the market of now"],
  replay_done: ["fim da sessão", "end of the session"], history_banner: ["Histórico", "History"], load_more: ["Mais alertas", "More alerts"],
  sound_off: ["Armar som", "Arm sound"], sound_on: ["Som armado", "Sound armed"], sound_other: ["Som em outra aba", "Sound in another tab"], sound_blocked: ["Som parado pelo navegador: clique", "Sound stopped by the browser: click"], sound_line: ["Som espera a conexão", "Sound waits for the line"],
  sound_none: ["O navegador não dá som: falta uma saída de áudio?", "The browser gives no sound: is there an audio output?"],
  notify_ask: ["Ativar notificações", "Turn on notifications"], notify_on: ["Notificações ligadas", "Notifications on"], notify_off: ["Notificações desligadas", "Notifications off"], notify_denied: ["Notificações bloqueadas", "Notifications blocked"],
  notify_none: ["Sem notificações aqui", "No notifications here"],
  more_switches: ["Mais opções", "More options"], theme: ["Tema", "Theme"], theme_dark: ["escuro", "dark"], theme_light: ["claro", "light"], help: ["Ajuda e atalhos", "Help and shortcuts"], close: ["Fechar", "Close"], keys: ["Atalhos de teclado", "Keyboard shortcuts"],
  keys_on: ["Atalhos de uma tecla ligados", "Single-key shortcuts on"], logout: ["Sair", "Sign out"], language: ["Idioma", "Language"],
  key_next: ["próximo / anterior alerta", "next / previous alert"], key_newest: ["alerta mais novo", "newest alert"], key_market: ["mercado", "market"], key_timeframe: ["tempo gráfico menor / maior", "finer / coarser timeframe"], key_filter: ["filtros da lista", "the list's filters"], key_sound: ["armar / desarmar o som", "arm / disarm the sound"], key_help: ["esta ajuda", "this help"], key_undo: ["desfazer", "undo"],
  receipts_note: ["Um alerta só é confirmado quando aparece nesta página visível. Sem confirmação, chega um e-mail.", "An alert is confirmed only when it appears on this page while visible. Without that, an e-mail follows."],
  chart_of: ["Gráfico de velas de", "Candle chart of"], now: ["Agora", "Now"], newest_close: ["último", "last"], skip: ["Ir para os alertas", "Skip to the alerts"], truth: ["Estado do sistema", "State of the system"], timeframe: ["Tempo gráfico", "Timeframe"],
  studies: ["Estudos", "Studies"], study_vwap: ["VWAP", "VWAP"], study_yesterday: ["Ontem", "Yesterday"], study_opening: ["Abertura 30 min", "Opening 30 min"], study_rsi: ["IFR", "RSI"], study_volume: ["Volume", "Volume"],
  high_before: ["máx. ontem", "high before"], low_before: ["mín. ontem", "low before"], close_before: ["fech. ontem", "close before"], opening_high: ["máx. abertura", "opening high"], opening_low: ["mín. abertura", "opening low"],
  replayed: ["replay", "replay"], replayed_now: ["Replay", "Replay"],
  short_volatility_extreme: ["Extremo", "Extreme"], short_engulfing: ["Engolfo", "Engulfing"], short_rsi_divergence: ["Div. IFR", "RSI div."],
  short_level_break: ["Rompimento", "Break"], short_unusual_range: ["Amplitude", "Range"], short_price_level: ["Meu alerta", "My alert"],
  scoreboard: ["Placar do dia", "Scoreboard of the day"], score: ["Placar", "Score"], total: ["Total", "Total"], score_by_pattern: ["Por padrão", "By pattern"], score_by_operator: ["Por operador", "By operator"],
  score_rang: ["Tocaram", "Rang"], score_listed: ["Na lista", "Listed"], score_said: ["Chance dita → veio", "Chance told → came"], score_budget: ["Toques de hoje, do orçamento por pregão", "Rings today, of the budget for a session"], of: ["de", "of"], score_executed: ["Executados", "Executed"], score_rejected: ["Rejeitados", "Rejected"], score_watching: ["Observados", "Watched"], score_false_alarm: ["Alarmes falsos", "False alarms"],
  score_undecided: ["Sem decisão", "Undecided"], score_open: ["Abertos", "Open"], score_result: ["Resultado", "Result"],
  score_note: ["Resultado: alvos menos stops, em riscos (R) e por um contrato, como se cada alerta tivesse sido tomado no seu preço; sem custos. Por operador, só o que foi executado.", "Result: targets less stops, in risks (R) and for one contract, as if each alert had been taken at its price; without costs. By operator, only what was executed."],
  key_score: ["placar do dia", "scoreboard of the day"], last_price: ["último", "last"], day_change: ["no dia", "on the day"], open_alerts: ["alertas abertos", "open alerts"], open_alert_one: ["alerta aberto", "open alert"],
  no_session: ["Sem pregão neste dia", "No session on this day"],
  made_of: ["feito de", "made of"],
  connection: ["Conexão", "Connection"], online: ["conectado", "connected"], connecting: ["conectando…", "connecting…"], offline: ["sem conexão", "disconnected"], checking: ["verificando…", "checking…"],
  last_resume: ["Retomada", "Resume"], feed: ["Dados", "Feed"], bridge: ["Ponte MT5", "MT5 bridge"], skew: ["Relógio", "Clock"], p95: ["Vela→tela p95", "Candle→screen p95"], desk_mail: ["Último e-mail da mesa", "The desk's last e-mail"],
  ok: ["ok", "ok"], no_mail: ["nenhum", "none"], unknown: ["sem informação", "not known"], none_yet: ["nenhum ainda", "none yet"], no_sign_yet: ["nenhum sinal ainda", "no sign yet"], asking: ["consultando…", "asking…"], no_data_short: ["sem dados", "no data"], out_of_session: ["fora do pregão", "out of session"],
  no_data: ["Sem dados de", "No data from"], no_line: ["Sem conexão com o servidor", "No connection to the server"], no_answer: ["O servidor não é ouvido", "The server is not heard"], no_line_more: ["alertas novos não chegam a esta tela; o e-mail continua valendo", "new alerts do not reach this screen; e-mail still does"],
  bridge_silent: ["A ponte não dá sinal", "The bridge gives no sign"], clock_off: ["O relógio deste computador está errado em", "This computer's clock is wrong by"], no_health: ["O estado do sistema não pode ser consultado", "The state of the system cannot be asked"],
  recovered_one: ["recuperado 1 alerta", "1 alert recovered"], nothing_missed: ["nada perdido", "nothing missed"], reconnected: ["Reconectado", "Reconnected"], away: ["fora por", "away for"],
  feed_back: ["Dados de volta", "Feed is back"], feed_flaps: ["oscila", "comes and goes"], feed_whole: ["Série inteira há uma hora", "Feed whole for an hour"], rolled: ["Contrato rolou", "Contract rolled"],
  candle_aside: ["vela posta de lado", "candle set aside"], candles_aside: ["velas postas de lado", "candles set aside"],
  operator_without: ["operador sem e-mail", "operator without e-mail"], operators_without: ["operadores sem e-mail", "operators without e-mail"], since_when: ["desde", "since"],
  unreached_refused: ["recusado", "refused"], unreached_gave_up: ["sem entrega após todas as tentativas", "not delivered after all tries"],
  unreached_suppressed: ["endereço suprimido", "address suppressed"], unreached_bounced: ["devolvido", "bounced"], unreached_not_on_desk: ["fora da mesa", "not on the desk"],
  mail_back: ["E-mail aceito de novo", "E-mail is accepted again"], dead_letters: ["Cartas mortas", "Dead letters"],
  try_as: ["Nesta máquina:", "On this machine:"], sign_in: ["Entrar", "Sign in"], operator: ["Operador", "Operator"], token: ["Token de acesso", "Access token"], token_help: ["Cole o token da mesa, ou abra o link que o traz.", "Paste the desk's token, or open the link that carries it."],
  token_refused: ["O acesso expirou ou não vale mais. Entre de novo.", "Access has expired or is no longer valid. Sign in again."], login_failed: ["Operador desconhecido.", "Unknown operator."], server_away: ["O servidor não responde.", "The server does not answer."],
  not_found: ["Alerta não encontrado", "Alert not found"], recovered: ["recuperado", "recovered"], new_live: ["Alerta ao vivo", "Live alert"], new_replay: ["Alerta do replay", "Alert of the replay"], show: ["Ver", "Show"], dismiss: ["Dispensar", "Dismiss"],
  history_failed: ["O histórico não pôde ser lido", "The history could not be read"], no_candles: ["sem velas", "no candles"], reading_candles: ["lendo as velas…", "reading the candles…"], candles_failed: ["As velas não puderam ser lidas", "The candles could not be read"],
} as const satisfies Record<string, readonly [string, string]>;

const WORDS: Record<string, readonly string[]> = { ...shared.words, ...OWN };

/** Whether there are words for a key. */
export const knows = (key: string) => Object.hasOwn(WORDS, key);

/** The words for a key; what is no key is returned as it is (a newer server may name a pattern this page does not know). */
export function word(key: string, language: Language): string {
  return (knows(key) && WORDS[key]?.[language === "en" ? 1 : 0]) || key;
}

/** `há 6 min` or `6 min ago`. */
export const ago = (length: string, language: Language) => (language === "en" ? `${length} ago` : `há ${length}`);
