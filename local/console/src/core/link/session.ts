// One socket's conversation, without the socket: what came in, what to say, what to show. It asks no clock.
//
// Alerts are shown in the order of their numbers per contract. One that is ahead of others waits: a moment, since
// deliveries overtake each other, then until the server has sent or counted off what lies between. A lost
// connection is the normal path (API Gateway ends each after two hours), and so is coming back from it.

import type { ActionFrame, Alert, CandleFrame, ClientFrame, Cursor, DigestFrame, ErrorFrame, FeedFrame, HandoverFrame, Hello, MutedFrame, ReminderFrame, RemindersFrame, PendingFrame, Pong, QuoteFrame, ServerFrame } from "./frames";
import { isListed } from "./frames";

export const GRACE_S = 0.15;
/** What is asked and not answered within this was lost: connect again. */
export const ANSWER_S = 10;
/** After so much silence it pings; a trader must not look at a dead line for long. */
export const PING_S = 25;
/** After so much silence, ping included, nobody knows whether the line lives. */
export const TRUST_S = PING_S + 3;
/** So long between two looks at the time: the machine slept or the tab was frozen, and the line may be gone. */
const SLEPT_S = 15;
/** Who looks at the page again, or has the network back, is not kept waiting as long. */
const SOON_S = 4;
const SEEN_LIMIT = 5000;
/** An exchange that took longer tells the server's clock too coarsely, as while the page is still being built: ask again, a few times. */
const QUICK_S = 0.1;
const CLOCK_TRIES = 6;

export type Effect =
  | { kind: "send"; frame: ClientFrame }
  | { kind: "show"; alert: Alert; recovered: boolean }
  | { kind: "again"; id: string }
  | { kind: "heard"; frame: Hello | ActionFrame | PendingFrame | MutedFrame | ReminderFrame | RemindersFrame | HandoverFrame | DigestFrame | CandleFrame | QuoteFrame | FeedFrame | ErrorFrame }
  | { kind: "clock"; server: number; asked: number; now: number }
  | { kind: "ready"; recovered: number; away: number | null }
  | { kind: "answered" }
  | { kind: "dead" };

export class Session {
  cursor: Cursor | null;
  private seen = new Set<string>();
  private ahead = new Map<string, Alert>();
  private aheadUntil = 0;
  private goal: Cursor = {};
  private askedFrom: Cursor = {};
  /** What was asked last, until when its answer is waited for, and when it was asked. */
  private asked: ClientFrame["action"] | null = null;
  private askedUntil = 0;
  private askedAt = 0;
  private pingedAt = 0;
  private heardAt = 0;
  /** When anything but a price was heard: prices come all the time, and a pong alone tells of an alert that was lost. */
  private toldAt = 0;
  private tickedAt = Infinity;
  private doubted = false;
  private quickest = Infinity;
  private clockTries = 0;
  private lostAt: number | null = null;
  private recovered = 0;
  private resuming = false;
  private open = false;
  private together = true;

  constructor(cursor: Cursor | null = null, lostAt: number | null = null) {
    this.cursor = cursor;
    this.lostAt = lostAt;
  }

  opened(now: number): Effect[] {
    this.ahead.clear();
    this.goal = {};
    this.recovered = 0;
    this.resuming = true;
    this.open = true;
    this.heardAt = this.toldAt = now;
    this.doubted = false;
    this.quickest = Infinity;
    this.clockTries = CLOCK_TRIES;
    return [this.subscribe(now)];
  }

  closed(now: number): void {
    if (this.open) this.lostAt ??= now;
    this.open = false;
    this.asked = null;
  }

  /** Seconds since the server was last heard on this line. */
  silence(now: number): number {
    return now - this.heardAt;
  }

  /** Whether the line is known to live: somebody was heard on it a moment ago, and nothing came between. */
  trusted(now: number): boolean {
    return this.open && !this.doubted && this.silence(now) <= TRUST_S;
  }

  /** The page is put away (frozen, or kept by the browser for its "back"): what the line is worth shows when it returns. */
  doubt(): void {
    this.doubted = true;
  }

  /** Look at the time: ask for what is missing, or whether anybody is there. However late it is called, the time since
   *  the last frame decides: a hidden tab's timers come once a minute, a sleeping machine's not at all. */
  tick(now: number): Effect[] {
    const slept = now - this.tickedAt > SLEPT_S;
    this.tickedAt = now;
    if (!this.open) return [];
    if (this.asked !== null) return now > this.askedUntil ? this.dead() : [];
    if (this.ahead.size) {
      if (now < this.aheadUntil) return [];
      for (const alert of this.inOrder()) this.goal[alert.contract] = Math.max(this.goal[alert.contract] ?? 0, alert.seq);
      return this.resume(now);
    }
    return slept || this.doubted || this.coarse || now - Math.max(this.toldAt, this.pingedAt) > PING_S ? [this.ask({ action: "ping" }, now)] : [];
  }

  /** No exchange of this line was quick enough yet to tell the server's clock well. */
  private get coarse(): boolean {
    return this.quickest > QUICK_S && this.clockTries > 0;
  }

  /** Somebody wants to know now whether the line lives: the page is looked at again, or the network is back. */
  probe(now: number): Effect[] {
    if (!this.open) return [];
    if (this.asked !== null && now > this.askedUntil) return this.dead();
    const ping = this.asked === null ? [this.ask({ action: "ping" }, now)] : [];
    this.askedUntil = Math.min(this.askedUntil, now + SOON_S);
    return ping;
  }

  hear(frame: ServerFrame, now: number): Effect[] {
    this.heardAt = now;
    if (frame.action !== "quote") this.toldAt = now;
    this.doubted = false;
    if (this.asked === "ping") this.asked = null; // whatever was heard, somebody is there
    switch (frame.action) {
      case "alert": return this.alert(isListed(frame.listed) ? { ...frame.alert, listed: frame.listed } : frame.alert, now);
      case "hello": return this.hello(frame, now);
      case "resumed": return this.resumed(frame.cursor, now);
      case "pong": return this.pong(frame, now);
      case "candles": return frame.candles.map((one) => ({ kind: "heard", frame: { action: "candle", ...one } }));
      case "error": return this.error(frame, now);
      default: return [{ kind: "heard", frame }];
    }
  }

  /** Nobody is there, since nobody was heard any more. */
  private dead(): Effect[] {
    this.lostAt ??= this.heardAt;
    return [{ kind: "dead" }];
  }

  private hello(frame: Hello, now: number): Effect[] {
    const clock = this.clock(frame.server_time, this.askedAt, now);
    this.asked = null;
    this.cursor ??= { ...frame.cursor };
    this.goal = { ...frame.cursor };
    return [clock, { kind: "answered" }, { kind: "heard", frame }, ...this.resume(now)];
  }

  /** The server tells its numbers: a post that hung is noticed here, where no later alert shows the gap. */
  private pong(frame: Pong, now: number): Effect[] {
    const answered: Effect[] = [this.clock(frame.server_time, this.pingedAt, now), { kind: "answered" }];
    if (!frame.cursor || this.asked !== null || this.ahead.size) return answered;
    this.goal = { ...frame.cursor };
    return [...answered, ...this.resume(now)];
  }

  private clock(server: number, asked: number, now: number): Effect {
    this.quickest = Math.min(this.quickest, now - asked);
    this.clockTries -= 1;
    return { kind: "clock", server, asked, now };
  }

  /** Ask for what lies between the cursor and the goal; where nothing does, the screen is up to date. */
  private resume(now: number): Effect[] {
    const known = this.cursor ?? {};
    const behind = Object.entries(this.goal).filter(([name, seq]) => (known[name] ?? 0) < seq);
    if (!behind.length) return this.caughtUp(now);
    this.askedFrom = Object.fromEntries(behind.map(([name]) => [name, known[name] ?? 0]));
    return [this.ask({ action: "resume", cursor: this.askedFrom }, now)];
  }

  private caughtUp(now: number): Effect[] {
    if (!this.resuming) return [];
    this.resuming = false;
    const away = this.lostAt === null ? null : now - this.lostAt;
    this.lostAt = null;
    return [{ kind: "ready", recovered: this.recovered, away }];
  }

  /** Believe the server that all up to its cursor was sent, and ask on: one answer holds a part.
   *  Where it moves nothing, what is held is shown without what is missing; that is asked for again later. */
  private resumed(cursor: Cursor, now: number): Effect[] {
    this.asked = null;
    const known = (this.cursor ??= {});
    for (const [name, seq] of Object.entries(cursor)) known[name] = Math.max(seq, known[name] ?? 0);
    const stuck = Object.entries(cursor).every(([name, seq]) => seq <= (this.askedFrom[name] ?? 0));
    const held = this.inOrder();
    this.ahead.clear();
    const shown = held.flatMap((alert) => (stuck ? this.show(alert) : this.alert(alert, now)));
    return [{ kind: "answered" }, ...shown, ...(stuck ? this.caughtUp(now) : this.resume(now))];
  }

  private alert(alert: Alert, now: number): Effect[] {
    const { contract, seq } = alert;
    const last = this.cursor === null ? seq : this.cursor[contract] ?? 0;
    if (seq > last + 1) {
      if (!this.ahead.size) this.aheadUntil = now + GRACE_S;
      this.ahead.set(`${contract}|${seq}`, alert);
      return [];
    }
    const shown = this.show(alert);
    if (this.cursor === null) return shown;
    for (let next = seq; next === (this.cursor[contract] ?? 0) + 1; ) {
      this.cursor[contract] = next++;
      const waiting = this.ahead.get(`${contract}|${next}`);
      if (!waiting) break;
      this.ahead.delete(`${contract}|${next}`);
      shown.push(...this.show(waiting));
    }
    return shown;
  }

  private show(alert: Alert): Effect[] {
    const recovered = this.resuming && this.lostAt !== null;
    const fresh = !this.seen.has(alert.id);
    this.seen.add(alert.id);
    if (this.seen.size > SEEN_LIMIT) this.seen.delete(this.seen.values().next().value as string);
    if (fresh && recovered) this.recovered += 1;
    // One that comes again is not new, yet its sender still waits to hear that it is on the screen.
    // But for one that is only listed: nobody waits for that.
    if (!fresh && alert.listed) return [];
    return fresh ? [{ kind: "show", alert, recovered }] : [{ kind: "again", id: alert.id }];
  }

  private inOrder(): Alert[] {
    return [...this.ahead.values()].sort((a, b) =>
      a.contract === b.contract ? a.seq - b.seq : a.contract < b.contract ? -1 : 1);
  }

  private subscribe(now: number): Effect {
    return this.ask({ action: "subscribe", candles: true, ...(this.together ? { together: true } : {}) }, now);
  }

  /** A server of before refuses a subscription that says how candles are taken: it is asked as it knows. */
  private error(frame: ErrorFrame, now: number): Effect[] {
    if (this.asked !== "subscribe" || frame.code !== "bad_frame" || !this.together) return [{ kind: "heard", frame }];
    this.together = false;
    return [this.subscribe(now)];
  }

  private ask(frame: ClientFrame, now: number): Effect {
    this.asked = frame.action;
    this.askedAt = now;
    this.askedUntil = now + ANSWER_S;
    if (frame.action === "ping") this.pingedAt = now;
    return { kind: "send", frame };
  }
}
