// Decisions on their way: a grace in which they can be undone, then one act frame at a time, since an error frame
// does not say which act it answers. Sending one again is safe: the first decision on an alert stands.

import shared from "../../generated/shared.json";
import { NOTE_LIMIT, ORDER_LIMIT } from "../../generated/frames";
import { VERDICTS, type Verdict } from "../link/frames";

export const GRACE_S = shared.grace_s;
const ANSWER_S = 10;

export interface Act { alertId: string; decision: Verdict; note: string; orderId: string; dueAt: number }

export class Acts {
  private pending = new Map<string, Act>();
  private queue: Act[] = [];
  private sentAt: number | null = null;

  /** Start a decision's grace; a second one on the same alert replaces the first. False when one is out already. */
  decide(alertId: string, decision: Verdict, now: number, note = "", orderId = ""): boolean {
    if (this.queue.some((act) => act.alertId === alertId)) return false;
    this.pending.delete(alertId); // its grace ends last now
    this.pending.set(alertId, { alertId, decision, note: note.slice(0, NOTE_LIMIT), orderId: orderId.slice(0, ORDER_LIMIT), dueAt: now + GRACE_S });
    return true;
  }

  /** All that is not known to have arrived. */
  get unsettled(): Act[] {
    return [...this.queue, ...this.pending.values()];
  }

  /** Take up what a page before this one left; its grace is over or runs on. */
  restore(acts: readonly Act[]): void {
    for (const act of acts) this.pending.set(act.alertId, act);
  }

  undo(alertId: string): boolean {
    return this.pending.delete(alertId);
  }

  /** The act to send now, if any. `flush` ends all graces: the page is being closed. */
  due(now: number, connected: boolean, flush = false): Act[] {
    for (const act of [...this.pending.values()]) {
      if (!flush && act.dueAt > now) continue;
      this.pending.delete(act.alertId);
      this.queue.push(act);
    }
    if (!connected || !this.queue.length) return [];
    if (!flush && this.sentAt !== null && now - this.sentAt < ANSWER_S) return [];
    this.sentAt = now;
    return flush ? [...this.queue] : this.queue.slice(0, 1); // none is forgotten before it is answered
  }

  /** Somebody's decision on an alert is known: nothing of ours is left to say. Returns ours, if there was one. */
  settled(alertId: string): Act | null {
    const ours = this.pending.get(alertId) ?? this.queue.find((act) => act.alertId === alertId) ?? null;
    this.pending.delete(alertId);
    if (this.queue[0]?.alertId === alertId) this.sentAt = null;
    this.queue = this.queue.filter((act) => act.alertId !== alertId);
    return ours;
  }

  /** The server refused what was sent last. */
  refused(): Act | null {
    if (this.sentAt === null) return null;
    this.sentAt = null;
    return this.queue.shift() ?? null;
  }

  /** The line broke: what was out is sent again on the next. */
  lost(): void {
    this.sentAt = null;
  }

  of(alertId: string): { act: Act; out: boolean } | null {
    const waiting = this.pending.get(alertId);
    if (waiting) return { act: waiting, out: false };
    const out = this.queue.find((act) => act.alertId === alertId);
    return out ? { act: out, out: true } : null;
  }

  /** The alert whose grace runs out last: what a bare "undo" means. */
  get newest(): string | null {
    return [...this.pending.keys()].at(-1) ?? null;
  }
}

/** Acts as a page before this one kept them: what storage holds is checked, not trusted. */
export function readActs(found: Record<string, unknown>, operator: string): Act[] {
  if (found.operator !== operator || !Array.isArray(found.acts)) return [];
  return (found.acts as Partial<Act>[]).filter((one): one is Act => typeof one?.alertId === "string" && VERDICTS.includes(one.decision as Verdict)
    && typeof one.note === "string" && typeof one.orderId === "string" && Number.isFinite(one.dueAt));
}
