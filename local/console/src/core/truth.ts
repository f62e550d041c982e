// What is wrong now, in words. The page says what it knows: its own line first, then what the server tells of the rest.

import { feedKey, type Desk } from "./desk/desk";
import { milliseconds, span, type Language } from "./format";
import { knows, word } from "./words";

/** `checking`: the socket seems open, and nobody was heard for too long to say that it lives. */
export type Line = "online" | "checking" | "connecting" | "offline";

export interface FeedHealth {
  instrument: string; timeframe: string; contract: string; newest: number | null; age_s: number | null;
  in_session: boolean; silent: { since: number; cause: string } | null;
  set_aside?: { count: number; newest: number } | null;
  flapping?: { since: number } | null; // its silences follow one another
}
/** Operators to whom no e-mail gets through: how many, the longest since when, and the newest reason. */
export interface Unreached { operators: number; since: number; reason: string }
export interface BridgeHealth { bridge_id: string; age_s: number; mute: boolean; terminal: string; skew_s: number | null }
export interface Health {
  status: string; time: number; feeds?: FeedHealth[]; bridges?: BridgeHealth[]; // not there where the server could not read them
  feeds_at?: number; // of many feeds the minute's round tells: as of when; a server of before read them as it answered
  problems?: { what: string; since: number | null }[];
  dead_letters?: { alerts: number; timers: number; reports: number }; unreached?: Unreached | null;
  phones?: (Unreached & { channel: string }) | null; // whom a channel of theirs, push or a messenger, does not reach
  last_mail?: { at: number; alert_id?: string; cause?: string } | null;
}

export interface Known {
  line: Line; lineSince: number; health: Health | null; healthAt: number; healthFailing: boolean;
  notices: Desk["notices"]; skew: number | null; now: number; // `now` and all times by the server's clock
}

export interface Trouble { level: "bad" | "warn"; text: string }
/** A feed that should speak and does not: since when, and why in words, empty where nobody knows. */
export interface Silence { since: number; because: string }

const SKEW_S = 2;
/** /health reads what may be some seconds old; so much younger than a notice, it knows of what the notice told. */
const SETTLE_S = 5;
/** A line that comes back at once is nobody's trouble. */
export const LINE_PATIENCE_S = 2;

/** When the feeds and bridges of an answer were read, by this page's clock. */
export const feedsReadAt = (health: Health, healthAt: number) => healthAt - (health.feeds_at === undefined ? 0 : health.time - health.feeds_at);

export function troubles(known: Known, language: Language): Trouble[] {
  const say = (key: string) => word(key, language);
  const found: Trouble[] = [];
  const lost = known.now - known.lineSince;
  if (known.line !== "online" && lost >= LINE_PATIENCE_S) {
    found.push(known.line === "checking"
      ? { level: "warn", text: `${say("no_answer")} ${say("for_so_long")} ${span(lost)}: ${say("checking")}` }
      : { level: "bad", text: `${say("no_line")} ${say("for_so_long")} ${span(lost)}: ${say("no_line_more")}.` });
  }
  for (const [feed, { since, because }] of silences(known, language)) {
    found.push({ level: "bad", text: `${say("no_data")} ${feed} ${say("for_so_long")} ${span(known.now - since)}${because && ` (${because})`}` });
  }
  for (const bridge of known.healthFailing ? [] : known.health?.bridges ?? []) {
    const age = bridge.age_s + known.now - (known.health ? feedsReadAt(known.health, known.healthAt) : known.now);
    if (bridge.mute) found.push({ level: "warn", text: `${say("bridge_silent")} (${bridge.bridge_id}) ${say("for_so_long")} ${span(age)}` });
  }
  const stopped = known.healthFailing ? undefined : known.health?.problems?.find((one) => one.what === "watch_late");
  if (stopped) found.push({ level: "bad", text: `${say("watch_late")}${stopped.since === null ? "" : ` ${say("for_so_long")} ${span(known.now - stopped.since)}`}: ${say("watch_late_more")}` });
  if (known.skew !== null && Math.abs(known.skew) >= SKEW_S) {
    found.push({ level: "warn", text: `${say("clock_off")} ${milliseconds(Math.abs(known.skew), language)}` });
  }
  if (known.line === "online" && (known.healthFailing || (known.health && !known.health.feeds))) found.push({ level: "warn", text: say("no_health") });
  return found;
}

/** Why a feed is silent, in words; a cause that this page does not know yet stands as it came. */
export function causeWord(cause: string | null | undefined, language: Language): string {
  if (!cause) return "";
  return knows(`cause_${cause}`) ? word(`cause_${cause}`, language) : cause;
}

/** Everything that was given up and waits for a person; null where the server does not say. */
export function deadLetters({ dead_letters: lying }: Health): number | null {
  return lying ? lying.alerts + lying.timers + lying.reports : null;
}

/** Silent feeds by name. Of the socket's notice and the answer of /health the newer one is believed: notices that came
 *  while nobody was connected are not sent again. An answer of the same seconds may have read the feed's state before
 *  the notice was written: there the notice stands. */
export function silences(known: Known, language: Language): Map<string, Silence> {
  const found = new Map<string, Silence>();
  for (const feed of known.health?.feeds ?? []) {
    if (feed.in_session && feed.silent) found.set(feedKey(feed), { since: feed.silent.since, because: causeWord(feed.silent.cause, language) });
  }
  for (const [key, notice] of known.notices) {
    if (known.health?.feeds && notice.at + SETTLE_S <= (known.health.feeds_at ?? known.health.time)) continue;
    found.delete(key);
    if (notice.kind !== "silent") continue;
    found.set(key, { since: Number.isFinite(notice.since) ? notice.since : notice.at, because: causeWord(notice.cause, language) || (notice.detail ?? "") });
  }
  return found;
}
