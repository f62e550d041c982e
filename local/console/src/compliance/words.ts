// What the compliance page says, in Portuguese and English.

import type { Language } from "../core/format";
import audit from "../generated/audit.json";

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
  nothing: ["Nada nestes dias.", "Nothing in these days."], searched: ["procurado em", "searched"],
  more: ["Só as primeiras linhas; o arquivo tem todas.", "The first rows alone; the file has all."], missing: ["Dias sem nada", "Days without anything"], download: ["Baixar", "Download"],
  story: ["História do alerta", "The alert's story"], proof: ["Prova (JSON)", "Proof (JSON)"], close: ["Fechar", "Close"],
  never_verified: ["Nenhuma conferência está anotada: pregao audit verify --stack NOME.", "No verification is noted: pregao audit verify --stack NAME."], verified: ["Última conferência", "Last verification"], by: ["por", "by"],
  times: ["Horários em Brasília; o UTC aparece ao passar sobre eles.", "Times in Brasília; UTC shows when you point at them."],
} satisfies Record<string, Pair>;

const CODES = audit.codes as unknown as Record<string, Record<string, Pair>>;
const COLUMNS = audit.columns as unknown as Record<string, Pair>;
const CODED = audit.coded as Record<string, string>;
const FIELDS = audit.fields as unknown as Record<string, Pair>;
const NOUNS = audit.nouns as unknown as Record<string, [Pair, Pair]>;
const REASONS = Object.entries(audit.reasons).map(([pattern, said]) => [new RegExp(`^(?:${pattern})$`), said] as const);

const side = (language: Language) => (language === "en" ? 1 : 0);

export const word = (key: keyof typeof WORDS, language: Language): string => WORDS[key][side(language)] ?? key;
export const questionName = (name: string, language: Language): string => CODES.question?.[name]?.[side(language)] ?? name;
export const columnName = (name: string, language: Language): string => COLUMNS[name]?.[side(language)] ?? name;

/** The values a question's rows can be narrowed to. */
export const STATES = audit.states as Record<string, readonly string[]>;

/** A recorded code as people read it; what is no code of ours stays as it was recorded. */
export function value(column: string, recorded: string, language: Language): string {
  const vocabulary = CODED[column];
  if (vocabulary === undefined) return recorded;
  if (vocabulary === "reason") return reason(recorded, language);
  return CODES[vocabulary]?.[recorded]?.[side(language)] ?? recorded;
}

/** Why a verdict was given or an e-mail withheld; records hold it in English. */
function reason(recorded: string, language: Language): string {
  const cause = CODES.mail_cause?.[recorded];
  if (cause) return cause[side(language)];
  const found = language === "en" ? undefined : REASONS.find(([pattern]) => pattern.test(recorded));
  return found ? recorded.replace(...found) : recorded;
}

export const stateName = (state: string, language: Language): string => CODES.state?.[state]?.[side(language)] ?? state;
export const fieldName = (name: string, language: Language): string => FIELDS[name]?.[side(language)] ?? name;

/** `1 linha`, `2 linhas`. */
export function counted(count: number, noun: "row" | "record" | "day", language: Language): string {
  const forms = NOUNS[noun]?.[side(language)] ?? ["", ""];
  return `${count} ${forms[count === 1 ? 0 : 1]}`;
}
