// What made an alert fire, as lines to draw over its candles: from the numbers of its reason, never from a guess.

import { opening } from "./aggregate";
import type { Alert, Candle } from "../link/frames";
import { bollinger, type Band } from "./studies";

export interface Place { time: number; value: number }
/** `name` is a word; both ends open a candle that is loaded. */
export interface Segment { name: string; from: Place; to: Place }
export interface Drawing { segments: Segment[]; bands: Band[]; pivots: [Place, Place] | null }

const NOTHING: Drawing = { segments: [], bands: [], pivots: null };
const LEVEL_BARS = 60; // a level whose candle is not among the loaded ones is drawn so far back
const WINDOWS = 100;

/** Lines of an alert over candles of `seconds` each, oldest first; nothing where its own candle is not among them. */
export function drawingOf(alert: Alert, candles: readonly Candle[], seconds: number): Drawing {
  const at = opening(alert.candle.time, seconds);
  const row = candles.findIndex((one) => one.time === at);
  const reason = (name: string) => (typeof alert.reason[name] === "number" ? (alert.reason[name] as number) : null);
  if (row < 0) return NOTHING;
  switch (alert.pattern) {
    case "level_break": return level(alert, candles, row, reason("level"));
    case "engulfing": return bodies(candles, row, reason("prev_open"), reason("prev_close"));
    case "volatility_extreme": return bands(alert, candles, row, reason("mean"), reason("sigma"));
    case "rsi_divergence": return divergence(alert, candles, seconds);
    default: return NOTHING;
  }
}

/** From the candle that made the level. */
function level(alert: Alert, candles: readonly Candle[], row: number, value: number | null): Drawing {
  if (value === null) return NOTHING;
  const side = alert.direction === "short" ? "low" : "high";
  const near = alert.tick_size / 2;
  const made = candles.slice(0, row).findLast((one) => Math.abs(one[side] - value) < near);
  const from = made ?? candles[Math.max(0, row - LEVEL_BARS)];
  return { ...NOTHING, segments: segment("level", from?.time, value, candles[row]?.time, value) };
}

/** Both ends of the body that was swallowed. */
function bodies(candles: readonly Candle[], row: number, opened: number | null, closed: number | null): Drawing {
  const [before, here] = [candles[row - 1]?.time, candles[row]?.time];
  const edges = opened === null || closed === null ? [] : [opened, closed];
  return { ...NOTHING, segments: edges.flatMap((value, one) => segment(one ? "prev_close" : "prev_open", before, value, here, value)) };
}

/** The window is not told: it is the one whose mean at the alert's candle is the reason's; where none is, nothing is drawn. */
function bands(alert: Alert, candles: readonly Candle[], row: number, mean: number | null, sigma: number | null): Drawing {
  if (mean === null || sigma === null) return NOTHING;
  let sum = 0, best = 0, error = alert.tick_size / 2;
  for (let count = 1; count <= Math.min(WINDOWS, row + 1); count += 1) {
    sum += candles[row + 1 - count]?.close ?? 0;
    const off = Math.abs(sum / count - mean);
    if (count > 1 && off < error) [best, error] = [count, off];
  }
  return best ? { ...NOTHING, bands: bollinger(candles, best, sigma) } : NOTHING;
}

/** The two extremes of price, and the two of RSI with the values that the detector had. */
function divergence({ reason }: Alert, candles: readonly Candle[], seconds: number): Drawing {
  const { prior_time: before, pivot_time: after, prior_price: low, pivot_price: lower, rsi_prior: weak, rsi: strong } = reason;
  const numbers = [before, after, low, lower, weak, strong];
  if (!numbers.every((one) => typeof one === "number")) return NOTHING;
  const [from, to, one, other, first, second] = numbers as [number, number, number, number, number, number];
  const [start, end] = [opening(from, seconds), opening(to, seconds)];
  if (start === end || start < (candles[0]?.time ?? Infinity)) return NOTHING;
  return { ...NOTHING, segments: segment("pivot_price", start, one, end, other), pivots: [{ time: start, value: first }, { time: end, value: second }] };
}

function segment(name: string, from: number | undefined, value: number, to: number | undefined, end: number): Segment[] {
  return from === undefined || to === undefined || from >= to ? [] : [{ name, from: { time: from, value }, to: { time: to, value: end } }];
}
