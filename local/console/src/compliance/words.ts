// What the compliance page says, in Portuguese and English.

import type { Language } from "../core/format";
import shared from "../generated/shared.json";

type Pair = readonly [string, string];

const WORDS = {
  title: ["Auditoria", "Audit"], token_help: ["Cole o token de quem confere a auditoria (pregao token NOME --officer). O da mesa não abre esta página.", "Paste an officer's token (pregao token NAME --officer). The desk's does not open this page."],
  token: ["Token de acesso", "Access token"], sign_in: ["Entrar", "Sign in"], sign_out: ["Sair", "Sign out"], try_as: ["Nesta máquina:", "On this machine:"],
  refused: ["O acesso expirou ou não vale para esta página. Entre de novo.", "Access has expired or does not open this page. Sign in again."],
  away: ["O servidor não responde.", "The server does not answer."], not_recorded: ["A consulta não pôde ser registrada, por isso não há resposta. Tente de novo.", "The look could not be recorded, so there is no answer. Try again."],
  out_of_time: ["O arquivo não pôde ser lido a tempo. Escolha menos dias, ou tente de novo.", "The archive could not be read in time. Choose fewer days, or try again."],
  too_large: ["A resposta é grande demais. Escolha menos dias, ou use pregao audit.", "The answer is too large. Choose fewer days, or use pregao audit."],
  looking: ["Consultando…", "Looking…"], recorded: ["Cada consulta fica registrada com o seu pseudônimo.", "Each look is recorded with your pseudonym."],
  question: ["Pergunta", "Question"], first: ["De (UTC)", "From (UTC)"], last: ["Até (UTC)", "To (UTC)"], operator: ["Operador", "Operator"], instrument: ["Ativo", "Instrument"],
  state: ["Estado", "State"], alert: ["Alerta (id ou começo)", "Alert (id or its beginning)"], all: ["todos", "all"], ask: ["Consultar", "Ask"],
  rows: ["linhas", "rows"], nothing: ["Nada nestes dias.", "Nothing in these days."], searched: ["procurado em", "searched"], records: ["registros", "records"], days: ["dias", "days"],
  more: ["Só as primeiras linhas; o arquivo tem todas.", "The first rows alone; the file has all."], missing: ["Dias sem nada", "Days without anything"], download: ["Baixar", "Download"],
  story: ["História do alerta", "The alert's story"], proof: ["Prova (JSON)", "Proof (JSON)"], close: ["Fechar", "Close"],
  never_verified: ["Nenhuma conferência está anotada: pregao audit verify --stack NOME.", "No verification is noted: pregao audit verify --stack NAME."], verified: ["Última conferência", "Last verification"], by: ["por", "by"],
  times: ["Horários em Brasília; o UTC aparece ao passar sobre eles.", "Times in Brasília; UTC shows when you point at them."],
} satisfies Record<string, Pair>;

const QUESTIONS: Record<string, Pair> = {
  shown: ["Mostrado a um operador", "Shown to an operator"], alert: ["Um alerta, do começo ao fim", "One alert from beginning to end"], unanswered: ["Sem resposta", "Unanswered"],
  unreached: ["Não chegou a alguém", "Did not reach somebody"], suppressed: ["Segurado, e por quê", "Held back, and why"], silences: ["Mercado não ouvido", "Market not heard"],
  outcomes: ["O que deu cada alerta", "What became of alerts"], decisions: ["Decisões", "Decisions"], latency: ["Tempo até a tela", "Time to the screen"], accesses: ["Quem olhou a auditoria", "Who looked at the audit"],
};

const COLUMNS: Record<string, Pair> = {
  shown_at: ["Mostrado em", "Shown at"], channel: ["Canal", "Channel"], confirmed_at: ["Confirmado em", "Confirmed at"], confirmed_after_ms: ["Confirmado após (ms)", "Confirmed after (ms)"], returned: ["Devolvido", "Returned"],
  contract: ["Contrato", "Contract"], instrument: ["Ativo", "Instrument"], pattern: ["Padrão", "Pattern"], direction: ["Direção", "Direction"], severity: ["Severidade", "Severity"], price: ["Preço", "Price"],
  entry_min: ["Entrada de", "Entry from"], entry_max: ["Entrada até", "Entry to"], stop_loss: ["Stop", "Stop"], take_profit: ["Alvo", "Target"], alert_id: ["Alerta", "Alert"],
  happened_at: ["Quando", "When"], kind: ["Tipo", "Kind"], operator: ["Operador", "Operator"], outcome: ["Situação", "State"], detail: ["Detalhe", "Detail"], latency_ms: ["Desde a detecção (ms)", "Since detection (ms)"],
  missing: ["Velas que faltaram", "Candles missing"], recorded_at: ["Registrado em", "Recorded at"], chain: ["Cadeia", "Chain"], seq: ["Nº", "No."], hash: ["Hash", "Hash"], judged_at: ["Julgado em", "Judged at"], shown_to: ["Mostrado a", "Shown to"], confirmed_by: ["Confirmado por", "Confirmed by"],
  timed_out_at: ["Prazo venceu em", "Timed out at"], first_at: ["Primeiro em", "First at"], last_at: ["Último em", "Last at"], tried: ["Tentativas", "Tries"], last_status: ["Última situação", "Last state"], why: ["Por quê", "Why"],
  verdict: ["Veredito", "Verdict"], alerts: ["Alertas", "Alerts"], distinct_alerts: ["Alertas distintos", "Distinct alerts"], reason: ["Motivo", "Reason"], since: ["Desde", "Since"], noticed_at: ["Notado em", "Noticed at"], event: ["Evento", "Event"],
  timeframe: ["Tempo gráfico", "Timeframe"], cause: ["Causa", "Cause"], filled: ["Preenchido", "Filled"], previous: ["Contrato anterior", "Previous contract"], candles: ["Velas", "Candles"], silences: ["Silêncios", "Silences"], expected: ["Velas esperadas", "Candles expected"], day: ["Dia", "Day"], receipts: ["Confirmações", "Receipts"],
  p50_ms: ["Mediana (ms)", "Median (ms)"], p95_ms: ["95% até (ms)", "95% within (ms)"], p99_ms: ["99% até (ms)", "99% within (ms)"], max_ms: ["Maior (ms)", "Longest (ms)"], result: ["Resultado", "Outcome"], r: ["R", "R"], mfe: ["A favor (R)", "In favour (R)"], mae: ["Contra (R)", "Against (R)"],
  covered: ["Amplitude", "Range"], chance: ["Chance", "Chance"], outcomes: ["Registros", "Records"], outcome_at: ["Gravado em", "Recorded at"], outcome_hash: ["Hash do resultado", "Outcome's hash"], decision: ["Decisão", "Decision"], note: ["Nota", "Note"], order_id: ["Ordem", "Order"],
  audit_id: ["Quem olhou", "Who looked"], question: ["Pergunta", "Question"], asked: ["Filtros", "Filters"],
};

const VALUES: Record<string, Pair> = {
  alert: ["alerta", "alert"], access: ["consulta", "look"], flapping: ["instável", "flapping"], flapping_digest: ["resumo de instabilidade", "digest of flapping"], steady: ["estável de novo", "steady again"], still_silent: ["segue calada", "still silent"],   admitted: ["admitido", "admitted"], duplicate: ["repetido", "duplicate"], rate_limited: ["limite de ritmo", "rate limited"], queue_full: ["fila cheia", "queue full"], stale: ["velho", "stale"], out_of_session: ["fora do pregão", "out of session"], muted: ["silenciado", "muted"],
  delivery: ["entrega", "delivery"], action: ["decisão", "decision"], feed: ["série", "feed"], websocket: ["tela", "screen"], email: ["e-mail", "e-mail"], sms: ["SMS", "SMS"],
  intent: ["tentativa", "attempt"], sent: ["enviado", "sent"], received: ["confirmado", "confirmed"], gone: ["tela fechada", "screen gone"], failed: ["falhou", "failed"], withheld: ["retido", "withheld"], delivered: ["entregue", "delivered"], delayed: ["atrasado", "delayed"],
  bounced: ["devolvido", "bounced"], complained: ["reclamado", "complained"], rejected: ["rejeitado", "rejected"], rung: ["sem tela", "no screen"], listed: ["só na lista", "listed only"], confirmed: ["confirmado", "confirmed"], unconfirmed: ["não confirmado", "unconfirmed"],
  timed_out: ["prazo venceu", "timed out"], open: ["em aberto", "open"], silent: ["calou", "silent"], recovered: ["voltou", "recovered"], rolled: ["trocou de contrato", "rolled"], set_aside: ["velas com defeito", "candles set aside"],
  target: ["alvo", "target"], stop: ["stop", "stop"], expired: ["expirou", "expired"], missed: ["sem entrada", "no entry"], came: ["veio", "came"], did_not: ["não veio", "did not come"], executed: ["executado", "executed"], watching: ["observando", "watching"], TIMEOUT: ["ninguém a tempo", "nobody in time"],
};

const side = (language: Language) => (language === "en" ? 1 : 0);

export const word = (key: keyof typeof WORDS, language: Language): string => WORDS[key][side(language)] ?? key;
export const questionName = (name: string, language: Language): string => QUESTIONS[name]?.[side(language)] ?? name;
export const columnName = (name: string, language: Language): string => COLUMNS[name]?.[side(language)] ?? name;

/** The values a question's rows can be narrowed to. */
export const STATES: Record<string, readonly string[]> = {
  shown: ["confirmed", "unconfirmed", "bounced", "complained"], unanswered: ["open", "timed_out"], unreached: ["intent", "sent", "gone", "failed", "withheld", "bounced"],
  suppressed: ["duplicate", "rate_limited", "queue_full", "stale", "out_of_session", "muted"], silences: ["silent", "recovered", "rolled", "set_aside", "flapping", "flapping_digest", "steady", "still_silent"],
  outcomes: ["target", "stop", "expired", "missed", "came", "did_not", "none"], decisions: ["executed", "rejected", "watching", "TIMEOUT"],
};

const CODED = new Set(["verdict", "kind", "channel", "outcome", "last_status", "returned", "event", "result", "decision", "pattern", "direction", "severity", "question"]);
const DESK_WORDS = shared.words as unknown as Record<string, Pair>;

/** A recorded code as people read it; what is no code of ours stays as it was recorded. */
export function value(column: string, recorded: string, language: Language): string {
  if (!CODED.has(column)) return recorded;
  if (column === "question") return questionName(recorded, language);
  const desk = ["pattern", "direction", "severity"].includes(column) ? DESK_WORDS : VALUES;
  return desk[recorded]?.[side(language)] ?? recorded;
}

export const stateName = (state: string, language: Language): string => VALUES[state]?.[side(language)] ?? state;
