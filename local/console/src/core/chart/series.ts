// Candles of one instrument and timeframe, oldest first, bounded.

import { isCandle, type Candle } from "../link/frames";

export const KEEP = 700; // a week of five-minute candles, or a session of one-minute ones with the evening before
const TRIM_TO = 600;

export interface Columns {
  time: number[]; open: number[]; high: number[]; low: number[]; close: number[]; real_volume?: number[];
}

export function fromColumns(columns: Columns): Candle[] {
  const rows: unknown[] = columns.time.map((time, row) => ({
    time, open: columns.open[row], high: columns.high[row], low: columns.low[row], close: columns.close[row],
    real_volume: columns.real_volume?.[row] ?? 0,
  }));
  return rows.filter(isCandle);
}

export type Change = "last" | "all" | "none";

export class Series {
  candles: Candle[] = [];

  /** Take one candle; says whether the last one changed or joined, or the whole must be drawn anew. */
  take(candle: Candle): Change {
    const last = this.candles.at(-1);
    if (!last || candle.time > last.time) {
      this.candles.push(candle);
      if (this.candles.length <= KEEP) return "last";
      this.candles = this.candles.slice(-TRIM_TO);
      return "all";
    }
    if (candle.time === last.time) {
      this.candles[this.candles.length - 1] = candle;
      return "last";
    }
    return this.merge([candle]) ? "all" : "none";
  }

  /** Take many; candles of one time are one, the later heard wins. */
  merge(candles: readonly Candle[]): boolean {
    if (!candles.length) return false;
    const byTime = new Map(this.candles.map((candle) => [candle.time, candle]));
    for (const candle of candles) byTime.set(candle.time, candle);
    this.candles = [...byTime.values()].sort((a, b) => a.time - b.time).slice(-KEEP);
    return true;
  }

  get newest(): number | null {
    return this.candles.at(-1)?.time ?? null;
  }
}
