// What the chart shows: which market, now or on a past day, and its candles.

import type { Desk } from "../core/desk/desk";
import type { Alert, Candle, CandleFrame } from "../core/link/frames";
import type { Change } from "../core/chart/series";
import { ticketOf, type Ticket } from "../core/desk/ticket";
import { Prices, type Price } from "../core/desk/prices";
import type { Api, DeskInfo, Instrument } from "../link/api";
import type { Chart } from "../ui/chart/chart";
import * as store from "../ui/store";
import { marketKey, Markets, type Quote } from "./markets";
import { Past, type Whose } from "./past";

const NOWHERE: Instrument = { name: "-", tick_size: 1, decimals: 0, timezone: "America/Sao_Paulo", open: "09:00", close: "18:25" };

export class Board {
  mode: "live" | "history" = "live";
  instrument: Instrument;
  timeframe: string;
  readonly past: Past;
  /** What the server tells of the markets that this page follows. */
  readonly prices = new Prices();
  private readonly markets: Markets;
  private charted = "";
  private glanced = true;
  private quoted: Map<string, Quote> | null = null;

  constructor(api: Api, private readonly desk: DeskInfo, private readonly kept: store.Preferences, private readonly chart: () => Chart, private readonly changed: () => void) {
    this.instrument = desk.instruments.find((one) => one.name === kept.instrument) ?? desk.instruments[0] ?? NOWHERE;
    const usual = desk.timeframes.includes("M5") ? "M5" : desk.timeframes[0] ?? "M5";
    this.timeframe = desk.timeframes.includes(kept.timeframe) ? kept.timeframe : usual;
    this.markets = new Markets(api, desk.timeframes, (key, change, candle) => { this.quoted = null; if (this.mode === "live" && key === this.key) this.take(change, candle); });
    this.past = new Past(api, desk.operator.id, desk.timeframes, (change, candle) => this.mode === "history" && this.take(change, candle));
  }

  get heardAt(): ReadonlyMap<string, number> {
    return this.markets.heardAt;
  }

  /** The last price of each instrument, as far as this page has heard; made anew when a candle came. */
  get quotes(): ReadonlyMap<string, Quote> {
    this.quoted ??= new Map(this.desk.instruments.flatMap(({ name, timezone }) => { const found = this.markets.quote(name, timezone); return found ? [[name, found] as const] : []; }));
    return this.quoted;
  }

  /** The timeframe whose candles are posted: that of the chart, or the finer one of which its bars are made. */
  get posted(): string {
    return (this.mode === "live" && this.markets.from(this.key)) || this.timeframe;
  }

  /** Read a little of all the other markets, when there is nothing better to do. */
  async glance(): Promise<void> {
    this.glanced = await this.markets.glance(this.desk.instruments.map((one) => one.name), this.timeframe);
  }

  /** Whether something could not be read and is missing still: the candles that are shown, or a market's last price. */
  get unread(): boolean {
    return !this.glanced || this.reading === "failed";
  }

  /** Read again what could not be read; raises ApiError. */
  async again(): Promise<void> {
    if (this.reading === "failed") await (this.mode === "live" ? this.live() : this.day(this.past.day));
    if (!this.glanced) await this.glance();
  }

  get candles(): readonly Candle[] {
    return this.mode === "live" ? this.markets.candles(this.key) : this.past.series.candles;
  }

  /** Where the price stands on an alert by the quotes and candles that this page has heard by `now` (its own clock); null without a side. */
  ticket(alert: Alert, now: number): Ticket | null {
    const { instrument, contract, candle_closed_at: closed } = alert;
    const { candles, step } = this.markets.since(instrument, contract, closed);
    return ticketOf(alert, candles, step, this.prices.since(instrument, contract, closed), this.prices.now(instrument, contract, now));
  }

  /** The price of the market that the chart shows, where it is known; not on a past day. */
  price(now: number): Price | null {
    return this.mode === "live" ? this.prices.now(this.instrument.name, this.markets.contract(this.key), now) : null;
  }

  /** The desk whose alerts are shown: the one given while it is live, else the past day's. */
  deskOf(live: Desk): Desk {
    return this.mode === "live" ? live : this.past.desk;
  }

  hear(frame: CandleFrame, now: number): void {
    this.markets.take(frame, now);
    this.changed();
  }

  /** Turn to another market; false where it is shown already or unknown. `keep` makes it the operator's choice. */
  turn(instrument: string, timeframe: string, keep = false): boolean {
    const found = this.desk.instruments.find((one) => one.name === instrument);
    if (!found || (found === this.instrument && timeframe === this.timeframe)) return false;
    this.instrument = found;
    this.timeframe = timeframe;
    if (keep) store.savePreferences(Object.assign(this.kept, { instrument, timeframe }));
    return true;
  }

  /** Show the market as it is now; raises ApiError. */
  async live(): Promise<void> {
    if (this.mode === "history") this.past.leave();
    this.mode = "live";
    this.redraw();
    await this.markets.load(this.instrument.name, this.timeframe);
  }

  /** The line was lost: candles may be missing from every market. */
  async refresh(): Promise<void> {
    this.markets.stale();
    if (this.mode === "live") await this.live();
  }

  /** Show a past day; raises ApiError. */
  async day(day: string, known: Parameters<Past["open"]>[2] = []): Promise<void> {
    this.mode = "history";
    await this.told(this.past.open(day, this.whose, known));
  }

  /** Replay the past day that is shown; false where it had no session. Raises ApiError. */
  async play(): Promise<boolean> {
    return this.told(this.past.play(this.whose));
  }

  /** A day that cannot be read is told by the chart too. */
  private async told<T>(asked: Promise<T>): Promise<T> {
    return asked.catch((error: unknown) => {
      this.redraw();
      throw error;
    });
  }

  private get reading(): "reading" | "read" | "failed" {
    return this.mode === "live" ? this.markets.reading(this.key) : this.past.reading;
  }

  private get whose(): Whose {
    return { instrument: this.instrument.name, timeframe: this.timeframe, zone: this.instrument.timezone };
  }

  private get key(): string {
    return marketKey(this.instrument.name, this.timeframe);
  }

  private get chartKey(): string {
    if (this.mode === "live") return `live ${this.key} ${this.markets.contract(this.key)}`;
    return `past ${this.past.day} ${this.past.machine ? "replay" : ""} ${this.key}`;
  }

  private take(change: Change, candle: Candle | null): void {
    if (change === "last" && candle && this.charted === this.chartKey) this.chart().add(candle);
    else if (change !== "none") this.redraw();
    this.changed();
  }

  private redraw(): void {
    const page = this.mode === "live" ? this.markets.page(this.key) : this.past.page;
    const { name, tick_size, timezone, open, close } = this.instrument;
    const contract = (this.mode === "live" && this.markets.contract(this.key)) || page?.contract || name;
    const hours = { zone: page?.timezone ?? timezone, open: page?.session.open ?? open, close: page?.session.close ?? close };
    const { candles } = this;
    const same = this.charted === this.chartKey && candles.length > 1;
    const from = this.mode === "live" ? this.markets.from(this.key) : this.past.from;
    const missing = { reading: "reading_candles", failed: "candles_failed", read: "no_candles" }[this.reading];
    this.chart().load({ name, contract, timeframe: this.timeframe, from, tick: page?.tick_size ?? tick_size, missing, ...hours }, candles, same);
    this.charted = candles.length ? this.chartKey : "";
  }
}
