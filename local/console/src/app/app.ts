// The console: what happens, what is asked for, and one frame of drawing for all that changed.

import { LISTED, stateOf } from "../core/desk/desk";
import { withView, type Filter } from "../core/desk/filters";
import type { Alert, HandoverFrame, Verdict } from "../core/link/frames";
import { isoDay, weekdayBefore } from "../core/format";
import { headline } from "../core/why";
import { word } from "../core/words";
import { isOver } from "../core/desk/ticket";
import { now as local } from "../link/beat";
import { ApiError, type Api, type Config, type DeskInfo } from "../link/api";
import { hearClicks, keepSubscribed, PhoneDialog } from "../ui/device/phone";
import type { Orders, Scene } from "../ui/chart/scene";
import * as store from "../ui/store";
import { mayTakeTheCard, offered, rangBefore, wanted } from "./attention";
import { Board } from "./board";
import { actedWords, handedWords, feedWords, heldBackWords, levelRefused, refusedWords, resumeWords, yieldedWords } from "./happenings";
import { listenKeys } from "./keys";
import { backAt, OwnLevels } from "./levels";
import { Live } from "./live";
import { languageOf, look, themeOf } from "./look";
import { askOutcome } from "./outcome";
import { Page } from "./page";
import { Ring } from "./ring";
import { Scoring } from "./scoring";
import { Walk } from "./walk";

const FRESH_S = 6;
const REDRAW_MS = 500; // ages and countdowns
const AGAIN_S = 5; // what could not be read is asked for again so long after
const BLINK_S = 2; // a reload: the strip tells of it, nobody is interrupted

export class App {
  private readonly kept = store.preferences();
  private readonly names: Map<string, string>;
  private readonly board: Board;
  private readonly ring: Ring;
  private readonly page: Page;
  private readonly phone: PhoneDialog;
  private readonly live: Live;
  private readonly levels: OwnLevels;
  private readonly walk: Walk;
  private readonly scoring: Scoring;
  private readonly fresh = new Map<string, number>();
  private readonly stops: (() => void)[] = [];
  private views = store.views();
  private filter: Filter;
  private selected: string | null;
  private resumed: { at: number; recovered: number } | null = null;
  private drawing = 0;
  private cardWanted = false;
  /** The alert that somebody picked; others come onto the card by themselves. */
  private picked = "";
  private askAgainAt = local() + AGAIN_S; // the start asks for everything itself

  constructor(root: HTMLElement, config: Config, token: string, private readonly api: Api, private readonly desk: DeskInfo, private readonly signedOut: (reason: string) => void, opening?: WebSocket) {
    this.names = new Map(desk.operators.map(({ id, name }) => [id, name]));
    const { filter, selected, market, timeframe } = store.place();
    this.filter = filter;
    this.selected = selected;
    this.board = new Board(api, desk, this.kept, () => this.page.chart, () => this.changed());
    if (desk.timeframes.includes(timeframe)) this.board.turn(market, timeframe);
    this.levels = new OwnLevels(api, () => this.changed());
    this.ring = new Ring(desk.operator.id, () => this.changed());
    this.page = new Page(root, this.orders(), () => this.scene(), this.kept.studies);
    this.phone = new PhoneDialog(api, desk.operator.id, () => this.live.now());
    root.append(this.phone.root);
    this.live = new Live(config, token, api, desk.operator.id, desk.decision === "each", {
      changed: () => this.changed(),
      line: (line) => this.ring.lineIs(line),
      alert: (alert, recovered) => this.alert(alert, recovered),
      candle: (frame) => this.board.hear(frame, this.live.now()),
      quote: (frame) => { this.board.prices.hear(frame, local()); this.changed(); },
      follows: () => wanted(this.live, document.visibilityState === "visible" && this.board.mode === "live" ? this.board.instrument.name : null),
      feed: (frame) => this.page.notices.note(feedWords(frame, this.language), frame.kind === "set_aside" || frame.kind === "flapping" ? "bad" : "info"),
      mailBack: () => this.page.notices.note(word("mail_back", this.language), "good"),
      ready: (recovered, away) => this.ready(recovered, away),
      acted: (frame, ours) => {
        if (frame.operator === desk.operator.id || (frame.decision === "TIMEOUT" && !ours)) return;
        this.page.notices.note(actedWords(frame, this.live.desk, ours, this.names.get(frame.operator) ?? frame.operator, this.language));
      },
      reminded: (id) => this.reminded(id),
      handed: (frame, fresh) => this.handed(frame, fresh),
      yielded: (to) => this.page.notices.note(yieldedWords(to, this.names.get(to.operator) ?? to.operator, this.language), "bad"),
      refused: (error, act) => this.page.notices.note(refusedWords(error, act, this.language), "bad"),
      heldBack: (total, reason) => this.page.notices.note(heldBackWords(total, reason, this.language), reason === LISTED ? "info" : "bad"),
      signedOut: (reason) => this.leave(reason),
      answering: () => void this.orSay(this.board.refresh()),
    }, opening);
    this.walk = new Walk({ scene: () => this.scene(), page: this.page, pick: (id) => this.pick(id), undo: (id) => this.undo(id), over: this.over });
    this.scoring = new Scoring(this.page.score, this.live, () => this.scene());
    this.listen();
    void this.orSay(this.board.live()).then(() => this.board.glance()).then(() => this.changed());
  }

  /** Show an alert by its id, whenever it was: what a link in an e-mail asks for. */
  async openLink(id: string): Promise<void> {
    if (this.live.desk.entries.has(id)) return this.toLive(id);
    try {
      const { record } = await this.api.alert(id);
      const { instrument, timeframe, candle, candle_closed_at: closed } = record.alert;
      if (isoDay(closed) === isoDay(this.live.now())) {
        this.live.apply({ kind: "records", records: [record] });
        return this.toLive(id);
      }
      this.selected = id;
      this.board.turn(instrument, timeframe);
      await this.board.day(isoDay(closed), [record]);
      this.page.chart.reveal(candle.time);
    } catch (error) {
      this.page.notices.note(word(error instanceof ApiError && error.status === 404 ? "not_found" : "history_failed", this.language), "bad");
    }
  }

  private get language() {
    return languageOf(this.kept, this.desk);
  }

  private scene(): Scene {
    const { desk, names, kept, live, board, ring, levels, filter, views, selected, resumed } = this;
    return look({ desk, names, kept, live, board, ring, levels, filter, views, selected, resumed, fresh: new Set(this.fresh.keys()) });
  }

  private changed(): void {
    this.drawing ||= requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.drawing = 0;
    for (const [id, at] of this.fresh) if (local() - at > FRESH_S) this.fresh.delete(id);
    if (this.selected === null && this.board.mode === "live") this.offer();
    const scene = this.scene();
    this.page.update(scene);
    store.savePlace({ filter: this.filter, market: this.board.instrument.name, timeframe: this.board.timeframe, selected: this.selected, link: scene.mode === "history" });
    if (this.cardWanted) this.page.showCard(); // now that it is drawn
    this.cardWanted = false;
    this.page.chart.price(this.board.price(local()));
    this.page.chart.mark(scene.all, scene.selected?.alert ?? null, this.board.candles[0]?.time ?? Infinity);
    // A past day's rows are no live alerts on a screen, though they may be the same ones.
    if (document.visibilityState === "visible") this.live.confirm(scene.mode === "live" ? this.page.rendered : new Set(this.page.notices.rendered));
  }

  // --- what happens ---

  private alert(alert: Alert, recovered: boolean): void {
    if (alert.level) void this.readLevels(); // one's own rang, or rolled
    if (alert.listed || rangBefore(this.live, alert)) return this.changed();
    this.rings(alert, recovered);
  }

  /** Alerts of a colleague's are this operator's now, or the other way: those that are new here ring as alerts do. */
  private handed(frame: HandoverFrame, fresh: readonly Alert[]): void {
    const nameOf = (id: string) => this.names.get(id) ?? id;
    if (fresh.length || frame.operator === this.desk.operator.id) this.page.notices.note(handedWords(frame, this.desk.operator.id, nameOf, this.language));
    for (const alert of fresh) if (this.scene().openLive(alert.id)) this.rings(alert, false);
    this.changed();
  }

  private rings(alert: Alert, recovered: boolean): void {
    this.fresh.set(alert.id, local());
    const show = () => this.toLive(alert.id);
    this.ring.ring(alert, this.language, show);
    this.page.notices.speak(`${headline(alert, this.language)}${recovered ? ` (${word("recovered", this.language)})` : ""}`);
    if (this.board.mode !== "live") this.page.notices.alert(alert, this.language, show);
    else if (mayTakeTheCard(this.live, alert.id, this.selected, this.filter, this.picked === this.selected)) {
      if (this.selected) this.walk.handsOff();
      this.select(alert.id);
    }
    this.changed();
  }

  /** A watched alert comes back: it rings as it did, and takes the card unless somebody works on another. */
  private reminded(id: string): void {
    const alert = this.live.desk.entries.get(id)?.alert;
    if (!alert) return;
    const show = () => this.toLive(id);
    this.ring.ring(alert, this.language, show);
    this.page.notices.speak(`${word("comes_back", this.language)}: ${headline(alert, this.language)}`);
    this.page.notices.alert(alert, this.language, show);
    this.changed();
  }

  private backAtPrice(id: string): void {
    const alert = this.live.desk.entries.get(id)?.alert;
    if (alert) void this.levelDone(this.levels.save(backAt(alert, this.board.quotes.get(alert.instrument)?.last ?? null, this.language)));
  }

  private ready(recovered: number, away: number | null): void {
    void this.orSay(this.board.refresh());
    void this.readLevels();
    if (away === null) return;
    this.resumed = { at: this.live.now(), recovered };
    if (recovered || away > BLINK_S) this.page.notices.note(resumeWords(recovered, away, this.language), "good");
  }

  /** What cannot be read is asked for again: lines that are missing say nothing wrong. */
  private readLevels(): Promise<void> {
    return this.levels.read().catch(() => undefined);
  }

  // --- what is asked for ---

  /** Bring an alert onto the card, and leave the chart where it is: nobody asked for another market. */
  private select(id: string): void {
    this.selected = id;
    askOutcome(this.live, id, () => this.selected === id && this.board.mode === "live");
    this.changed();
  }

  /** An empty card explains nothing: what may be decided on stands there, in silence. */
  private readonly over = (alert: Alert) => isOver(this.board.ticket(alert, local()));

  private offer(): void {
    const id = offered(this.live, this.filter, this.over);
    if (id) this.select(id);
  }

  /** Somebody picks an alert: the card, and the chart of its market. */
  private pick(id: string): void {
    const entry = this.board.deskOf(this.live.desk).entries.get(id);
    if (!entry) return;
    const { instrument, timeframe, candle } = entry.alert;
    const turned = this.board.past.machine === null && this.board.turn(instrument, timeframe);
    if (turned) void this.marketChanged().then(() => this.page.chart.reveal(candle.time));
    else this.page.chart.reveal(candle.time);
    this.select(id);
  }

  private marketChanged(): Promise<void> {
    return this.orSay(this.board.mode === "live" ? this.board.live() : this.board.day(this.board.past.day));
  }

  private toLive(pick?: string): void {
    if (this.board.mode !== "live") void this.orSay(this.board.live());
    if (pick) this.pick(pick);
    this.changed();
  }

  private toHistory(): void {
    this.selected = null;
    void this.orSay(this.board.day(this.board.past.day || weekdayBefore(this.live.now())));
  }

  private async orSay(asked: Promise<void>): Promise<void> {
    try {
      await asked;
    } catch (error) {
      if (error instanceof ApiError && error.unauthorised) this.leave("token_refused");
      else if (error instanceof ApiError) this.page.notices.note(word(this.board.mode === "live" ? "candles_failed" : "history_failed", this.language), "bad");
      else throw error;
    }
    this.changed();
  }

  /** Ask again for what could not be read, without a word: the chart says what is missing. */
  private async again(): Promise<void> {
    if (!(this.board.unread || this.levels.unread) || local() < this.askAgainAt) return;
    this.askAgainAt = Infinity; // until it is answered
    try {
      if (this.board.unread) await this.board.again();
      if (this.levels.unread) await this.levels.read();
      const candle = this.scene().selected?.alert.candle;
      if (candle && this.board.mode === "history") this.page.chart.reveal(candle.time);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.unauthorised) this.leave("token_refused");
    } finally {
      this.askAgainAt = local() + AGAIN_S;
    }
    this.changed();
  }

  /** The market or timeframe so many places from the one that is shown. */
  private turnTimeframe(by: 1 | -1): void {
    const { timeframes } = this.desk;
    const next = timeframes[timeframes.indexOf(this.board.timeframe) + by];
    if (next) this.orders().market(this.board.instrument.name, next);
  }

  private orders(): Orders {
    const past = () => this.board.past;
    const machine = (change: (of: NonNullable<ReturnType<typeof past>["machine"]>) => void) => {
      const playing = past().machine;
      if (playing) change(playing);
      this.changed();
    };
    return {
      pick: (id) => { this.pick(id); this.walk.chosen(); this.picked = id; this.cardWanted = true; },
      decide: (id, decision, note, orderId) => { if (this.walk.tooSoon) return; if (this.live.decide(id, decision, note, orderId) && this.walk.goOn(id)) this.cardWanted = true; },
      undo: (id) => this.undo(id),
      size: (instrument, contracts) => this.keep({ sizes: { ...this.kept.sizes, [instrument]: contracts } }),
      mute: (id, of) => this.live.mute(id, of),
      unmute: (mute) => this.live.unmute(mute),
      remind: (id, minutes) => this.live.remind(id, minutes),
      backAtPrice: (id) => this.backAtPrice(id),
      handOver: (to) => this.live.handOver(to),
      askDesk: () => void this.orSay(this.api.desk().then(({ operators }) => { this.desk.operators = operators; this.changed(); })),
      levels: (price) => this.page.levels.open(this.scene(), price ?? null),
      saveLevel: (asked) => void this.levelDone(this.levels.save(asked), () => this.page.levels.saved(this.scene())),
      changeLevel: (id, change) => void this.levelDone(this.levels.change(id, change)),
      removeLevel: (id) => void this.levelDone(this.levels.remove(id)),
      filter: (filter) => { this.filter = filter; this.changed(); },
      sort: (sort) => { this.filter = { ...this.filter, sort }; this.changed(); },
      saveView: (name) => this.keepViews(withView(this.views, name, this.filter)),
      removeView: (name) => this.keepViews(this.views.filter((view) => view.name !== name)),
      market: (name, timeframe) => { if (this.board.turn(name, timeframe, true)) void this.marketChanged(); },
      mode: (mode) => (mode === "live" ? this.toLive() : this.toHistory()),
      day: (day) => { this.selected = null; void this.orSay(this.board.day(day)); },
      more: () => void this.orSay(past().more()),
      replay: () => { this.selected = null; void this.orSay(this.play()); },
      pause: () => machine((playing) => { playing.paused = !playing.paused; }),
      speed: (speed) => machine((playing) => { playing.speed = speed; }),
      sound: () => void this.toggleSound(),
      notifications: () => void this.ring.toggleNotifications(),
      phone: () => void this.phone.open(this.language),
      reached: (id) => this.api.reached(id).then((known) => { this.changed(); return known; }, () => []),
      language: () => this.keep({ language: this.language === "en" ? "pt-BR" : "en" }),
      theme: () => this.keep({ theme: themeOf(this.kept) === "dark" ? "light" : "dark" }),
      keys: (on) => this.keep({ keys: on }),
      studies: (studies) => this.keep({ studies }),
      score: () => void this.scoring.show(),
      redraw: () => this.changed(),
      logout: () => this.leave(""),
    };
  }

  /** Where the dialog is open it says why something was refused, else a note does. */
  private async levelDone(asked: Promise<void>, then: () => void = () => undefined): Promise<void> {
    const { levels, notices } = this.page;
    try {
      await asked;
      notices.speak(word("level_done", this.language));
      then();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.unauthorised) return this.leave("token_refused");
      const why = levelRefused(error.why, this.language);
      if (levels.root.open) levels.say(why);
      else notices.note(why, "bad");
    }
    this.changed();
  }

  private async play(): Promise<void> {
    if (!(await this.board.play())) this.page.notices.note(word("no_session", this.language), "bad");
  }

  private keep(change: Partial<store.Preferences>): void {
    Object.assign(this.kept, change);
    store.savePreferences(this.kept);
    this.changed();
  }

  private keepViews(views: typeof this.views): void {
    store.saveViews((this.views = views));
    this.changed();
  }

  private async toggleSound(): Promise<void> {
    if (!(await this.ring.toggleSound())) this.page.notices.note(word("sound_none", this.language), "bad");
  }

  private undo(id: string | null): void {
    if (id && this.live.undo(id)) this.page.notices.note(word("undone", this.language));
  }

  private decide(decision: Verdict): void {
    if (this.walk.tooSoon) return;
    if (this.drawing > 0) { cancelAnimationFrame(this.drawing); this.draw(); } // the card judges by the price of the alert that it shows
    const { selected, trader, mode, now } = this.scene();
    if (selected && trader && mode === "live" && stateOf(selected, now) === "open") this.page.card.decide(selected, decision);
  }

  // --- coming and going ---

  private listen(): void {
    const every = window.setInterval(() => { this.changed(); void this.again(); this.scoring.again(); }, REDRAW_MS);
    const link = () => { const { alert } = store.takeFragment(); if (alert) void this.openLink(alert); };
    window.addEventListener("hashchange", link);
    this.stops.push(hearClicks(), keepSubscribed(this.api, this.desk.operator.id), () => window.clearInterval(every), () => window.removeEventListener("hashchange", link));
    this.stops.push(listenKeys({
      enabled: () => this.kept.keys, step: (by) => this.walk.step(by), decide: (decision) => this.decide(decision),
      undo: () => this.undo(this.live.acts.newest), sound: () => void this.toggleSound(), help: () => this.page.help.open(this.scene()),
      market: (place) => { const one = this.desk.instruments[place]; if (one) this.orders().market(one.name, this.board.timeframe); },
      timeframe: (by) => this.turnTimeframe(by), newest: () => this.walk.newest(), filter: () => this.page.filters.focus(), score: () => void this.scoring.show(),
    }));
  }

  private leave(reason: string): void {
    cancelAnimationFrame(this.drawing);
    this.drawing = -1; // nothing is drawn any more
    for (const stop of this.stops) stop();
    this.live.stop();
    this.board.past.leave();
    this.ring.stop();
    this.page.close();
    store.saveToken(null);
    this.signedOut(reason);
  }
}
