// What is painted behind the candles: sessions, the room an alert gives (entry band, way to stop and target), its expected range.

import type {
  AutoscaleInfo, IChartApi, IPrimitivePaneRenderer, IPrimitivePaneView, ISeriesApi, ISeriesPrimitive, Logical, SeriesAttachedParameter, Time,
} from "lightweight-charts";
import { coneOf, type Reach } from "../../core/chart/cone";
import { planOf, type Alert, type Candle } from "../../core/link/frames";
import { isoDay, minuteOfDay } from "../../core/format";

export interface Colours { day: string; outside: string; border: string; entry: string; good: string; bad: string; cone: string }
export interface Hours { zone: string; open: string; close: string }

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];
type Scope = Parameters<Parameters<Target["useBitmapCoordinateSpace"]>[0]>[0];

const minutes = (clock: string) => {
  const [hour = 0, minute = 0] = clock.split(":").map(Number);
  return hour * 60 + minute;
};

interface Shade { parity: 0 | 1; outside: boolean; first: boolean }

export class Bands implements ISeriesPrimitive<Time> {
  private chart: IChartApi | null = null;
  private series: ISeriesApi<"Candlestick"> | null = null;
  private refresh: () => void = () => undefined;
  private shades: Shade[] = [];
  private times: number[] = [];
  private alert: Alert | null = null;
  private opens = 0;
  private cone: Reach[] = [];
  private readonly views: IPrimitivePaneView[];

  constructor(public colours: Colours) {
    const renderer: IPrimitivePaneRenderer = { draw: (target) => target.useBitmapCoordinateSpace((scope) => this.paint(scope)) };
    this.views = [{ zOrder: () => "bottom", renderer: () => renderer }];
  }

  attached(to: SeriesAttachedParameter<Time>): void {
    this.chart = to.chart as IChartApi;
    this.series = to.series as ISeriesApi<"Candlestick">;
    this.refresh = to.requestUpdate;
  }

  detached(): void {
    this.chart = this.series = null;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.views;
  }

  /** Stop, target and expected range belong to the picture, also where no candle reached them. */
  autoscaleInfo(): AutoscaleInfo | null {
    if (!this.alert) return null;
    const plan = planOf(this.alert), from = this.alert.candle.close, reach = this.cone.at(-1)?.high;
    const ends = [...(plan ? [plan.stop_loss, plan.take_profit] : []), ...(reach ? [from - reach, from + reach] : [])];
    if (!ends.length) return null;
    return { priceRange: { minValue: Math.min(...ends), maxValue: Math.max(...ends) } };
  }

  candles(candles: readonly Candle[], hours: Hours): void {
    this.times = [];
    this.shades = [];
    for (const candle of candles) this.add(candle, hours);
    this.refresh();
  }

  add(candle: Candle, hours: Hours): void {
    if (this.times.at(-1) === candle.time) return;
    const last = this.times.at(-1);
    const before = this.shades.at(-1);
    const first = last !== undefined && isoDay(last, hours.zone) !== isoDay(candle.time, hours.zone);
    const [opens, closes, at] = [minutes(hours.open), minutes(hours.close) || 1440, minuteOfDay(candle.time, hours.zone)];
    const parity = ((before?.parity ?? 0) ^ (first ? 1 : 0)) as 0 | 1;
    this.times.push(candle.time);
    this.shades.push({ parity, outside: at < opens || at >= closes, first });
  }

  /** `opens`: when the candle of the chart opens in which the alert's lies; `seconds`: how long one of the chart is. */
  show(alert: Alert | null, opens: number, seconds: number): void {
    this.alert = alert;
    this.opens = opens;
    this.cone = alert ? coneOf(alert, seconds) : [];
    this.refresh();
  }

  private paint(scope: Scope): void {
    this.paintSessions(scope);
    if (!this.alert) return;
    this.paintAlert(scope, this.alert);
    this.paintCone(scope, this.alert.candle.close);
  }

  private paintSessions({ context, bitmapSize, horizontalPixelRatio: ratio }: Scope): void {
    const scale = this.chart?.timeScale();
    const range = scale?.getVisibleLogicalRange();
    if (!scale || !range) return;
    const width = scale.options().barSpacing * ratio;
    for (let row = Math.max(0, Math.floor(range.from)); row <= Math.min(this.shades.length - 1, Math.ceil(range.to)); row += 1) {
      const shade = this.shades[row];
      const x = scale.logicalToCoordinate(row as Logical);
      if (!shade || x === null) continue;
      const left = Math.round(x * ratio - width / 2);
      if (shade.parity || shade.outside) {
        context.fillStyle = shade.outside ? this.colours.outside : this.colours.day;
        context.fillRect(left, 0, Math.round(x * ratio + width / 2) - left, bitmapSize.height);
      }
      if (shade.first) {
        context.fillStyle = this.colours.border;
        context.fillRect(left, 0, Math.max(1, Math.round(ratio)), bitmapSize.height);
      }
    }
  }

  private paintAlert({ context, bitmapSize, horizontalPixelRatio, verticalPixelRatio }: Scope, alert: Alert): void {
    const x = this.chart?.timeScale().timeToCoordinate(this.opens as Time) ?? null;
    const y = (price: number) => (this.series?.priceToCoordinate(price) ?? 0) * verticalPixelRatio;
    // An alert whose candle is left of what is loaded still rules what follows.
    if (x === null && (this.times[0] ?? Infinity) < this.opens) return;
    const left = Math.max(0, (x ?? 0) * horizontalPixelRatio);
    const box = (colour: string, one: number, other: number) => {
      context.fillStyle = colour;
      context.fillRect(left, Math.min(y(one), y(other)), bitmapSize.width - left, Math.max(1, Math.abs(y(one) - y(other))));
    };
    const plan = planOf(alert);
    if (!plan) return;
    const long = alert.direction === "long";
    box(this.colours.good, long ? plan.entry_max : plan.entry_min, plan.take_profit);
    box(this.colours.bad, long ? plan.entry_min : plan.entry_max, plan.stop_loss);
    box(this.colours.entry, plan.entry_min, plan.entry_max);
  }

  /** Between the low and the high end of the range, upwards and downwards; nothing where the candle is not loaded. */
  private paintCone({ context, horizontalPixelRatio, verticalPixelRatio }: Scope, from: number): void {
    const scale = this.chart?.timeScale();
    const row = this.times.lastIndexOf(this.opens);
    const start = row < 0 ? null : scale?.logicalToCoordinate(row as Logical) ?? null;
    if (!scale || start === null || !this.cone.length) return;
    const x = (step: number) => (start + step * scale.options().barSpacing) * horizontalPixelRatio;
    const y = (price: number) => (this.series?.priceToCoordinate(price) ?? 0) * verticalPixelRatio;
    context.fillStyle = this.colours.cone;
    for (const side of [1, -1]) {
      const rim = [...this.cone.map(({ step, high }) => [step, high] as const), ...this.cone.toReversed().map(({ step, low }) => [step, low] as const)];
      context.beginPath();
      for (const [step, off] of rim) context.lineTo(x(step), y(from + side * off));
      context.closePath();
      context.fill();
    }
  }
}
