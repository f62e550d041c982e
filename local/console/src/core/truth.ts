// What is wrong now, in words. The page says what it knows: its own line first, then what the server tells of the rest.

import { feedKey, type Desk } from "./desk";
import { milliseconds, span, type Language } from "./format";
import { knows, word } from "./words";

/** `checking`: the socket seems open, and nobody was heard for too long to say that it lives. */
export type Line = "online" | "checking" | "connecting" | "offline";

export interface FeedHealth {
  instrument: string; timeframe: string; contract: string; newest: number | null; age_s: number | null;
  in_session: boolean; silent: { since: number; cause: string } | null;
}
export interface BridgeHealth { bridge_id: string; age_s: number; mute: boolean; terminal: string; skew_s: number | null }
export interface Health {
  status: string; time: number; feeds?: FeedHealth[]; bridges?: BridgeHealth[]; // not there where the server could not read them
  last_mail?: { at: number; alert_id?: string; cause?: string } | null;
}

export interface Known {
  line: Line; lineSince: number; health: Health | null; healthAt: number; healthFailing: boolean;
  notices: Desk["notices"]; skew: number | null; now: number; // `now` and all times by the server's clock
}

export interface Trouble { level: "bad" | "warn"; text: string }
/** A feed that should speak and does not: since when, and why in words, empty where nobody knows. */
export interface Silence { since: number; because: string }

const BRIDGE_SILENT_S = 120;
const SKEW_S = 2;
/** A line that comes back at once is nobody's trouble. */
export const LINE_PATIENCE_S = 2;

export function troubles(known: Known, language: Language): Trouble[] {
  const say = (key: string) => word(key, language);
  const found: Trouble[] = [];
  const lost = known.now - known.lineSince;
  if (known.line !== "online" && lost >= LINE_PATIENCE_S) {
    found.push(known.line === "checking"
      ? { level: "warn", text: `${say("no_answer")} ${say("since")} ${span(lost)}: ${say("checking")}` }
      : { level: "bad", text: `${say("no_line")} ${say("since")} ${span(lost)}: ${say("no_line_more")}.` });
  }
  for (const [feed, { since, because }] of silences(known, language)) {
    found.push({ level: "bad", text: `${say("no_data")} ${feed} ${say("since")} ${span(known.now - since)}${because && ` (${because})`}` });
  }
  for (const bridge of known.healthFailing ? [] : known.health?.bridges ?? []) {
    const age = bridge.age_s + known.now - known.healthAt;
    if (mute(bridge)) found.push({ level: "warn", text: `${say("bridge_silent")} (${bridge.bridge_id}) ${say("since")} ${span(age)}` });
  }
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

/** Silent when the server was last asked: an answer that does not come says nothing of a bridge. */
export const mute = (bridge: BridgeHealth) => bridge.mute || bridge.age_s >= BRIDGE_SILENT_S;

/** Silent feeds by name. Of the socket's notice and the answer of /health the newer one is believed: notices that came
 *  while nobody was connected are not sent again. */
export function silences(known: Known, language: Language): Map<string, Silence> {
  const found = new Map<string, Silence>();
  for (const feed of known.health?.feeds ?? []) {
    if (feed.in_session && feed.silent) found.set(feedKey(feed), { since: feed.silent.since, because: causeWord(feed.silent.cause, language) });
  }
  for (const [key, notice] of known.notices) {
    if (notice.at <= (known.health?.feeds ? known.health.time : -Infinity)) continue;
    found.delete(key);
    if (notice.kind !== "silent") continue;
    found.set(key, { since: Number.isFinite(notice.since) ? notice.since : notice.at, because: causeWord(notice.cause, language) || (notice.detail ?? "") });
  }
  return found;
}
