// What a chart adds to its candles, as numbers: averages, yesterday, the opening range, RSI. Candles come oldest first.

import { isoDay, minuteOfDay } from "../format";
import type { Candle } from "../link/frames";

export const STUDIES = ["vwap", "yesterday", "opening", "rsi", "volume"] as const;
export type Study = (typeof STUDIES)[number];

/** `first`: of its session; nothing leads to it. */
export interface Point { time: number; value: number; first?: boolean }
export interface Extremes { high: number; low: number }

const volumeOf = (candle: Candle) => candle.real_volume || candle.tick_volume || 0;

/** The volume-weighted mean of typical prices since each session's first candle; nothing before a volume is known. */
export function vwap(candles: readonly Candle[], zone: string): Point[] {
  const points: Point[] = [];
  let day = "", paid = 0, traded = 0;
  for (const candle of candles) {
    const today = isoDay(candle.time, zone);
    const first = today !== day;
    if (first) paid = traded = 0;
    day = today;
    traded += volumeOf(candle);
    paid += (volumeOf(candle) * (candle.high + candle.low + candle.close)) / 3;
    if (traded) points.push({ time: candle.time, value: paid / traded, first });
  }
  return points;
}

/** High, low and close of the session before the newest candle's; null where it is not among the candles. */
export function dayBefore(candles: readonly Candle[], zone: string): (Extremes & { close: number }) | null {
  const today = lastDay(candles, zone);
  const earlier = candles.filter((candle) => isoDay(candle.time, zone) < today);
  const mine = earlier.filter((candle) => isoDay(candle.time, zone) === lastDay(earlier, zone));
  const close = mine.at(-1)?.close;
  // The day the candles begin with may have begun before them.
  if (close === undefined || mine[0] === candles[0]) return null;
  return { ...extremes(mine), close };
}

/** High and low of the first minutes of the newest candle's session; null while they are not over. */
export function openingRange(candles: readonly Candle[], zone: string, open: string, minutes = 30): Extremes | null {
  const today = lastDay(candles, zone);
  const mine = candles.filter((candle) => isoDay(candle.time, zone) === today);
  const [hour = 0, minute = 0] = open.split(":").map(Number);
  const ends = hour * 60 + minute + minutes;
  const within = mine.filter((candle) => minuteOfDay(candle.time, zone) >= ends - minutes && minuteOfDay(candle.time, zone) < ends);
  return within.length && minuteOfDay(mine.at(-1)?.time ?? 0, zone) >= ends ? extremes(within) : null;
}

/** Wilder's RSI of the closes, from the candle on for which it is known. */
export function rsi(candles: readonly Candle[], period = 14): Point[] {
  const points: Point[] = [];
  let gain = 0, loss = 0;
  candles.forEach((candle, row) => {
    const before = candles[row - 1];
    if (!before) return;
    const move = candle.close - before.close;
    const [up, down] = [Math.max(0, move), Math.max(0, -move)];
    const warm = row > period;
    gain = warm ? (gain * (period - 1) + up) / period : gain + up / period;
    loss = warm ? (loss * (period - 1) + down) / period : loss + down / period;
    if (row >= period) points.push({ time: candle.time, value: gain + loss ? (100 * gain) / (gain + loss) : 50 });
  });
  return points;
}

export interface Band { time: number; mean: number; upper: number; lower: number }

/** The mean of the last `count` closes and so many standard deviations (of the population) on both sides. */
export function bollinger(candles: readonly Candle[], count: number, sigma: number): Band[] {
  return candles.slice(count - 1).map((candle, start) => {
    const closes = candles.slice(start, start + count).map((one) => one.close);
    const mean = closes.reduce((sum, close) => sum + close, 0) / count;
    const away = sigma * Math.sqrt(closes.reduce((sum, close) => sum + (close - mean) ** 2, 0) / count);
    return { time: candle.time, mean, upper: mean + away, lower: mean - away };
  });
}

const lastDay = (candles: readonly Candle[], zone: string) => (candles.length ? isoDay(candles.at(-1)?.time ?? 0, zone) : "");

function extremes(candles: readonly Candle[]): Extremes {
  return { high: Math.max(...candles.map((one) => one.high)), low: Math.min(...candles.map((one) => one.low)) };
}
