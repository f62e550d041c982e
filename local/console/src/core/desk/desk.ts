// What stands on the desk: alerts by id with what became of them, and the feeds' notices. A pure reducer.

import { decideBy, isListed, type ActionFrame, type Alert, type AlertRecord, type Decision, type DigestFrame, type FeedFrame, type Outcome } from "../link/frames";

export const ALERT_LIMIT = 1500;
const EARLY_LIMIT = 50;
/** The reason of the digest at a session's end: alerts that did not ring. */
export const LISTED = "listed";

export type State = "open" | "decided" | "expired";

export interface Entry {
  alert: Alert;
  decision: Decision | null;
  outcome: Outcome | null;
  recovered: boolean;
}

export interface Desk {
  entries: ReadonlyMap<string, Entry>;
  /** Decisions on alerts that are not here yet: an action may overtake its alert. */
  early: ReadonlyMap<string, Decision>;
  /** The newest notice of each feed that it fell silent or is back. */
  notices: ReadonlyMap<string, FeedFrame>;
  /** The newest word of alerts that were held back. */
  heldBack: DigestFrame | null;
  /** Which alerts did not ring here, and why: what is read over HTTP does not say it. */
}

export type DeskEvent =
  | { kind: "alert"; alert: Alert; recovered: boolean }
  | { kind: "records"; records: readonly AlertRecord[] }
  | { kind: "action"; frame: ActionFrame }
  | { kind: "feed"; frame: FeedFrame }
  | { kind: "digest"; frame: DigestFrame };

export const emptyDesk = (): Desk => ({ entries: new Map(), early: new Map(), notices: new Map(), heldBack: null });

export function reduce(desk: Desk, event: DeskEvent): Desk {
  switch (event.kind) {
    case "alert": return withAlert(desk, event.alert, event.recovered);
    case "records": return withRecords(desk, event.records);
    case "action": return withAction(desk, event.frame);
    case "feed": return withNotice(desk, event.frame);
    case "digest": return event.frame.reason === LISTED ? desk : { ...desk, heldBack: event.frame };
  }
}

/** Where an alert stands at a time (epoch seconds of the server's clock). */
export function stateOf(entry: Entry, now: number): State {
  if (entry.decision) return entry.decision.decision === "TIMEOUT" ? "expired" : "decided";
  return now >= decideBy(entry.alert) ? "expired" : "open";
}

/** How an alert's row says where it stands: one that did not ring awaits no decision. */
export function shownState(entry: Entry, now: number): State | "listed" {
  const state = stateOf(entry, now);
  return entry.alert.listed && state !== "decided" ? "listed" : state;
}

/** Newest first; where two came at once, the later number first. */
export function newestFirst(entries: Iterable<Entry>): Entry[] {
  return [...entries].sort((a, b) =>
    b.alert.candle_closed_at - a.alert.candle_closed_at || b.alert.detected_at - a.alert.detected_at || b.alert.seq - a.alert.seq);
}

function withAlert(desk: Desk, alert: Alert, recovered: boolean): Desk {
  const known = desk.entries.get(alert.id);
  if (known && (!alert.listed || known.alert.listed)) return desk;
  const entries = new Map(desk.entries);
  entries.set(alert.id, known ? { ...known, alert } : { alert, decision: desk.early.get(alert.id) ?? null, outcome: null, recovered });
  return { ...desk, entries: bounded(entries), early: without(desk.early, alert.id) };
}

/** HTTP answers fill in; what the socket told already stays where the answer knows less. */
function withRecords(desk: Desk, records: readonly AlertRecord[]): Desk {
  const entries = new Map(desk.entries);
  for (const { alert, decision, outcome, listed } of records) {
    const known = entries.get(alert.id);
    const decided = decision ?? known?.decision ?? desk.early.get(alert.id) ?? null;
    entries.set(alert.id, { alert: { ...alert, listed: known?.alert.listed ?? (isListed(listed) ? listed : null) }, decision: decided, outcome: outcome ?? known?.outcome ?? null, recovered: known?.recovered ?? false });
  }
  return { ...desk, entries: bounded(entries) };
}

function withAction(desk: Desk, frame: ActionFrame): Desk {
  const { alert_id, operator, decision, note, order_id, at } = frame;
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  const made: Decision = { operator, decision, note: text(note), order_id: text(order_id), at };
  const known = desk.entries.get(alert_id);
  if (!known) {
    const early = new Map(desk.early).set(alert_id, made);
    return { ...desk, early: early.size > EARLY_LIMIT ? without(early, early.keys().next().value as string) : early };
  }
  // The first decision on an alert stands; a frame that comes twice changes nothing.
  if (known.decision) return desk;
  return { ...desk, entries: new Map(desk.entries).set(alert_id, { ...known, decision: made }) };
}

/** The other kinds say nothing of whether candles come just now. */
const withNotice = (desk: Desk, frame: FeedFrame): Desk =>
  frame.kind === "silent" || frame.kind === "recovered" ? { ...desk, notices: new Map(desk.notices).set(feedKey(frame), frame) } : desk;

export const feedKey = (of: { instrument: string; timeframe: string }) => `${of.instrument} ${of.timeframe}`;

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  if (!map.has(key)) return map;
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

function bounded(entries: Map<string, Entry>): Map<string, Entry> {
  if (entries.size <= ALERT_LIMIT) return entries;
  return new Map(newestFirst(entries.values()).slice(0, ALERT_LIMIT).map((entry) => [entry.alert.id, entry]));
}
