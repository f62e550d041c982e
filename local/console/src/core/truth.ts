// What is wrong now, in words. The page says what it knows: its own line first, then what the server tells of the rest.

import { feedKey, type Desk } from "./desk";
import { milliseconds, span, type Language } from "./format";
import { knows, word } from "./words";

export type Line = "online" | "connecting" | "offline";

export interface FeedHealth {
  instrument: string; timeframe: string; contract: string; newest: number | null; age_s: number | null;
  in_session: boolean; silent: { since: number; cause: string } | null;
}
export interface BridgeHealth { bridge_id: string; age_s: number; mute: boolean; terminal: string; skew_s: number | null }
export interface Health {
  status: string; time: number; feeds: FeedHealth[]; bridges: BridgeHealth[];
  last_mail?: { at: number; alert_id?: string; cause?: string } | null;
}

export interface Known {
  line: Line; lineSince: number; health: Health | null; healthAt: number; healthFailing: boolean;
  silent: Desk["silent"]; skew: number | null; now: number; // `now` and all times by the server's clock
}

export interface Trouble { level: "bad" | "warn"; text: string }

const BRIDGE_SILENT_S = 120;
const SKEW_S = 2;
/** A line that comes back at once is nobody's trouble. */
export const LINE_PATIENCE_S = 2;

export function troubles(known: Known, language: Language): Trouble[] {
  const say = (key: string) => word(key, language);
  const found: Trouble[] = [];
  const lost = known.now - known.lineSince;
  if (known.line !== "online" && lost >= LINE_PATIENCE_S) {
    found.push({ level: "bad", text: `${say("no_line")} ${say("since")} ${span(lost)}: ${say("no_line_more")}.` });
  }
  for (const [feed, since, cause] of silentFeeds(known, language)) {
    const because = cause ? ` (${cause})` : "";
    found.push({ level: "bad", text: `${say("no_data")} ${feed} ${say("since")} ${span(known.now - since)}${because}` });
  }
  for (const bridge of known.health?.bridges ?? []) {
    const age = bridge.age_s + known.now - known.healthAt;
    if (age >= BRIDGE_SILENT_S) found.push({ level: "warn", text: `${say("bridge_silent")} (${bridge.bridge_id}) ${say("since")} ${span(age)}` });
  }
  if (known.skew !== null && Math.abs(known.skew) >= SKEW_S) {
    found.push({ level: "warn", text: `${say("clock_off")} ${milliseconds(Math.abs(known.skew), language)}` });
  }
  if (known.healthFailing && known.line === "online") found.push({ level: "warn", text: say("no_health") });
  return found;
}

/** Why a feed is silent, in words; a cause that this page does not know yet stands as it came. */
export function causeWord(cause: string | null | undefined, language: Language): string {
  if (!cause) return "";
  return knows(`cause_${cause}`) ? word(`cause_${cause}`, language) : cause;
}

/** Silent feeds by name, since when and why; a notice of the socket is newer than the last answer of /health. */
function silentFeeds(known: Known, language: Language): [string, number, string][] {
  const found = new Map<string, [number, string]>();
  for (const feed of known.health?.feeds ?? []) {
    if (feed.in_session && feed.silent) found.set(feedKey(feed), [feed.silent.since, causeWord(feed.silent.cause, language)]);
  }
  for (const [key, notice] of known.silent) found.set(key, [Number.isFinite(notice.since) ? notice.since : notice.at, notice.detail || causeWord(notice.cause, language)]);
  return [...found].map(([feed, [since, cause]]) => [feed, since, cause]);
}
