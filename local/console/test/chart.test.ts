import assert from "node:assert/strict";
import { test } from "node:test";
import { finer, fold } from "../src/core/chart/aggregate";
import { coneOf } from "../src/core/chart/cone";
import { drawingOf } from "../src/core/chart/fired";
import { startOfDay } from "../src/core/format";
import type { Candle } from "../src/core/link/frames";
import { bollinger, dayBefore, openingRange, rsi, vwap } from "../src/core/chart/studies";
import { anAlert, CLOSED } from "./made";

const ZONE = "America/Sao_Paulo";
const candle = (time: number, close: number, more: Partial<Candle> = {}): Candle =>
  ({ time, open: close, high: close + 5, low: close - 5, close, tick_volume: 1, real_volume: 2, ...more });
const nine = startOfDay("2026-11-18", ZONE) + 9 * 3600;

test("three candles of five minutes are one of fifteen: first open, extremes, last close, volume together", () => {
  const parts = [candle(900, 10, { high: 30 }), candle(1200, 20, { low: -7 }), candle(1500, 15), candle(1800, 1)];
  const [made, next] = fold(parts, 900);
  assert.deepEqual(made, { time: 900, open: 10, high: 30, low: -7, close: 15, tick_volume: 3, real_volume: 6 });
  assert.equal(next?.time, 1800);
});

test("folding in two steps is folding at once, and a hole makes no candle", () => {
  const parts = Array.from({ length: 200 }, (_, n) => candle(n * 60 + (n > 90 ? 7200 : 0), 100 + ((n * 37) % 41)));
  assert.deepEqual(fold(fold(parts, 300), 3600), fold(parts, 3600));
  assert.deepEqual(fold([], 300), []);
});

test("a timeframe is made of those that divide it, the coarsest first", () => {
  assert.deepEqual(finer("H1", ["M1", "M5", "M15", "H1", "M30"]), ["M30", "M15", "M5", "M1"]);
  assert.deepEqual(finer("M10", ["M3", "M4", "M5"]), ["M5"]);
  assert.deepEqual(finer("M5", ["M5", "M15", "other"]), []);
});

test("a day begins at its zone's midnight", () => {
  assert.equal(startOfDay("2026-11-18", ZONE), Date.parse("2026-11-18T03:00:00Z") / 1000);
  assert.equal(startOfDay("2026-11-18", "UTC"), Date.parse("2026-11-18T00:00:00Z") / 1000);
  assert.equal(startOfDay("2026-11-18", "Asia/Tokyo"), Date.parse("2026-11-17T15:00:00Z") / 1000);
});

test("VWAP begins anew with each session", () => {
  const points = vwap([candle(nine, 100), candle(nine + 300, 200, { real_volume: 6 }), candle(nine + 86_400, 50)], ZONE);
  assert.deepEqual(points.map((one) => [one.value, one.first]), [[100, true], [175, false], [50, true]]);
});

test("yesterday is told only where all of it is loaded", () => {
  const yesterday = [candle(nine - 86_400, 90), candle(nine - 86_100, 80, { high: 99 })];
  assert.equal(dayBefore([...yesterday, candle(nine, 85)], ZONE), null);
  assert.deepEqual(dayBefore([candle(nine - 2 * 86_400, 1), ...yesterday, candle(nine, 85)], ZONE), { high: 99, low: 75, close: 80 });
});

test("the opening range is told when it is over", () => {
  const first = [candle(nine, 100), candle(nine + 1500, 120)];
  assert.equal(openingRange(first, ZONE, "09:00"), null);
  assert.deepEqual(openingRange([...first, candle(nine + 1800, 500)], ZONE, "09:00"), { high: 125, low: 95 });
});

test("RSI is Wilder's: the textbook's series", () => {
  const closes = [44.34, 44.09, 44.15, 43.61, 44.33, 44.83, 45.1, 45.42, 45.84, 46.08, 45.89, 46.03, 45.61, 46.28, 46.28, 46.0, 46.03];
  const found = rsi(closes.map((close, n) => candle(n * 300, close)));
  assert.deepEqual(found.map((one) => Number(one.value.toFixed(1))), [70.5, 66.2, 66.5]);
  assert.equal(found[0]?.time, 14 * 300);
});

const rising = Array.from({ length: 80 }, (_, n) => candle(CLOSED - 300 * (80 - n), 127_000 + 10 * n));

test("a broken level is drawn from the candle that made it", () => {
  const level = (rising[50] as Candle).high;
  const [line] = drawingOf(anAlert(1, { reason: { level, margin: 5, atr: 9 } }), rising, 300).segments;
  assert.deepEqual(line, { name: "level", from: { time: rising[50]?.time, value: level }, to: { time: CLOSED - 300, value: level } });
});

test("bands are those whose mean is the reason's; another window is found, none is guessed", () => {
  const mean = bollinger(rising, 30, 2).at(-1)?.mean as number;
  const fired = (of: number) => drawingOf(anAlert(1, { pattern: "volatility_extreme", reason: { z: 2, mean: of, std: 3, sigma: 2 } }), rising, 300).bands;
  assert.equal(fired(mean).at(-1)?.mean, mean);
  assert.equal(fired(mean).length, rising.length - 29);
  assert.deepEqual(fired(1), []);
});

test("a divergence has both its pivots, on coarser candles too", () => {
  const reason = { rsi: 40, rsi_prior: 30, prior_time: CLOSED - 6000, pivot_time: CLOSED - 900, prior_price: 5, pivot_price: 4 };
  const alert = anAlert(1, { pattern: "rsi_divergence", reason });
  assert.deepEqual(drawingOf(alert, rising, 300).pivots, [{ time: CLOSED - 6000, value: 30 }, { time: CLOSED - 900, value: 40 }]);
  const times = drawingOf(alert, fold(rising, 900), 900).pivots?.map((one) => one.time % 900);
  assert.deepEqual(times, [0, 0]);
});

test("an alert whose candle is not loaded, or whose pattern is new, draws nothing", () => {
  assert.deepEqual(drawingOf(anAlert(1), rising.slice(0, -1), 300).segments, []);
  assert.deepEqual(drawingOf(anAlert(1, { pattern: "new" }), rising, 300).segments, []);
});

test("the cone opens from the close to the range of the whole horizon, by the root of time", () => {
  const alert = anAlert(CLOSED, { outlook: { horizon: 12, low: 300, high: 800, usual: 500, level: 0.8 } });
  const cone = coneOf(alert, 300);
  assert.deepEqual([cone.length, cone[0], cone.at(-1)], [13, { step: 0, low: 0, high: 0 }, { step: 12, low: 300, high: 800 }]);
  assert.equal(cone[3]?.high, 400);
  assert.deepEqual(coneOf(alert, 3600).map((one) => one.step), [0, 1]);
  assert.deepEqual(coneOf(alert, 1800).map((one) => one.high), [0, 800 * Math.SQRT1_2, 800]);
  assert.deepEqual(coneOf(anAlert(CLOSED, { outlook: null }), 300), []);
});
