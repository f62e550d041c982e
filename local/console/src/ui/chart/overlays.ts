// Lines over the candles: what fired, and the studies somebody turned on. Series of the chart library, no canvas of ours.

import {
  createSeriesMarkers, LineSeries, LineStyle, type IChartApi, type IPriceLine, type ISeriesApi, type ISeriesMarkersPluginApi, type LineData, type LineSeriesPartialOptions, type Time, type UTCTimestamp,
} from "lightweight-charts";
import type { Language } from "../../core/format";
import { number } from "../../core/format";
import { drawingOf, type Place, type Segment } from "../../core/chart/fired";
import type { Alert, Candle } from "../../core/link/frames";
import { dayBefore, openingRange, rsi, vwap, type Point, type Study } from "../../core/chart/studies";
import { word } from "../../core/words";

export interface Sight {
  candles: readonly Candle[]; seconds: number; zone: string; open: string; alert: Alert | null; /** The day's settlement, where an alert told it. */ settlement: number | null;
  studies: readonly Study[]; language: Language; colour(name: string): string;
}

const QUIET: LineSeriesPartialOptions = { lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false, lineWidth: 1, pointMarkersVisible: false };
const NONE = "rgba(0,0,0,0)";

export class Overlays {
  private drawn: ISeriesApi<"Line">[] = [];
  private lines: IPriceLine[] = [];
  private markers: ISeriesMarkersPluginApi<Time> | null = null;

  constructor(private readonly chart: IChartApi, private readonly candles: ISeriesApi<"Candlestick">) {}

  draw(sight: Sight): void {
    this.clear();
    const { alert, candles, seconds, studies, colour } = sight;
    const drawing = alert ? drawingOf(alert, candles, seconds) : null;
    if (studies.includes("vwap")) this.line(points(vwap(candles, sight.zone)), { color: colour("--vwap"), lineWidth: 2 });
    if (studies.includes("yesterday")) this.yesterday(sight);
    if (studies.includes("opening")) this.opening(sight);
    const top = Math.max(...(drawing?.segments ?? []).map(({ from }) => from.value));
    drawing?.segments.forEach((one) => this.segment(one, one.from.value === top, sight));
    if (drawing?.bands.length) {
      for (const side of ["upper", "mean", "lower"] as const) {
        this.line(drawing.bands.map((band) => ({ time: band.time as UTCTimestamp, value: band[side] })),
          { color: colour(side === "mean" ? "--dim" : "--fired"), lineStyle: side === "mean" ? LineStyle.Dotted : LineStyle.Solid });
      }
    }
    if (studies.includes("rsi") || drawing?.pivots) this.rsi(sight, drawing?.pivots ?? null);
  }

  private yesterday({ candles, zone, settlement, language, colour }: Sight): void {
    const before = dayBefore(candles, zone);
    const level = (price: number, name: string) => this.level(price, word(name, language), colour("--dim"));
    if (before) for (const [value, name] of [[before.high, "high_before"], [before.low, "low_before"], [before.close, "close_before"]] as const) level(value, name);
    if (settlement !== null) level(settlement, "settlement");
  }

  private opening({ candles, zone, open, language, colour }: Sight): void {
    const range = openingRange(candles, zone, open);
    if (!range) return;
    this.level(range.high, word("opening_high", language), colour("--accent"));
    this.level(range.low, word("opening_low", language), colour("--accent"));
  }

  private level(price: number, title: string, color: string): void {
    this.lines.push(this.candles.createPriceLine({ price, title, color, lineStyle: LineStyle.SparseDotted, lineWidth: 1, axisLabelVisible: true }));
  }

  /** Its name stands outside: two may be a few pixels apart. */
  private segment({ name, from, to }: Segment, top: boolean, { language, colour }: Sight): void {
    const series = this.line([place(from), place(to)], { color: colour("--fired"), lineWidth: 2 });
    createSeriesMarkers(series, [{ time: from.time as UTCTimestamp, position: top ? "aboveBar" : "belowBar", shape: "circle", size: 0.5, color: colour("--fired"), text: word(name, language) }]);
  }

  private rsi({ candles, language, colour }: Sight, pivots: readonly [Place, Place] | null): void {
    const format = { type: "custom" as const, minMove: 0.01, formatter: (value: number) => number(value, 1, language) };
    const line = this.line(points(rsi(candles)), { color: colour("--accent"), priceFormat: format, title: word("rsi", language), autoscaleInfoProvider: () => ({ priceRange: { minValue: 15, maxValue: 85 } }) }, 1);
    for (const price of [30, 70]) line.createPriceLine({ price, color: colour("--line"), lineWidth: 1, lineStyle: LineStyle.Dashed, axisLabelVisible: false });
    if (pivots) {
      const other = this.line(pivots.map(place), { color: colour("--fired"), lineWidth: 2, priceFormat: format }, 1);
      this.markers = createSeriesMarkers(other, pivots.map((one) => ({ time: one.time as UTCTimestamp, position: "inBar" as const, shape: "circle" as const, color: colour("--fired"), text: number(one.value, 1, language) })));
    }
    const [above, below] = this.chart.panes();
    above?.setStretchFactor(3);
    below?.setStretchFactor(1);
  }

  private line(data: LineData<Time>[], options: LineSeriesPartialOptions, pane = 0): ISeriesApi<"Line"> {
    const series = this.chart.addSeries(LineSeries, { ...QUIET, ...options }, pane);
    series.setData(data);
    this.drawn.push(series);
    return series;
  }

  private clear(): void {
    this.markers?.detach();
    this.markers = null;
    for (const series of this.drawn) this.chart.removeSeries(series);
    for (const line of this.lines) this.candles.removePriceLine(line);
    this.drawn = [];
    this.lines = [];
  }
}

const place = ({ time, value }: Place): LineData<Time> => ({ time: time as UTCTimestamp, value });
/** A point's colour is that of the line to the next one: none leads to a session's first. */
const points = (of: readonly Point[]): LineData<Time>[] => of.map((point, row) => (of[row + 1]?.first ? { ...place(point), color: NONE } : place(point)));
