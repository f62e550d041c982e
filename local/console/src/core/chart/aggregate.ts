// Candles of a coarser timeframe from those of a finer one: the one place where this page does that.

import { timeframeSeconds } from "../format";
import type { Candle } from "../link/frames";

/** When the candle opens in which a moment lies; candles of all timeframes here begin at multiples of their length, UTC. */
export const opening = (time: number, seconds: number) => Math.floor(time / seconds) * seconds;

/** Put finer candles (oldest first) together; the last one may still be on its way. */
export function fold(candles: readonly Candle[], seconds: number): Candle[] {
  const made: Candle[] = [];
  for (const candle of candles) {
    const time = opening(candle.time, seconds);
    const last = made.at(-1);
    if (last?.time === time) made[made.length - 1] = joined(last, candle);
    else made.push({ ...candle, time });
  }
  return made;
}

function joined(first: Candle, next: Candle): Candle {
  return {
    ...first, high: Math.max(first.high, next.high), low: Math.min(first.low, next.low), close: next.close,
    tick_volume: (first.tick_volume ?? 0) + (next.tick_volume ?? 0), real_volume: (first.real_volume ?? 0) + (next.real_volume ?? 0),
  };
}

/** Of the timeframes offered those that a coarser one can be made of, the coarsest first. */
export function finer(timeframe: string, offered: readonly string[]): string[] {
  const length = timeframeSeconds(timeframe);
  return offered.filter((one) => timeframeSeconds(one) && timeframeSeconds(one) < length && length % timeframeSeconds(one) === 0)
    .sort((a, b) => timeframeSeconds(b) - timeframeSeconds(a));
}
