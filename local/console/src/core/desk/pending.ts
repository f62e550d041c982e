// Who is about to decide on which alert, as the server tells it to every screen: for the seconds in which it may be taken back.

import type { PendingFrame } from "../link/frames";

/** A decision is heard a moment after its grace; until then the one who made it still stands. */
const LINGER_S = 2;

export class Pendings {
  /** By alert, the newest word of each operator. */
  private readonly told = new Map<string, Map<string, PendingFrame>>();

  hear(frame: PendingFrame): void {
    const found = this.told.get(frame.alert_id) ?? new Map<string, PendingFrame>();
    const before = found.get(frame.operator);
    if (before && before.at > frame.at) return; // overtaken
    found.set(frame.operator, frame);
    this.told.set(frame.alert_id, found);
  }

  /** A decision stands: nobody is about to make one, or that operator no more. */
  settled(alertId: string, operator?: string): void {
    if (operator === undefined) this.told.delete(alertId);
    else this.told.get(alertId)?.delete(operator);
  }

  /** The colleague who is about to decide, of several the first; null when nobody is. `now` is the server's clock. */
  other(alertId: string, me: string, now: number): PendingFrame | null {
    const standing = [...(this.told.get(alertId)?.values() ?? [])].filter((one) => one.operator !== me && one.decision !== null && now < one.until + LINGER_S);
    return standing.sort(order)[0] ?? null;
  }

  /** The colleague who was before me: of two the later one yields, at both screens alike. Null while the server has not told when mine was. */
  first(alertId: string, me: string, now: number): PendingFrame | null {
    const mine = this.told.get(alertId)?.get(me);
    const other = this.other(alertId, me, now);
    return mine?.decision && other && order(other, mine) < 0 ? other : null;
  }
}

const order = (a: PendingFrame, b: PendingFrame) => a.at - b.at || (a.operator < b.operator ? -1 : 1);
