// The candle chart: candles and volume, alerts as arrows, the selected one's prices as lines.

import {
  CandlestickSeries, ColorType, createChart, createSeriesMarkers, CrosshairMode, HistogramSeries, LineStyle, TickMarkType,
  type IChartApi, type IPriceLine, type ISeriesApi, type ISeriesMarkersPluginApi, type SeriesMarker, type Time, type UTCTimestamp,
} from "lightweight-charts";
import type { Entry } from "../core/desk";
import { planOf, type Alert, type Candle } from "../core/frames";
import { dayMonth, decimalsOf, hourMinute, number, price, type Language } from "../core/format";
import { word } from "../core/words";
import { Bands, type Hours } from "./bands";
import { h, say } from "./dom";

const MARKER_LIMIT = 200;
const BAR_PX = 8;
const NARROW = 80; // px; no room to look at anything
const SQUEEZED_PX = 1.5;
const ROOM = 8; // bars between the newest candle and the scale

/** `missing` is a word for why there are no candles. */
export interface Market extends Hours { name: string; contract: string; timeframe: string; tick: number; missing: string }

const NOWHERE: Market = { name: "", contract: "", timeframe: "", tick: 1, missing: "reading_candles", zone: "America/Sao_Paulo", open: "09:00", close: "18:25" };

export class Chart {
  readonly root: HTMLElement;
  private readonly host = h("div", { class: "chart-host", role: "figure" });
  private readonly legend = h("p", { class: "chart-legend" });
  private readonly now = h("button", { type: "button", class: "chart-now", hidden: true, onclick: () => this.chart.timeScale().scrollToPosition(ROOM, false) });
  private readonly chart: IChartApi;
  private readonly series: ISeriesApi<"Candlestick">;
  private readonly volume: ISeriesApi<"Histogram">;
  private readonly markers: ISeriesMarkersPluginApi<Time>;
  private readonly bands: Bands;
  private lines: IPriceLine[] = [];
  private market: Market = NOWHERE;
  private language: Language = "pt-BR";
  private last: Candle | null = null;
  private marked = "";
  private blind = true;

  constructor(picked: (id: string) => void) {
    this.root = h("div", { class: "chart" }, this.host, this.legend, this.now);
    this.chart = createChart(this.host, { autoSize: true, layout: { attributionLogo: true } });
    this.series = this.chart.addSeries(CandlestickSeries, { priceLineVisible: true, lastValueVisible: true });
    this.volume = this.chart.addSeries(HistogramSeries, { priceScaleId: "", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.86, bottom: 0 } });
    this.markers = createSeriesMarkers(this.series, []);
    this.bands = new Bands(colours());
    this.series.attachPrimitive(this.bands);
    this.chart.timeScale().subscribeSizeChange(() => this.squeezed() && this.lookAtNewest());
    this.chart.timeScale().subscribeVisibleLogicalRangeChange(() => this.panned());
    this.chart.subscribeClick((click) => typeof click.hoveredObjectId === "string" && picked(click.hoveredObjectId));
    this.chart.subscribeCrosshairMove((move) => this.tell((move.seriesData.get(this.series) as unknown as Candle | undefined) ?? this.last));
  }

  /** Take on the theme's colours and the language's numbers. */
  dress(language: Language): void {
    this.language = language;
    const at = style();
    this.bands.colours = colours();
    this.chart.applyOptions({
      layout: { background: { type: ColorType.Solid, color: at("--panel") }, textColor: at("--dim"), fontFamily: "inherit", fontSize: 11 },
      grid: { vertLines: { visible: false }, horzLines: { color: at("--grid") } },
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: { borderColor: at("--line"), minimumWidth: 74 },
      timeScale: {
        borderColor: at("--line"), timeVisible: true, secondsVisible: false, rightOffset: ROOM, minBarSpacing: 1,
        tickMarkFormatter: (time: Time, kind: TickMarkType) => kind <= TickMarkType.DayOfMonth
          ? dayMonth(time as number, this.language) : hourMinute(time as number),
      },
      localization: {
        timeFormatter: (time: Time) => `${dayMonth(time as number, this.language)} ${hourMinute(time as number)}`,
        priceFormatter: (value: number) => this.onTick(value),
      },
    });
    this.series.applyOptions({
      upColor: at("--up"), downColor: at("--panel"), borderUpColor: at("--up"), borderDownColor: at("--down"), wickUpColor: at("--up"), wickDownColor: at("--down"),
      priceLineColor: at("--dim"), priceFormat: { type: "custom", minMove: this.market.tick, formatter: (value: number) => this.onTick(value) },
    });
    this.marked = "";
    say(this.now, `${word("now", language)} ⇥`);
    this.tell(this.last);
  }

  /** Show another market, or the same one anew. */
  load(market: Market, candles: readonly Candle[], keepSight: boolean): void {
    this.market = market;
    this.dress(this.language);
    this.series.setData(candles.map(bar));
    this.volume.setData(candles.map((candle) => this.volumeBar(candle)));
    this.bands.candles(candles, market);
    this.last = candles.at(-1) ?? null;
    if (!keepSight) {
      this.lookAtNewest();
      requestAnimationFrame(() => this.squeezed() && this.lookAtNewest());
    }
    this.tell(this.last);
  }

  /** A chart without room, as while the page is laid out, squeezes its bars and leaves them so. */
  private squeezed(): boolean {
    const scale = this.chart.timeScale(), seen = scale.getVisibleLogicalRange();
    return this.blind || (seen !== null && scale.width() < SQUEEZED_PX * (seen.to - seen.from));
  }

  private lookAtNewest(): void {
    const scale = this.chart.timeScale();
    this.blind = scale.width() < NARROW;
    if (this.blind) return;
    scale.applyOptions({ barSpacing: BAR_PX, rightOffset: ROOM });
    scale.scrollToPosition(ROOM, false);
  }

  /** Panned back, the axis would show the last candle in sight as the current price, and nothing leads to now. */
  private panned(): void {
    const away = this.chart.timeScale().scrollPosition() < 0;
    if (this.now.hidden !== away) return;
    this.now.hidden = !away;
    this.series.applyOptions({ lastValueVisible: !away });
  }

  private onTick(value: number): string {
    const { tick } = this.market;
    return price(Math.round(value / tick) * tick, tick, this.language);
  }

  add(candle: Candle): void {
    this.series.update(bar(candle));
    this.volume.update(this.volumeBar(candle));
    this.bands.add(candle, this.market);
    this.last = candle;
    this.tell(candle);
  }

  /** Arrows where alerts are, the selected one with its prices. */
  mark(entries: readonly Entry[], selected: Alert | null, first: number): void {
    const mine = entries.filter(({ alert }) => alert.instrument === this.market.name && alert.timeframe === this.market.timeframe && alert.candle.time >= first);
    const key = `${mine.map(({ alert }) => alert.id.slice(0, 12)).join()}|${selected?.id ?? ""}`;
    if (key === this.marked) return;
    this.marked = key;
    const at = style();
    const made = mine.slice(0, MARKER_LIMIT).map(({ alert }) => arrow(alert, alert.id === selected?.id, at));
    this.markers.setMarkers(made.sort((a, b) => (a.time as number) - (b.time as number)));
    this.frame(selected && selected.instrument === this.market.name ? selected : null, at);
  }

  /** Bring a time into sight, where it is not. */
  reveal(time: number): void {
    const seen = this.chart.timeScale().getVisibleRange();
    if (seen && time >= (seen.from as number) && time <= (seen.to as number)) return;
    const candles = this.series.data();
    const row = candles.findIndex((one) => (one.time as number) >= time);
    const bars = this.chart.timeScale().width() / this.chart.timeScale().options().barSpacing;
    if (row >= 0) this.chart.timeScale().scrollToPosition(Math.min(ROOM, row - candles.length + bars * 0.4), false);
  }

  close(): void {
    this.chart.remove();
  }

  private frame(alert: Alert | null, at: (name: string) => string): void {
    for (const line of this.lines) this.series.removePriceLine(line);
    this.bands.show(alert);
    if (!alert) {
      this.lines = [];
      return;
    }
    const line = (value: number, title: string, color: string, lineStyle: LineStyle) =>
      this.series.createPriceLine({ price: value, title, color, lineStyle, lineWidth: 1, axisLabelVisible: true });
    const plan = planOf(alert);
    this.lines = plan ? [
      line(plan.take_profit, word("target", this.language), at("--up"), LineStyle.Solid),
      line(alert.price, word("entry", this.language), at("--accent"), LineStyle.Dashed),
      line(plan.stop_loss, word("stop", this.language), at("--down"), LineStyle.Solid),
    ] : [line(alert.price, word("price", this.language), at("--accent"), LineStyle.Dashed)];
  }

  private volumeBar(candle: Candle) {
    return { time: candle.time as UTCTimestamp, value: candle.real_volume || candle.tick_volume || 0, color: style()("--volume") };
  }

  private tell(candle: Candle | null): void {
    const { contract, timeframe, tick, missing } = this.market;
    const at = (value: number) => number(value, decimalsOf(tick), this.language);
    const names = this.language === "en" ? ["O", "H", "L", "C"] : ["Abe", "Máx", "Mín", "Fec"];
    const values = candle ? [candle.open, candle.high, candle.low, candle.close].map((value, one) => `${names[one]} ${at(value)}`).join("  ") : word(missing, this.language);
    say(this.legend, `${contract} ${timeframe}  ${values}`);
    const close = this.last ? `, ${word("newest_close", this.language)} ${at(this.last.close)} ${word("at", this.language)} ${hourMinute(this.last.time)}` : "";
    this.host.setAttribute("aria-label", `${word("chart_of", this.language)} ${contract} ${timeframe}${close}`);
  }
}

const bar = ({ time, open, high, low, close }: Candle) => ({ time: time as UTCTimestamp, open, high, low, close });

function arrow(alert: Alert, selected: boolean, at: (name: string) => string): SeriesMarker<Time> {
  const long = alert.direction === "long";
  if (alert.direction === "none") {
    return { id: alert.id, time: alert.candle.time as UTCTimestamp, position: "aboveBar", shape: "circle", color: at("--accent"), size: selected ? 2 : 1 };
  }
  return {
    id: alert.id, time: alert.candle.time as UTCTimestamp, position: long ? "belowBar" : "aboveBar", shape: long ? "arrowUp" : "arrowDown",
    color: at(selected ? "--accent" : long ? "--up" : "--down"), size: selected ? 2 : 1,
  };
}

function style(): (name: string) => string {
  const computed = getComputedStyle(document.documentElement);
  return (name) => computed.getPropertyValue(name).trim();
}

function colours() {
  const at = style();
  return { day: at("--shade-day"), outside: at("--shade-out"), border: at("--line"), entry: at("--band-entry"), good: at("--band-good"), bad: at("--band-bad") };
}
