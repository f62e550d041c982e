// What happened, told in a line: a colleague's decision, a resume, a feed that fell silent.

import type { Act } from "../core/desk/acts";
import { LISTED } from "../core/desk/desk";
import type { Desk } from "../core/desk/desk";
import type { ActionFrame, ErrorFrame, FeedFrame, HandoverFrame, PendingFrame } from "../core/link/frames";
import { hourMinute, span, type Language } from "../core/format";
import { knows, word } from "../core/words";

export function recoveredWords(count: number, language: Language): string {
  if (count === 0) return word("nothing_missed", language);
  if (count === 1) return word("recovered_one", language);
  return language === "en" ? `${count} alerts recovered` : `recuperados ${count} alertas`;
}

export function resumeWords(count: number, away: number, language: Language): string {
  return `${word("reconnected", language)}: ${recoveredWords(count, language)} (${word("away", language)} ${span(away)})`;
}

/** A decision, told to those who did not make it. */
export function actedWords(frame: ActionFrame, desk: Desk, ours: Act | null, name: string, language: Language): string {
  const alert = desk.entries.get(frame.alert_id)?.alert;
  const about = alert ? `${word(alert.direction === "none" ? alert.pattern : alert.direction, language)} ${alert.contract}` : word("alert", language);
  if (frame.decision === "TIMEOUT") return `${about} ${word("TIMEOUT", language)}: ${word("not_sent", language)}`;
  const told = `${name}: ${word(frame.decision, language)} · ${about}${frame.note ? ` · ${frame.note}` : ""}`;
  return ours ? `${word("refused_already_decided", language)} ${word("by", language)} ${told}` : told;
}

/** `Ana Souza passou a você: 2 alertas abertos`, told to both. */
export function handedWords({ operator, to, alert_ids }: HandoverFrame, me: string, nameOf: (id: string) => string, language: Language): string {
  const many = `${alert_ids.length} ${word(alert_ids.length === 1 ? "open_alert_one" : "open_alerts", language)}`;
  return to === me ? `${nameOf(operator)} ${word("handed_you", language)}: ${many}` : `${word("handed_on", language)} ${nameOf(to)}: ${many}`;
}

/** Why a decision of one's own was taken back. */
export const yieldedWords = ({ decision }: PendingFrame, name: string, language: Language) =>
  `${name} ${word("took_before", language)}${decision ? ` (${word(decision, language)})` : ""}: ${word("not_sent", language)}`;

export function refusedWords(error: ErrorFrame, act: Act | null, language: Language): string {
  const known = `refused_${error.code}`;
  const key = knows(known) ? known : "refused";
  const ours = act ? ` · ${word(act.decision, language)}` : "";
  return `${word(key, language)}${ours}${key === "refused" || error.code === "already_decided" ? ` (${error.message})` : ""}`;
}

export const heldBackWords = (total: number, reason: string, language: Language) =>
  reason === LISTED ? `${total} ${word(total === 1 ? "digest_listed_one" : "digest_listed", language)}`
    : `${total} ${word(total === 1 ? "held_back_one" : "held_back", language)}: ${word(reason, language)}`;

/** `2 velas postas de lado: WIN M5, a última das 10:35 (high < low)`. */
function asideWords({ instrument, timeframe, since, count, detail }: FeedFrame, language: Language): string {
  const many = count ?? 1;
  const newest = `${language === "en" ? "the newest of" : "a última das"} ${hourMinute(since)}`;
  return `${many} ${word(many === 1 ? "candle_aside" : "candles_aside", language)}: ${instrument} ${timeframe}, ${newest}${detail ? ` (${detail})` : ""}`;
}

/** Empty where the banner or the strip says it, for as long as it lasts. */
export function feedWords(frame: FeedFrame, language: Language): string {
  const name = `${frame.instrument} ${frame.timeframe}`;
  if (frame.kind === "recovered") return `${word("feed_back", language)}: ${name}`;
  if (frame.kind === "flapping") return `${name} ${word("feed_flaps", language)} (${word("silence_many", language).replace("{}", String(frame.count ?? 0))})`;
  if (frame.kind === "steady") return `${word("feed_whole", language)}: ${name}`;
  if (frame.kind === "set_aside") return asideWords(frame, language);
  if (frame.kind === "rolled") return `${word("rolled", language)}: ${frame.previous ?? ""} → ${frame.contract}`;
  return "";
}

/** Why the server did not take a price alert; a reason that this page does not know is a refusal all the same. */
export function levelRefused(why: string, language: Language): string {
  const key = `level_refused_${why}`;
  return word(knows(key) ? key : "level_refused", language);
}
