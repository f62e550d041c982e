// Candles of every market this page hears of, live.

import { finer, fold, opening } from "../core/chart/aggregate";
import { isoDay, timeframeSeconds } from "../core/format";
import type { Candle, CandleFrame } from "../core/link/frames";
import { Series, type Change } from "../core/chart/series";
import type { Api, CandlePage } from "../link/api";
import { keptCandles, type Kept } from "./kept";

const MARKET_LIMIT = 24;
const GLANCE = 240; // two sessions of five-minute candles
const REREAD_S = 60; // a market that trades now and then leaps with each candle

export interface Quote { last: number; /** Percent since the session before, where that is known. */ change: number | null }

interface Known {
  series: Series; contract: string; page: CandlePage | null; fresh: boolean; loading: boolean; failed: boolean; /** Somebody looks, or looked, at it. */ wanted: boolean; /** When it was read again for a leap (the page's time). */ rereadAt: number;
  /** Opens of the candles that were posted as such; a bar made of finer ones does not replace them. */ own: Set<number>; /** Made of this finer timeframe's newest candles. */ from: string; parts: Series;
}

export const marketKey = (instrument: string, timeframe: string) => `${instrument} ${timeframe}`;

export class Markets {
  /** When each market's last candle arrived (the page's time). */
  readonly heardAt = new Map<string, number>();
  private readonly known = new Map<string, Known>();

  constructor(private readonly api: Api, private readonly offered: readonly string[], private readonly changed: (key: string, change: Change, candle: Candle | null) => void) {}

  candles(key: string): readonly Candle[] {
    return this.known.get(key)?.series.candles ?? [];
  }

  page(key: string): CandlePage | null {
    return this.known.get(key)?.page ?? null;
  }

  /** The finer timeframe of which a market's bars are made; empty where they are posted as such. */
  from(key: string): string {
    return this.known.get(key)?.from ?? "";
  }

  reading(key: string): "reading" | "read" | "failed" {
    const known = this.known.get(key);
    return known?.fresh ? "read" : known?.failed ? "failed" : "reading";
  }

  contract(key: string): string {
    return this.known.get(key)?.contract ?? "";
  }

  /** The newest close that is known of an instrument, and how far it is from the session's before. */
  quote(instrument: string, zone: string): Quote | null {
    const series = [...this.known].filter(([key]) => key.startsWith(`${instrument} `)).map(([, known]) => known.series.candles);
    const candles = series.reduce((best, one) => ((one.at(-1)?.time ?? 0) > (best.at(-1)?.time ?? 0) ? one : best), []);
    const last = candles.at(-1);
    if (!last) return null;
    const today = isoDay(last.time, zone);
    const before = candles.findLast((one) => isoDay(one.time, zone) < today);
    return { last: last.close, change: before ? (100 * (last.close - before.close)) / before.close : null };
  }

  /** Candles of a contract that closed after a moment, of the timeframe that knows the newest one; `step` in seconds. */
  since(instrument: string, contract: string, moment: number): { candles: readonly Candle[]; step: number } {
    let best: { candles: readonly Candle[]; step: number; closed: number } = { candles: [], step: 0, closed: 0 };
    for (const timeframe of this.offered) {
      const known = this.known.get(marketKey(instrument, timeframe));
      const step = timeframeSeconds(timeframe);
      const whole = known?.contract === contract ? known.series.candles.filter((one) => one.time >= moment && this.isWhole(known, one, step)) : [];
      const closed = whole.length ? (whole.at(-1)?.time ?? 0) + step : 0;
      if (closed > best.closed) best = { candles: whole, step, closed };
    }
    return best;
  }

  /** A bar made of finer candles is not over before its last one is there. */
  private isWhole(known: Known, bar: Candle, step: number): boolean {
    if (!known.from || known.own.has(bar.time)) return true;
    return (known.parts.newest ?? 0) + timeframeSeconds(known.from) >= bar.time + step;
  }

  /** Bring a little of each instrument's past, so that its last price is known; the markets that are looked at have more. False where one could not be read. */
  async glance(instruments: readonly string[], timeframe: string): Promise<boolean> {
    let all = true;
    for (const instrument of instruments) {
      const known = this.of(marketKey(instrument, timeframe));
      if (!known.wanted && known.series.candles.length < 2) all = (await this.peek(known, instrument, timeframe)) && all;
    }
    return all;
  }

  private async peek(known: Known, instrument: string, timeframe: string): Promise<boolean> {
    const page = await this.api.candles(instrument, timeframe, GLANCE).catch(() => null);
    known.contract ||= page?.contract ?? "";
    if (page && known.series.merge(page.candles)) this.changed(marketKey(instrument, timeframe), "all", null);
    return page !== null;
  }

  take(frame: CandleFrame, now: number): void {
    const key = marketKey(frame.instrument, frame.timeframe);
    const known = this.of(key);
    this.heardAt.set(key, now);
    known.contract = frame.contract; // who posts knows it better than a calendar
    known.own.add(frame.candle.time);
    if (leaps(known.series, frame)) this.reread(known, frame.instrument, frame.timeframe, now);
    this.changed(key, known.series.take(frame.candle), frame.candle);
    this.coarser(frame, now);
    if (!known.fresh && known.wanted) void this.load(frame.instrument, frame.timeframe).catch(() => undefined);
  }

  /** Bring a market's past, once; again after the line was lost. */
  async load(instrument: string, timeframe: string): Promise<void> {
    const key = marketKey(instrument, timeframe);
    const known = this.of(key);
    if (known.fresh || known.loading) return;
    known.loading = known.wanted = true;
    try {
      const first = (page: CandlePage) => {
        known.page = page;
        known.contract ||= page.contract;
        if (known.series.merge(page.candles)) this.changed(key, "all", null);
      };
      this.taken(known, await keptCandles(this.api, { instrument, timeframe, offered: this.offered }, first));
      this.changed(key, "all", null);
    } catch (error) {
      known.failed = true;
      this.changed(key, "all", null); // the chart says so, whoever asked
      throw error;
    } finally {
      known.loading = false;
    }
  }

  /** What came before a candle is missing: a night, or history that was posted while the page was open, which nobody tells. */
  private reread(known: Known, instrument: string, timeframe: string, now: number): void {
    if (now - known.rereadAt < REREAD_S) return;
    known.rereadAt = now;
    if (!known.wanted) return void this.peek(known, instrument, timeframe);
    known.fresh = false;
    void this.load(instrument, timeframe).catch(() => undefined); // the chart says so
  }

  /** Something may be missing from all of them. */
  stale(): void {
    for (const known of this.known.values()) known.fresh = false;
  }

  private taken(known: Known, { page, candles, own, from }: Kept): void {
    known.page = page;
    known.contract ||= page.contract;
    known.fresh = true;
    known.failed = false;
    const heard = known.series.candles.filter((one) => known.own.has(one.time));
    for (const time of own) known.own.add(time);
    known.series.merge(candles);
    known.series.merge(heard); // what came meanwhile
    known.from = from?.timeframe ?? "";
    if (from) known.parts.merge(from.candles);
  }

  /** A finer candle closed: the bars that are made of it grow. */
  private coarser(frame: CandleFrame, now: number): void {
    const { instrument, timeframe, contract, candle } = frame;
    for (const one of this.offered) {
      const known = this.known.get(marketKey(instrument, one));
      if (!known?.wanted || !(known.from === timeframe || (!known.from && !known.own.size && finer(one, this.offered).includes(timeframe)))) continue;
      const seconds = timeframeSeconds(one);
      const time = opening(candle.time, seconds);
      known.from = timeframe;
      known.contract = contract;
      if (leaps(known.parts, frame)) this.reread(known, instrument, one, now);
      known.parts.take(candle);
      if (known.own.has(time)) continue;
      const [bar] = fold(known.parts.candles.filter((part) => opening(part.time, seconds) === time), seconds);
      if (bar) this.changed(marketKey(instrument, one), known.series.take(bar), bar);
    }
  }

  private of(key: string): Known {
    const known = this.known.get(key)
      ?? { series: new Series(), contract: "", page: null, fresh: false, loading: false, failed: false, wanted: false, rereadAt: -REREAD_S, own: new Set<number>(), from: "", parts: new Series() };
    this.known.delete(key); // the one asked for last goes last
    this.known.set(key, known);
    if (this.known.size > MARKET_LIMIT) this.known.delete(this.known.keys().next().value as string);
    return known;
  }
}

/** Whether a candle does not follow the newest one that is known. */
const leaps = ({ newest }: Series, { candle, timeframe }: CandleFrame): boolean => newest === null || candle.time > newest + timeframeSeconds(timeframe);
