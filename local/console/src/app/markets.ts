// Candles of every market this page hears of, live.

import type { Candle, CandleFrame } from "../core/frames";
import { Series, type Change } from "../core/series";
import type { Api, CandlePage } from "../link/api";

const MARKET_LIMIT = 24;
const CHUNK = 500;

interface Known { series: Series; contract: string; page: CandlePage | null; fresh: boolean; loading: boolean; failed: boolean; /** Somebody looks, or looked, at it. */ wanted: boolean }

export const marketKey = (instrument: string, timeframe: string) => `${instrument} ${timeframe}`;

export class Markets {
  /** When each market's last candle arrived (the page's time). */
  readonly heardAt = new Map<string, number>();
  private readonly known = new Map<string, Known>();

  constructor(private readonly api: Api, private readonly changed: (key: string, change: Change, candle: Candle | null) => void) {}

  candles(key: string): readonly Candle[] {
    return this.known.get(key)?.series.candles ?? [];
  }

  page(key: string): CandlePage | null {
    return this.known.get(key)?.page ?? null;
  }

  reading(key: string): "reading" | "read" | "failed" {
    const known = this.known.get(key);
    return known?.fresh ? "read" : known?.failed ? "failed" : "reading";
  }

  contract(key: string): string {
    return this.known.get(key)?.contract ?? "";
  }

  take(frame: CandleFrame, now: number): void {
    const key = marketKey(frame.instrument, frame.timeframe);
    const known = this.of(key);
    this.heardAt.set(key, now);
    known.contract = frame.contract; // who posts knows it better than a calendar
    this.changed(key, known.series.take(frame.candle), frame.candle);
    if (!known.fresh && known.wanted) void this.load(frame.instrument, frame.timeframe).catch(() => undefined);
  }

  /** Bring a market's past, once; again after the line was lost. */
  async load(instrument: string, timeframe: string): Promise<void> {
    const key = marketKey(instrument, timeframe);
    const known = this.of(key);
    if (known.fresh || known.loading) return;
    known.loading = known.wanted = true;
    try {
      const page = await this.api.candles(instrument, timeframe, CHUNK);
      known.page = page;
      known.contract ||= page.contract;
      known.fresh = true;
      known.failed = false;
      known.series.merge(page.candles);
      this.changed(key, "all", null);
    } catch (error) {
      known.failed = true;
      throw error;
    } finally {
      known.loading = false;
    }
  }

  /** Something may be missing from all of them. */
  stale(): void {
    for (const known of this.known.values()) known.fresh = false;
  }

  private of(key: string): Known {
    const known = this.known.get(key) ?? { series: new Series(), contract: "", page: null, fresh: false, loading: false, failed: false, wanted: false };
    this.known.delete(key); // the one asked for last goes last
    this.known.set(key, known);
    if (this.known.size > MARKET_LIMIT) this.known.delete(this.known.keys().next().value as string);
    return known;
  }
}
