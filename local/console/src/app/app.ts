// The console: what is shown, what was asked for, and one frame of drawing for all that changed.

import { newestFirst, stateOf, type Desk, type Entry } from "../core/desk";
import { EVERYTHING, passes, withView, type Filter } from "../core/filters";
import type { Alert, Candle, Verdict } from "../core/frames";
import { hourMinuteSecond, isoDay } from "../core/format";
import type { Change } from "../core/series";
import { troubles } from "../core/truth";
import { headline } from "../core/why";
import { word } from "../core/words";
import { ApiError, type Api, type Config, type DeskInfo, type Instrument } from "../link/api";
import { permission } from "../ui/notify";
import type { Market } from "../ui/chart";
import type { Mode, Orders, Scene } from "../ui/scene";
import * as store from "../ui/store";
import { actedWords, feedWords, recoveredWords, refusedWords, resumeWords } from "./happenings";
import { listenKeys } from "./keys";
import { Live } from "./live";
import { marketKey, Markets } from "./markets";
import { Page } from "./page";
import { Past } from "./past";
import { Ring } from "./ring";

const FRESH_MS = 6000;
const NOWHERE: Instrument = { name: "-", tick_size: 1, decimals: 0, timezone: "America/Sao_Paulo", open: "09:00", close: "18:25" };

export class App {
  private readonly live: Live;
  private readonly markets: Markets;
  private readonly past: Past;
  private readonly ring: Ring;
  private readonly page: Page;
  private readonly names: Map<string, string>;
  private readonly kept = store.preferences();
  private readonly fresh = new Map<string, number>();
  private readonly stops: (() => void)[] = [];
  private views = store.views();
  private filter: Filter = EVERYTHING;
  private mode: "live" | "history" = "live";
  private selected: string | null = null;
  private resumed = "";
  private instrument: Instrument;
  private timeframe: string;
  private drawing = 0;
  private charted = "";

  constructor(root: HTMLElement, config: Config, token: string, private readonly api: Api, private readonly desk: DeskInfo, private readonly signedOut: (reason: string) => void) {
    this.names = new Map(desk.operators.map(({ id, name }) => [id, name]));
    this.instrument = desk.instruments.find((one) => one.name === this.kept.instrument) ?? desk.instruments[0] ?? NOWHERE;
    this.timeframe = desk.timeframes.includes(this.kept.timeframe) ? this.kept.timeframe : desk.timeframes.includes("M5") ? "M5" : desk.timeframes[0] ?? "M5";
    this.markets = new Markets(api, (key, change, candle) => this.mode === "live" && key === this.key && this.candles(change, candle));
    this.past = new Past(api, (change, candle) => this.mode === "history" && this.candles(change, candle));
    this.ring = new Ring(desk.operator.id, () => this.changed());
    this.page = new Page(root, this.orders(), () => this.scene());
    this.live = new Live(config, token, api, desk.operator.id, {
      changed: () => this.changed(),
      alert: (alert, recovered) => this.alert(alert, recovered),
      candle: (frame) => { this.markets.take(frame, this.live.now()); this.changed(); },
      feed: (frame) => this.tell(feedWords(frame, this.language)),
      ready: (recovered, away) => this.ready(recovered, away),
      acted: (frame, ours) => frame.operator === this.me || frame.decision === "TIMEOUT" || this.tell(actedWords(frame, this.live.desk, ours, this.nameOf(frame.operator), this.language)),
      refused: (error, act) => this.page.notices.note(refusedWords(error, act, this.language), "bad"),
      heldBack: (total, reason) => this.page.notices.note(`${total} ${word("held_back", this.language)}: ${word(reason, this.language)}`, "bad"),
      signedOut: (reason) => this.leave(reason),
    });
    this.listen();
    void this.showMarket();
    this.changed();
  }

  /** Show an alert by its id, whenever it was: what a link in an e-mail asks for. */
  async openLink(id: string): Promise<void> {
    if (this.live.desk.entries.has(id)) return this.pick(id);
    try {
      const { record } = await this.api.alert(id);
      if (isoDay(record.alert.candle_closed_at) === isoDay(this.live.now())) {
        this.live.apply({ kind: "records", records: [record] });
        return this.pick(id);
      }
      this.mode = "history";
      this.selected = id;
      this.take(record.alert.instrument, record.alert.timeframe);
      await this.read(isoDay(record.alert.candle_closed_at), [record]);
      this.page.chart.reveal(record.alert.candle.time);
    } catch (error) {
      this.page.notices.note(word(error instanceof ApiError && error.status === 404 ? "not_found" : "history_failed", this.language), "bad");
    }
  }

  // --- what is shown ---

  private get language() {
    return this.kept.language ?? (this.desk.operator.language === "en" ? "en" : "pt-BR");
  }

  private get theme() {
    return this.kept.theme ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");
  }

  private get me() {
    return this.desk.operator.id;
  }

  private get key() {
    return marketKey(this.instrument.name, this.timeframe);
  }

  private get shownDesk(): Desk {
    return this.mode === "live" ? this.live.desk : this.past.desk;
  }

  private nameOf(operator: string): string {
    return this.names.get(operator) ?? operator;
  }

  private scene(): Scene {
    const { live, past, ring } = this;
    const machine = this.mode === "history" ? past.machine : null;
    const mode: Mode = machine ? "replay" : this.mode;
    const now = machine ? machine.now : live.now();
    const all = newestFirst(this.shownDesk.entries.values());
    const entries = all.filter((entry) => passes(entry, this.filter, now));
    const lineSince = live.skew.server(live.lineSince);
    return {
      language: this.language, theme: this.theme, mode, now, desk: this.desk, me: this.me,
      trader: (live.role ?? this.desk.operator.role) === "trader", nameOf: (operator) => this.nameOf(operator),
      entries, all, hidden: all.length - entries.length, selected: this.selected ? this.shownDesk.entries.get(this.selected) ?? null : null,
      fresh: new Set(this.fresh.keys()), actOf: (id) => live.acts.of(id), filter: this.filter, views: this.views,
      instrument: this.instrument, timeframe: this.timeframe, line: live.line, resumed: this.resumed, health: live.health, healthAt: live.healthAt,
      newestCandle: this.markets.heardAt, skew: live.skew.ahead, p95: live.ways.p95, samples: live.ways.count,
      troubles: troubles({ line: live.line, lineSince, health: live.health, healthAt: live.healthAt, healthFailing: live.healthFailing, silent: live.desk.silent, skew: live.skew.ahead, now: live.now() }, this.language),
      sound: ring.state, permission: permission(), notifying: ring.notifying, keys: this.kept.keys, day: past.day, more: past.next !== null,
      replay: machine && { now: machine.now, progress: machine.progress, speed: machine.speed, paused: machine.paused, done: machine.done },
    };
  }

  private changed(): void {
    this.drawing ||= requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.drawing = 0;
    for (const [id, at] of this.fresh) if (Date.now() - at > FRESH_MS) this.fresh.delete(id);
    const scene = this.scene();
    this.page.update(scene);
    this.page.chart.mark(scene.all, scene.selected?.alert ?? null, this.shownCandles[0]?.time ?? Infinity);
    if (document.visibilityState === "visible") this.live.confirm(this.mode === "live" ? this.page.rendered : new Set(this.page.notices.rendered));
  }

  // --- the chart ---

  private get shownCandles(): readonly Candle[] {
    return this.mode === "live" ? this.markets.candles(this.key) : this.past.series.candles;
  }

  private candles(change: Change, candle: Candle | null): void {
    if (change === "last" && candle && this.charted === this.chartKey) this.page.chart.add(candle);
    else if (change !== "none") this.redraw();
    this.changed();
  }

  private get chartKey(): string {
    return this.mode === "live" ? `live ${this.key} ${this.markets.contract(this.key)}` : `past ${this.past.day} ${this.past.machine ? "replay" : ""} ${this.key}`;
  }

  private redraw(): void {
    const page = this.mode === "live" ? this.markets.page(this.key) : this.past.page;
    const { name, tick_size, timezone, open, close } = this.instrument;
    const contract = (this.mode === "live" && this.markets.contract(this.key)) || page?.contract || name;
    const market: Market = { name, contract, timeframe: this.timeframe, tick: page?.tick_size ?? tick_size, zone: page?.timezone ?? timezone, open: page?.session.open ?? open, close: page?.session.close ?? close };
    const candles = this.shownCandles;
    this.page.chart.load(market, candles, this.charted === this.chartKey && candles.length > 1);
    this.charted = candles.length ? this.chartKey : "";
  }

  private async showMarket(): Promise<void> {
    this.redraw();
    try {
      await this.markets.load(this.instrument.name, this.timeframe);
    } catch (error) {
      if (error instanceof ApiError && error.unauthorised) this.leave("token_refused");
    }
  }

  private take(instrument: string, timeframe: string): boolean {
    const found = this.desk.instruments.find((one) => one.name === instrument);
    if (!found || (found === this.instrument && timeframe === this.timeframe)) return false;
    this.instrument = found;
    this.timeframe = timeframe;
    this.kept.instrument = instrument;
    this.kept.timeframe = timeframe;
    store.savePreferences(this.kept);
    return true;
  }

  // --- what happens ---

  private alert(alert: Alert, recovered: boolean): void {
    this.fresh.set(alert.id, Date.now());
    const show = () => { this.toLive(); this.pick(alert.id); };
    this.ring.ring(alert, this.language, show);
    this.page.notices.speak(`${headline(alert, this.language)}${recovered ? ` (${word("recovered", this.language)})` : ""}`);
    if (this.mode !== "live") this.page.notices.alert(alert, this.language, show);
    else if (!this.busy()) this.pick(alert.id);
    this.changed();
  }

  /** Is somebody at an alert that is still open? Then a new one must not take its place. */
  private busy(): boolean {
    const entry = this.selected ? this.live.desk.entries.get(this.selected) : undefined;
    return entry !== undefined && (stateOf(entry, this.live.now()) === "open" || this.live.acts.of(entry.alert.id) !== null);
  }

  private ready(recovered: number, away: number | null): void {
    this.markets.stale();
    if (this.mode === "live") void this.showMarket();
    if (away === null) return;
    this.resumed = `${hourMinuteSecond(this.live.now())} · ${recoveredWords(recovered, this.language)}`;
    this.page.notices.note(resumeWords(recovered, away, this.language), "good");
  }

  private tell(text: string | null): void {
    if (text) this.page.notices.note(text);
  }

  // --- what is asked for ---

  private pick(id: string): void {
    const entry = this.shownDesk.entries.get(id);
    if (!entry) return;
    this.selected = id;
    const { instrument, timeframe, candle } = entry.alert;
    if (!this.past.machine && this.take(instrument, timeframe)) void this.marketChanged().then(() => this.page.chart.reveal(candle.time));
    else this.page.chart.reveal(candle.time);
    this.changed();
  }

  private marketChanged(): Promise<void> {
    return this.mode === "live" ? this.showMarket() : this.read(this.past.day);
  }

  private toLive(): void {
    this.past.leave();
    this.mode = "live";
    this.charted = "";
    void this.showMarket();
    this.changed();
  }

  private async read(day: string, known: Parameters<Past["open"]>[3] = []): Promise<void> {
    await this.orSay(this.past.open(day, this.instrument.name, this.timeframe, known));
  }

  private async orSay(asked: Promise<void>): Promise<void> {
    try {
      await asked;
    } catch (error) {
      if (error instanceof ApiError && error.unauthorised) this.leave("token_refused");
      else this.page.notices.note(word("history_failed", this.language), "bad");
    }
    this.changed();
  }

  private step(by: 1 | -1): void {
    const { entries } = this.scene();
    const at = entries.findIndex((entry: Entry) => entry.alert.id === this.selected);
    const next = entries[at < 0 ? 0 : Math.min(entries.length - 1, Math.max(0, at + by))];
    if (!next) return;
    this.pick(next.alert.id);
    this.page.list.reveal(next.alert.id);
  }

  private keep(change: Partial<store.Preferences>): void {
    Object.assign(this.kept, change);
    store.savePreferences(this.kept);
    this.changed();
  }

  private orders(): Orders {
    return {
      pick: (id) => this.pick(id),
      decide: (id, decision, note, orderId) => this.live.decide(id, decision, note, orderId),
      undo: (id) => this.undo(id),
      filter: (filter) => { this.filter = filter; this.changed(); },
      saveView: (name) => this.keepViews(withView(this.views, name, this.filter)),
      removeView: (name) => this.keepViews(this.views.filter((view) => view.name !== name)),
      market: (instrument, timeframe) => { if (this.take(instrument, timeframe)) void this.marketChanged(); this.changed(); },
      mode: (mode) => this.setMode(mode),
      day: (day) => { this.selected = null; void this.read(day); },
      more: () => void this.orSay(this.past.more()),
      replay: () => { this.selected = null; void this.orSay(this.past.play(this.instrument.name, this.timeframe)); },
      pause: () => { if (this.past.machine) this.past.machine.paused = !this.past.machine.paused; this.changed(); },
      speed: (speed) => { if (this.past.machine) this.past.machine.speed = speed; this.changed(); },
      sound: () => void this.ring.toggleSound(),
      notifications: () => void this.ring.toggleNotifications(),
      language: () => this.keep({ language: this.language === "en" ? "pt-BR" : "en" }),
      theme: () => this.keep({ theme: this.theme === "dark" ? "light" : "dark" }),
      keys: (on) => this.keep({ keys: on }),
      logout: () => this.leave(""),
    };
  }

  private setMode(mode: "live" | "history"): void {
    if (mode === "live") return this.toLive();
    this.mode = "history";
    this.selected = null;
    void this.read(this.past.day || isoDay(this.live.now() - 86_400));
  }

  private keepViews(views: typeof this.views): void {
    this.views = views;
    store.saveViews(views);
    this.changed();
  }

  private undo(id: string | null): void {
    if (id && this.live.undo(id)) this.page.notices.note(word("undone", this.language));
  }

  private decide(decision: Verdict): void {
    const { selected, trader, mode, now } = this.scene();
    if (selected && trader && mode === "live" && stateOf(selected, now) === "open") this.page.card.decide(selected, decision);
  }

  // --- coming and going ---

  private listen(): void {
    const every = window.setInterval(() => this.changed(), 500);
    const link = () => { const { alert } = store.takeFragment(); if (alert) void this.openLink(alert); };
    const light = matchMedia("(prefers-color-scheme: light)");
    const repaint = () => this.changed();
    window.addEventListener("hashchange", link);
    light.addEventListener("change", repaint);
    this.stops.push(() => window.clearInterval(every), () => window.removeEventListener("hashchange", link), () => light.removeEventListener("change", repaint));
    this.stops.push(listenKeys({
      enabled: () => this.kept.keys, step: (by) => this.step(by), decide: (decision) => this.decide(decision),
      undo: () => this.undo(this.live.acts.newest), sound: () => void this.ring.toggleSound(), help: () => this.page.help.open(this.scene()),
    }));
  }

  private leave(reason: string): void {
    cancelAnimationFrame(this.drawing);
    this.drawing = -1; // nothing is drawn any more
    for (const stop of this.stops) stop();
    this.live.stop();
    this.past.leave();
    this.ring.stop();
    store.saveToken(null);
    this.signedOut(reason);
  }
}
