// What stands on the desk: alerts by id with what became of them, and the feeds' notices. A pure reducer.

import { decideBy, isHanded, isListed, watchEnds, type ActionFrame, type Alert, type AlertRecord, type Decision, type DigestFrame, type FeedFrame, type Handed, type HandoverFrame, type Outcome } from "../link/frames";

export const ALERT_LIMIT = 1500;
const EARLY_LIMIT = 50;
/** The reason of the digest at a session's end: alerts that did not ring. */
export const LISTED = "listed";

export type State = "open" | "decided" | "expired";

export interface Entry {
  alert: Alert;
  /** What stands for this operator: the desk's decision, or their own; or that somebody watches. */
  decision: Decision | null;
  /** All that was decided, oldest first. */
  acts: readonly Decision[];
  /** Until when it is open for this operator (epoch seconds), if nothing is decided. */
  opens: number;
  outcome: Outcome | null;
  recovered: boolean;
  /** The last time that this operator handed it over, or was handed it. */
  handed: Handed | null;
}

export interface Desk {
  /** Whose page this is. */
  me: string;
  entries: ReadonlyMap<string, Entry>;
  /** Decisions on alerts that are not here yet: an action may overtake its alert. */
  early: ReadonlyMap<string, readonly Decision[]>;
  /** The newest notice of each feed that it fell silent or is back. */
  notices: ReadonlyMap<string, FeedFrame>;
  /** The newest word of alerts that were held back. */
  heldBack: DigestFrame | null;
}

export type DeskEvent =
  | { kind: "alert"; alert: Alert; recovered: boolean }
  | { kind: "records"; records: readonly AlertRecord[] }
  | { kind: "action"; frame: ActionFrame }
  | { kind: "handover"; frame: HandoverFrame }
  | { kind: "feed"; frame: FeedFrame }
  | { kind: "digest"; frame: DigestFrame };

export const emptyDesk = (me = ""): Desk => ({ me, entries: new Map(), early: new Map(), notices: new Map(), heldBack: null });

export function reduce(desk: Desk, event: DeskEvent): Desk {
  switch (event.kind) {
    case "alert": return withAlert(desk, event.alert, event.recovered);
    case "records": return withRecords(desk, event.records);
    case "action": return withAction(desk, event.frame);
    case "handover": return withHandover(desk, event.frame);
    case "feed": return withNotice(desk, event.frame);
    case "digest": return event.frame.reason === LISTED ? desk : { ...desk, heldBack: event.frame };
  }
}

/** Where an alert stands at a time (epoch seconds of the server's clock). One that is watched is open; in the end that is its last word. */
export function stateOf({ decision, opens }: Entry, now: number): State {
  if (decision && decision.decision !== "watching") return decision.decision === "TIMEOUT" ? "expired" : "decided";
  if (now < opens) return "open";
  return decision ? "decided" : "expired";
}

/** An alert with what was decided on it, as it stands for an operator. */
export function entryOf(alert: Alert, acts: readonly Decision[], me: string, more: Partial<Pick<Entry, "outcome" | "recovered" | "handed">> = {}): Entry {
  const decision = standing(acts, me);
  const watched = decision?.decision === "watching" && decision.operator === me;
  return { alert, acts, decision, opens: watched ? watchEnds(alert, decision.at) : decideBy(alert), outcome: more.outcome ?? null, recovered: more.recovered ?? false, handed: more.handed ?? null };
}

/** What one has open oneself, in its own time: rung, not decided, not handed over. A watched one stays with who watches when that is over. */
export function owed(entry: Entry, me: string, now: number): boolean {
  return shownState(entry, now) === "open" && now < decideBy(entry.alert) && entry.handed?.operator !== me;
}

/** What colleagues decided beside what stands here. */
export const othersOf = ({ acts, decision }: Entry): readonly Decision[] => acts.filter((one) => one !== decision && one.decision !== "TIMEOUT");

/** Which of an alert's decisions stands for somebody: the desk's, their own, that they watch, that a colleague does. */
export function standing(acts: readonly Decision[], me: string): Decision | null {
  const rank = (one: Decision) => (one.decision === "watching" ? 2 + (one.operator === me ? 0 : 1) : one.own ? 1 : 0);
  const mine = acts.filter((one) => !one.own || one.operator === me);
  return mine.reduce<Decision | null>((best, one) => (best && rank(best) <= rank(one) ? best : one), null);
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
  entries.set(alert.id, known ? { ...known, alert } : entryOf(alert, desk.early.get(alert.id) ?? [], desk.me, { recovered }));
  return { ...desk, entries: bounded(entries), early: without(desk.early, alert.id) };
}

/** HTTP answers fill in; what the socket told already stays where the answer knows less. */
function withRecords(desk: Desk, records: readonly AlertRecord[]): Desk {
  const entries = new Map(desk.entries);
  for (const { alert, decision, others, outcome, listed, handed: told } of records) {
    const known = entries.get(alert.id);
    const acts = together([...(known?.acts ?? desk.early.get(alert.id) ?? []), ...(decision ? [decision] : []), ...(others ?? [])]);
    const handed = later(known?.handed ?? null, isHanded(told) ? told : null);
    const heard = { ...alert, listed: handed?.to === desk.me ? null : known?.alert.listed ?? (isListed(listed) ? listed : null) };
    entries.set(alert.id, entryOf(heard, acts, desk.me, { outcome: outcome ?? known?.outcome ?? null, recovered: known?.recovered ?? false, handed }));
  }
  return { ...desk, entries: bounded(entries) };
}

function withAction(desk: Desk, frame: ActionFrame): Desk {
  const { alert_id, operator, decision, note, order_id, at } = frame;
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  const made: Decision = { operator, decision, note: text(note), order_id: text(order_id), at, own: frame.own === true };
  const known = desk.entries.get(alert_id);
  if (!known) {
    const early = new Map(desk.early).set(alert_id, together([...(desk.early.get(alert_id) ?? []), made]));
    return { ...desk, early: early.size > EARLY_LIMIT ? without(early, early.keys().next().value as string) : early };
  }
  const acts = together([...known.acts, made]);
  if (acts.length === known.acts.length) return desk; // a frame that comes twice changes nothing
  return { ...desk, entries: new Map(desk.entries).set(alert_id, entryOf(known.alert, acts, desk.me, known)) };
}

/** What is handed over rings whom it is handed to, also where it did not before. */
function withHandover(desk: Desk, { operator, to, at, alert_ids }: HandoverFrame): Desk {
  const entries = new Map(desk.entries);
  for (const id of alert_ids) {
    const known = entries.get(id);
    const before = known?.handed?.operator === operator && known.handed.to === to;
    if (known && !before) entries.set(id, { ...known, alert: to === desk.me ? { ...known.alert, listed: null } : known.alert, handed: later(known.handed, { operator, to, at }) });
  }
  return { ...desk, entries };
}

const later = (one: Handed | null, other: Handed | null) => (one && other ? (other.at > one.at ? other : one) : other ?? one);

/** Nobody decides the same twice: what comes again, by the socket or over HTTP, is what is known. The desk has one decision, the first. */
function together(acts: readonly Decision[]): readonly Decision[] {
  const of = (one: Decision) => (one.decision === "watching" ? `${one.operator} watches` : one.own ? one.operator : "");
  return acts.filter((one, place) => acts.findIndex((before) => of(before) === of(one)) === place).sort((a, b) => a.at - b.at);
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
