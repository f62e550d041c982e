// The candles that the cloud keeps of a market, enough for a wide screen; what is missing is made of a finer timeframe's.

import { finer, fold } from "../core/chart/aggregate";
import { timeframeSeconds } from "../core/format";
import type { Candle } from "../core/link/frames";
import { Series } from "../core/chart/series";
import type { Api, CandlePage } from "../link/api";

const CHUNK = 500;
const FINE_CHUNK = 1500; // as many as one answer holds
const CHUNKS = 4;
/** Bars that fill a chart of 3,840 px. */
const ENOUGH = 450;
/** Of which finer timeframes the likely ones; each is one question more. */
const PROBED = ["M30", "M15", "M5", "M1"];

export interface Kept {
  page: CandlePage;
  candles: Candle[];
  /** Opens of the market's own candles; the others were made. */
  own: ReadonlySet<number>;
  /** The finer timeframe of which the others were made, with its newest candles; null where none was needed or none is kept. */
  from: { timeframe: string; candles: Candle[] } | null;
}

export interface Wanted { instrument: string; timeframe: string; offered: readonly string[]; /** Those that opened before. */ before?: number; /** As far back as this. */ since?: number }

/** Read a market's candles; `first` hears of the market's own page before more is asked for. Raises ApiError. */
export async function keptCandles(api: Api, wanted: Wanted, first: (page: CandlePage) => void = () => undefined): Promise<Kept> {
  const { instrument, timeframe, before } = wanted;
  const page = await api.candles(instrument, timeframe, CHUNK, before);
  if (page.candles.length) first(page);
  const mine = await further(api, wanted, timeframe, CHUNK, page.candles, (candles) => candles.length);
  const own = new Set(mine.map((one) => one.time));
  if (full(mine, mine.length, wanted)) return { page, candles: mine, own, from: null };
  const found = await finest(api, wanted);
  if (!found) return { page, candles: mine, own, from: null };
  const seconds = timeframeSeconds(timeframe);
  const all = await further(api, wanted, found.timeframe, FINE_CHUNK, found.candles, (candles) => fold(candles, seconds).length);
  const series = new Series();
  series.merge(fold(all, seconds));
  series.merge(mine); // what was posted as such is better than what was put together
  return { page: page.candles.length ? page : { ...found, timeframe }, candles: series.candles, own, from: { timeframe: found.timeframe, candles: all } };
}

const full = (candles: readonly Candle[], bars: number, { since }: Wanted) => (since === undefined ? bars >= ENOUGH : (candles[0]?.time ?? Infinity) < since);

/** The coarsest of the finer timeframes of which candles are kept. */
async function finest(api: Api, { instrument, timeframe, offered, before }: Wanted): Promise<CandlePage | null> {
  const asked = finer(timeframe, offered).filter((one) => PROBED.includes(one)).map((one) => api.candles(instrument, one, FINE_CHUNK, before));
  return (await Promise.all(asked)).find((page) => page.candles.length > 0) ?? null;
}

/** Ask on for older candles until there are enough, or no more. */
async function further(api: Api, wanted: Wanted, timeframe: string, size: number, newest: Candle[], bars: (candles: readonly Candle[]) => number): Promise<Candle[]> {
  let all = newest, part = newest;
  for (let chunk = 1; chunk < CHUNKS && part.length === size && !full(all, bars(all), wanted); chunk += 1) {
    part = (await api.candles(wanted.instrument, timeframe, size, all[0]?.time)).candles;
    all = [...part, ...all];
  }
  return all;
}
