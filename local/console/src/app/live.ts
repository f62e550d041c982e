// The desk as it is now: the socket's conversation put together with receipts, decisions, clock and health.

import { Acts, type Act } from "../core/desk/acts";
import { Samples, Skew, wayToScreen } from "../core/clock";
import { emptyDesk, reduce, type Desk, type DeskEvent } from "../core/desk/desk";
import type { Alert, AlertRecord, ErrorFrame, HandoverFrame, Mute, PendingFrame, Verdict } from "../core/link/frames";
import { isoDay, startOfDay } from "../core/format";
import { Pendings } from "../core/desk/pending";
import { Following } from "../core/link/following";
import { Replay } from "../core/link/replay";
import { Receipts } from "../core/desk/receipts";
import { Session, type Effect } from "../core/link/session";
import type { Health, Line } from "../core/truth";
import { ApiError, type Api, type Config } from "../link/api";
import { now as local } from "../link/beat";
import { Link } from "../link/socket";
import * as store from "../ui/store";
import type { LiveEvents } from "./liveevents";

const HEALTH_S = 15;
const HIDDEN_HEALTH_S = 60;
const ASK_AGAIN_S = 5;
const KEEP_S = 2;
const JUST_NOW_S = 1;
/** What was told of the system so long ago says nothing of now: the page slept, or nobody answers. */
const HEALTH_LIFE_S = 2 * HIDDEN_HEALTH_S + 30;

/** How far reading the day's alerts got; what is shown before it is done is not all. */
export type Reading = "reading" | "read" | "failed";

export class Live {
  desk: Desk;
  readonly acts = new Acts();
  readonly pendings = new Pendings();
  readonly skew = new Skew();
  readonly ways = new Samples();
  readonly replay = new Replay();
  private readonly following = new Following();
  role: string | null = null;
  private muted: readonly Mute[] = [];
  /** When watched alerts come back, by their id. */
  reminders: ReadonlyMap<string, number> = new Map();
  healthAt = 0;
  healthFailing = false;
  reading: Reading = "reading";
  private lostAt: number | null = local();
  private answered: Health | null = null;
  private readonly receipts = new Receipts();
  private readonly arrived = new Map<string, Alert>();
  private readonly link: Link;
  private readonly timer: number;
  private askedAt = 0;
  private checkedAt = 0;
  private keptAt = 0;

  constructor(config: Config, token: string, private readonly api: Api, private readonly me: string, /** Everybody decides for themself. */ private readonly each: boolean, private readonly events: LiveEvents, opening?: WebSocket) {
    this.desk = emptyDesk(me);
    const kept = store.cursor(me, local());
    const session = new Session(kept?.cursor ?? null, kept?.at ?? null);
    this.link = new Link(config, token, session, {
      effect: (effect) => this.effect(effect),
      line: (line) => this.lineIs(line),
      lost: () => { this.receipts.lost(); this.acts.lost(); },
      shut: () => void this.checkDoor(),
    }, opening);
    this.acts.restore(store.acts(me));
    this.timer = window.setInterval(() => this.tick(), 200);
    void this.askHealth(); // a feed that fell silent before this screen came is told by it alone
    window.addEventListener("pagehide", this.leave);
    document.addEventListener("freeze", this.leave);
    document.addEventListener("visibilitychange", this.look);
  }

  /** The server's clock, as well as it is known. */
  now = (): number => this.skew.server(local());

  get line(): Line {
    return this.link.line;
  }

  /** Since when nothing is known to come over the line (the page's clock); now, where all is well. */
  get lineSince(): number {
    if (this.line === "checking") return local() - this.link.session.silence(local());
    return this.lostAt ?? local();
  }

  /** What the server told of the system, while it still says something of now. */
  get health(): Health | null {
    return this.now() - this.healthAt > HEALTH_LIFE_S ? null : this.answered;
  }

  /** Seconds by which the computer's own clock is ahead of the server's; null before anything was heard. */
  get clockAhead(): number | null {
    return this.skew.ahead === null ? null : Date.now() / 1000 - this.now();
  }

  apply(event: DeskEvent): void {
    const before = this.desk;
    this.desk = reduce(this.desk, event);
    if (event.kind === "records" && this.reading === "read") this.handedMeanwhile(before);
    if (event.kind === "records") for (const { alert } of event.records) this.overtaken(alert.id);
    this.events.changed();
  }

  /** False where a decision on it is on its way already. */
  decide(id: string, decision: Verdict, note: string, orderId: string): boolean {
    if (!this.acts.decide(id, decision, local(), note, orderId)) return false;
    if (this.yields(decision)) this.link.send({ action: "pending", alert_id: id, decision });
    this.actsChanged();
    return true;
  }

  /** What does not ring this operator now, by their own choice. */
  get mutes(): readonly Mute[] {
    return this.muted.filter((one) => one.until > this.now());
  }

  mute(id: string, of: Mute["of"]): void {
    this.link.send({ action: "mute", alert_id: id, of });
  }

  /** Bring a watched alert back in so many minutes; null for no more. */
  remind(id: string, minutes: number | null): void {
    this.link.send({ action: "remind", alert_id: id, minutes });
  }

  /** Hand all that is open here, and concerns them, over to a colleague. */
  handOver(to: string): void {
    this.link.send({ action: "handover", to });
  }

  unmute({ of, name }: Mute): void {
    this.link.send({ action: "unmute", of, name });
  }

  undo(id: string): boolean {
    const act = this.acts.of(id)?.act;
    if (!act || !this.acts.undo(id)) return false;
    if (this.yields(act.decision)) this.link.send({ action: "pending", alert_id: id, decision: null });
    this.actsChanged();
    return true;
  }

  /** These stand on the screen, and somebody may see them: tell the server, and how long it took. */
  confirm(rendered: ReadonlySet<string>): void {
    for (const [id, alert] of this.arrived) {
      if (!rendered.has(id)) continue;
      this.arrived.delete(id);
      this.ways.add(wayToScreen(alert.candle_closed_at, alert.detected_at, this.now()));
    }
    if (!this.link.up) return;
    for (const id of this.receipts.take(rendered)) this.link.send({ action: "receipt", alert_id: id });
  }

  /** Not confirmed yet: it was told to this page and stood nowhere on it. */
  unconfirmed(id: string): boolean {
    return this.receipts.waitsFor(id);
  }

  async refresh(id?: string): Promise<void> {
    try {
      const records = id ? [(await this.api.alert(id)).record] : await this.today();
      if (!id) this.reading = "read";
      this.apply({ kind: "records", records });
    } catch (error) {
      if (!id && this.reading === "reading") this.reading = "failed";
      this.events.changed();
      this.failed(error);
    }
  }

  /** What rang since midnight at the desk: late in the evening that is of two days by UTC. */
  private async today(): Promise<AlertRecord[]> {
    const days = new Set([startOfDay(isoDay(this.now())), this.now()].map((at) => isoDay(at, "UTC")));
    return (await Promise.all([...days].map(this.api.rangOn))).flat();
  }

  stop(): void {
    this.leave();
    window.clearInterval(this.timer);
    window.removeEventListener("pagehide", this.leave);
    document.removeEventListener("freeze", this.leave);
    document.removeEventListener("visibilitychange", this.look);
    this.link.stop();
  }

  private effect(effect: Effect): void {
    switch (effect.kind) {
      case "show": return this.show(effect.alert, effect.recovered);
      case "again": this.receipts.want(effect.id); return this.events.changed();
      case "answered": return this.receipts.answered();
      case "clock": return this.skew.note(effect.server, effect.asked, effect.now);
      case "ready": void this.refresh(); if (local() - this.askedAt > JUST_NOW_S) void this.askHealth(); return this.events.ready(effect.recovered, effect.away);
      case "heard": return this.heard(effect);
    }
  }

  private show(alert: Alert, recovered: boolean): void {
    if (!alert.listed) this.receipts.want(alert.id);
    // What waits for a hidden tab was not on its way to a screen all the while.
    if (!recovered && !alert.listed && document.visibilityState === "visible") this.arrived.set(alert.id, alert);
    if (this.arrived.size > 500) this.arrived.clear();
    this.apply({ kind: "alert", alert, recovered });
    this.events.alert(alert, recovered);
  }

  private heard({ frame }: Extract<Effect, { kind: "heard" }>): void {
    switch (frame.action) {
      case "quote": return this.events.quote(frame);
      case "hello": this.following.forget(); this.role = frame.role; return this.events.changed();
      case "action": this.apply({ kind: "action", frame }); return this.events.acted(frame, this.settledBy(frame.alert_id, frame.operator));
      case "reminders": this.reminders = new Map(frame.reminders.map((one) => [one.alert_id, one.at])); return this.events.changed();
      case "reminder": this.reminders = new Map([...this.reminders].filter(([id]) => id !== frame.alert_id)); return this.events.reminded(frame.alert_id);
      case "handover": return void this.handover(frame);
      case "muted": this.muted = frame.mutes; return this.events.changed();
      case "pending": return this.pending(frame);
      case "candle": this.replay.hear(frame, this.now()); return this.events.candle(frame);
      case "feed": this.apply({ kind: "feed", frame }); void this.askHealth(); return this.events.feed(frame);
      case "digest": this.apply({ kind: "digest", frame }); return this.events.heldBack(frame.total, frame.reason);
      case "error": return this.error(frame);
    }
  }

  /** An alert that is not here yet is asked for first. The server waits to hear that it stands on a screen. */
  private async handover(frame: HandoverFrame): Promise<void> {
    const known = new Set(this.desk.entries.keys());
    await Promise.all(frame.alert_ids.filter((id) => !known.has(id)).map((id) => this.refresh(id)));
    const before = this.desk;
    this.apply({ kind: "handover", frame });
    this.events.handed(frame, this.newlyMine(before, frame.alert_ids));
  }

  /** What was handed over while the line was down rings when it is back. */
  private handedMeanwhile(before: Desk): void {
    const fresh = this.newlyMine(before, [...before.entries.keys()]);
    const by = new Map<string, Alert[]>();
    for (const alert of fresh) {
      const from = this.desk.entries.get(alert.id)?.handed?.operator ?? "";
      by.set(from, [...(by.get(from) ?? []), alert]);
    }
    for (const [operator, alerts] of by) this.events.handed({ action: "handover", operator, to: this.me, alert_ids: alerts.map((one) => one.id), at: this.now() }, alerts);
  }

  private newlyMine(before: Desk, ids: readonly string[]): Alert[] {
    const mine = (desk: Desk, id: string) => desk.entries.get(id)?.handed?.to === this.me;
    const found = ids.filter((id) => mine(this.desk, id) && !mine(before, id));
    for (const id of found) this.receipts.want(id);
    return found.flatMap((id) => this.desk.entries.get(id)?.alert ?? []);
  }

  /** They are kept as they change: some browsers close the socket before a page that goes away may send anything. */
  private actsChanged(): void {
    store.saveActs(this.me, this.acts.unsettled);
    this.events.changed();
  }

  /** Whether a decision is in the way of a colleague's: not where each decides, and who watches leaves it open. */
  private yields(decision: Verdict): boolean {
    return !this.each && decision !== "watching";
  }

  /** Of two who are about to decide on one alert, the later one takes it back. */
  private pending(frame: PendingFrame): void {
    if (this.each) return;
    this.pendings.hear(frame);
    const first = this.pendings.first(frame.alert_id, this.me, this.now());
    const ours = this.acts.of(frame.alert_id)?.act;
    if (first && ours && this.yields(ours.decision) && this.undo(frame.alert_id)) this.events.yielded(first);
    this.events.changed();
  }

  /** What is known now may have answered what was to be sent: the decision that stands, or that this operator watches already. */
  private settledBy(alertId: string, operator = ""): Act | null {
    if (operator) this.pendings.settled(alertId, operator);
    const stands = this.desk.entries.get(alertId)?.decision;
    const act = this.acts.of(alertId)?.act;
    const watched = stands?.decision === "watching" && stands.operator === this.me;
    if (!act || !stands || (stands.decision === "watching" && !(watched && act.decision === "watching"))) return null;
    this.pendings.settled(alertId);
    this.acts.settled(alertId);
    this.actsChanged();
    return act;
  }

  /** What was decided while the line was down: nobody told this page, and ours is not sent any more. */
  private overtaken(alertId: string): void {
    const ours = this.settledBy(alertId), stands = this.desk.entries.get(alertId)?.decision;
    if (ours && stands) this.events.acted({ ...stands, action: "action", alert_id: alertId, own: stands.own ?? false }, ours);
  }

  private error(frame: ErrorFrame): void {
    if (frame.code === "not_on_desk") return this.events.signedOut("not_on_desk");
    // The server knows nothing of this socket: a new one is what it needs.
    if (frame.code === "unknown_socket" || frame.code === "not_subscribed") return this.link.renew();
    if (frame.code === "bad_frame" && frame.message.includes("tag 'follow'")) return this.following.refuse();
    if (frame.code === "remind_refused" || frame.code.startsWith("handover_")) return this.events.refused(frame, null);
    const act = ["already_decided", "forbidden", "unknown_alert", "bad_frame"].includes(frame.code) ? this.acts.refused() : null;
    if (!act) return;
    this.actsChanged();
    // What was sent again had arrived the first time.
    if (frame.code !== "already_decided" || frame.message !== `${this.me}: ${act.decision}`) this.events.refused(frame, act);
    void this.refresh(act.alertId);
  }

  private lineIs(line: Line): void {
    // A line that comes and goes while it tries is one outage, not many.
    if (line === "online" || line === "checking") this.lostAt = null;
    else this.lostAt ??= local();
    this.events.line(line);
    this.events.changed();
  }

  private tick(): void {
    if (this.line === "online") this.follow();
    for (const act of this.acts.due(local(), this.link.up)) this.sendAct(act);
    const every = document.visibilityState === "visible" ? HEALTH_S : HIDDEN_HEALTH_S;
    if (local() - this.askedAt >= every) void this.askHealth();
    if (local() - this.keptAt >= KEEP_S) this.keepCursor();
  }

  private follow(): void {
    const instruments = this.following.due(this.events.follows(), local());
    if (instruments) this.link.send({ action: "follow", instruments });
  }

  private keepCursor(): void {
    this.keptAt = local();
    if (this.link.session.cursor) store.saveCursor(this.me, this.link.session.cursor, local());
  }

  private sendAct(act: Act): void {
    const frame = { action: "act" as const, alert_id: act.alertId, decision: act.decision };
    this.link.send({ ...frame, ...(act.note ? { note: act.note } : {}), ...(act.orderId ? { order_id: act.orderId } : {}) });
    this.actsChanged();
  }

  private async askHealth(): Promise<void> {
    this.askedAt = local();
    try {
      const health = await this.api.health();
      if (health.time < (this.answered?.time ?? 0)) return; // overtaken
      if (this.answered?.unreached && health.unreached === null) this.events.mailBack();
      this.answered = health;
      this.healthAt = this.now();
      if (this.healthFailing || this.reading === "failed") this.answeringAgain();
    } catch (error) {
      this.healthFailing = true;
      this.failed(error);
    }
    this.events.changed();
  }

  private answeringAgain(): void {
    this.healthFailing = false;
    void this.refresh();
    this.events.answering();
  }

  /** A browser does not say why a socket was refused; the same token over HTTP does. */
  private async checkDoor(): Promise<void> {
    if (local() - this.checkedAt < ASK_AGAIN_S) return;
    this.checkedAt = local();
    try {
      await this.api.desk();
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    if (error instanceof ApiError && error.unauthorised) this.events.signedOut("token_refused");
  }

  private readonly look = (): void => {
    if (document.visibilityState === "visible") void this.askHealth();
  };

  /** What was decided stays decided when one leaves inside the grace. */
  private readonly leave = (event?: Event): void => {
    this.keepCursor();
    for (const act of this.acts.due(local(), this.link.up, true)) this.sendAct(act);
    // Some browsers have closed the socket by now, and the page may never come back.
    if (event?.type === "pagehide") for (const act of this.acts.unsettled) this.api.part(act);
  };
}
