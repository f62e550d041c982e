// The candle chart: candles and volume, alerts as arrows, the selected one's prices as lines.

import {
  CandlestickSeries, ColorType, createChart, createSeriesMarkers, CrosshairMode, HistogramSeries, LineStyle, TickMarkType, TrackingModeExitMode,
  type IChartApi, type IPriceLine, type ISeriesApi, type ISeriesMarkersPluginApi, type SeriesMarker, type Time, type UTCTimestamp,
} from "lightweight-charts";
import type { Entry } from "../../core/desk/desk";
import { opening } from "../../core/chart/aggregate";
import { dayMonth, decimalsOf, hourMinute, number, price, signed, timeframeSeconds, zoneMark, type Language } from "../../core/format";
import { isContext, planOf, type Alert, type Candle } from "../../core/link/frames";
import { word } from "../../core/words";
import { isDrawn, type Level } from "../../core/desk/levels";
import type { Price } from "../../core/desk/prices";
import { Bands, type Hours } from "./bands";
import { fill, h, say } from "../dom";
import { STUDIES, type Study } from "../../core/chart/studies";
import { LevelLines, type LevelEvents } from "./levellines";
import { Overlays } from "./overlays";

const MARKER_LIMIT = 200;
const BAR_PX = 8;
const NARROW = 80; // px; no room to look at anything
const ROOMY = 560; // px; with less the names of the lines would hide the candles: their first letters stand there
const SQUEEZED_PX = 1.5;
const ROOM = 8; // bars between the newest candle and the scale

/** `missing` is a word for why there are no candles, `from` the finer timeframe of which they were made. */
export interface Market extends Hours { name: string; contract: string; timeframe: string; from: string; tick: number; missing: string }

const NOWHERE: Market = { name: "", contract: "", timeframe: "", from: "", tick: 1, missing: "reading_candles", zone: "America/Sao_Paulo", open: "09:00", close: "18:25" };

export class Chart {
  readonly root: HTMLElement;
  private readonly host = h("div", { class: "chart-host", role: "figure" });
  private readonly legend = h("p", { class: "chart-legend" });
  private readonly menu = h("details", { class: "studies" });
  private readonly now = h("button", { type: "button", class: "chart-now", hidden: true, onclick: () => this.chart.timeScale().scrollToPosition(ROOM, false) });
  private readonly chart: IChartApi;
  private readonly series: ISeriesApi<"Candlestick">;
  private readonly volume: ISeriesApi<"Histogram">;
  private readonly markers: ISeriesMarkersPluginApi<Time>;
  private readonly bands: Bands;
  private lines: IPriceLine[] = [];
  private market: Market = NOWHERE;
  private language: Language = "pt-BR";
  private readonly overlays: Overlays;
  private readonly levels: LevelLines;
  private levelled = "";
  private priceLine: IPriceLine | null = null;
  private priced = "";
  private candles: Candle[] = [];
  private shown: Alert | null = null;
  private settlement: number | null = null;
  private marked = "";
  private blind = true;
  private small = false;

  constructor(picked: (id: string) => void, private studies: readonly Study[], private readonly chosen: (studies: readonly Study[]) => void, events: LevelEvents) {
    this.root = h("div", { class: "chart" }, this.host, this.legend, this.menu, this.now);
    this.chart = createChart(this.host, { autoSize: true, layout: { attributionLogo: true }, trackingMode: { exitMode: TrackingModeExitMode.OnTouchEnd } });
    this.series = this.chart.addSeries(CandlestickSeries, { priceLineVisible: true, lastValueVisible: true });
    this.volume = this.chart.addSeries(HistogramSeries, { priceScaleId: "", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.86, bottom: 0 } });
    this.markers = createSeriesMarkers(this.series, []);
    this.bands = new Bands(colours());
    this.series.attachPrimitive(this.bands);
    this.overlays = new Overlays(this.chart, this.series);
    this.levels = new LevelLines(this.host, this.series, events);
    this.chart.timeScale().subscribeSizeChange(() => { this.sized(); if (this.squeezed()) this.lookAtNewest(); });
    this.chart.timeScale().subscribeVisibleLogicalRangeChange(() => this.panned());
    this.chart.subscribeClick((click) => typeof click.hoveredObjectId === "string" && picked(click.hoveredObjectId));
    this.chart.subscribeCrosshairMove((move) => this.tell(this.candleAt(move.time) ?? this.last));
  }

  private get last(): Candle | null {
    return this.candles.at(-1) ?? null;
  }

  private get seconds(): number {
    return timeframeSeconds(this.market.timeframe) || 60;
  }

  private candleAt(time: Time | undefined): Candle | undefined {
    return time === undefined ? undefined : this.candles.find((one) => one.time === time);
  }

  /** Take on the theme's colours and the language's numbers. */
  dress(language: Language): void {
    this.language = language;
    const at = style();
    this.bands.colours = colours();
    this.chart.applyOptions({
      layout: { background: { type: ColorType.Solid, color: at("--panel") }, textColor: at("--dim"), fontFamily: "inherit", fontSize: 11, panes: { separatorColor: at("--line") } },
      grid: { vertLines: { visible: false }, horzLines: { color: at("--grid") } },
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: { borderColor: at("--line"), minimumWidth: 74 },
      timeScale: {
        borderColor: at("--line"), timeVisible: true, secondsVisible: false, rightOffset: ROOM, minBarSpacing: 1,
        tickMarkFormatter: (time: Time, kind: TickMarkType) => kind <= TickMarkType.DayOfMonth
          ? dayMonth(time as number, this.language, this.market.zone) : hourMinute(time as number, this.market.zone),
      },
      localization: {
        timeFormatter: (time: Time) => `${dayMonth(time as number, this.language, this.market.zone)} ${hourMinute(time as number, this.market.zone)}`,
        priceFormatter: (value: number) => this.onTick(value),
      },
    });
    this.series.applyOptions({
      upColor: at("--up"), downColor: at("--panel"), borderUpColor: at("--up"), borderDownColor: at("--down"), wickUpColor: at("--up"), wickDownColor: at("--down"),
      priceLineColor: at("--dim"), priceFormat: { type: "custom", minMove: this.market.tick, formatter: (value: number) => this.onTick(value) },
    });
    this.marked = this.levelled = "";
    say(this.now, `${word("now", language)} ⇥`);
    this.offer();
    this.tell(this.last);
  }

  /** What may be drawn beside the candles, each on or off. */
  private offer(): void {
    const button = (one: Study) => h("button", { type: "button", class: "quiet", "data-study": one, "aria-pressed": String(this.studies.includes(one)), onclick: () => this.toggle(one) }, word(`study_${one}`, this.language));
    fill(this.menu, h("summary", {}, word("studies", this.language)), h("div", { role: "group", "aria-label": word("studies", this.language) }, ...STUDIES.map(button)));
  }

  private toggle(study: Study): void {
    this.studies = this.studies.includes(study) ? this.studies.filter((one) => one !== study) : [...this.studies, study];
    this.menu.querySelector(`[data-study="${study}"]`)?.setAttribute("aria-pressed", String(this.studies.includes(study)));
    this.chosen(this.studies);
    this.overlay();
  }

  private overlay(): void {
    const { candles, seconds, shown: alert, settlement, studies, language } = this;
    this.volume.applyOptions({ visible: studies.includes("volume") });
    this.overlays.draw({ candles, seconds, zone: this.market.zone, open: this.market.open, alert, settlement, studies, language, colour: style() });
  }

  /** Show another market, or the same one anew. */
  load(market: Market, candles: readonly Candle[], keepSight: boolean): void {
    this.market = market;
    this.dress(this.language);
    this.series.setData(candles.map(bar));
    const colour = style()("--volume"); // asked once: the browser works it out anew each time
    this.volume.setData(candles.map((candle) => volumeBar(candle, colour)));
    this.bands.candles(candles, market);
    this.candles = [...candles];
    this.overlay();
    if (!keepSight) this.lookAtNewest();
    requestAnimationFrame(() => this.squeezed() && this.lookAtNewest());
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
  private panned(anew = false): void {
    const away = this.chart.timeScale().scrollPosition() < 0;
    if (this.now.hidden !== away && !anew) return;
    this.now.hidden = !away;
    this.series.applyOptions({ lastValueVisible: !away && !(this.small && this.priceLine) });
  }

  /** A narrow chart: the card has the names of its lines, the head its market, and of the price one label is enough. */
  private sized(): void {
    const small = this.host.clientWidth < ROOMY;
    if (small === this.small) return;
    this.small = small;
    this.priced = this.marked = "";
    this.tell(this.last);
  }

  private onTick(value: number): string {
    const { tick } = this.market;
    return price(Math.round(value / tick) * tick, tick, this.language);
  }

  add(candle: Candle): void {
    this.series.update(bar(candle));
    this.volume.update(volumeBar(candle, style()("--volume")));
    this.bands.add(candle, this.market);
    if (this.last?.time === candle.time) this.candles.pop();
    this.candles.push(candle);
    this.overlay();
    this.tell(candle);
  }

  /** Arrows where alerts are, the selected one with its prices. */
  mark(entries: readonly Entry[], selected: Alert | null, first: number): void {
    const { seconds } = this;
    const newest = this.last?.time ?? 0;
    const mine = entries.filter(({ alert }) => alert.instrument === this.market.name && timeframeSeconds(alert.timeframe) <= seconds
      && opening(alert.candle.time, seconds) >= first && opening(alert.candle.time, seconds) <= newest);
    const key = `${mine.map(({ alert }) => alert.id.slice(0, 12)).join()}|${selected?.id ?? ""}`;
    if (key === this.marked) return;
    this.marked = key;
    const at = style();
    const made = mine.slice(0, MARKER_LIMIT).map(({ alert }) => arrow(alert, opening(alert.candle.time, seconds), alert.id === selected?.id, at));
    this.markers.setMarkers(made.sort((a, b) => (a.time as number) - (b.time as number)));
    this.settlement = mine.map(({ alert }) => (isContext(alert.context) ? alert.context.settlement : null)).find((one) => one !== null) ?? null;
    this.frame(selected && selected.instrument === this.market.name ? selected : null, at);
    this.overlay();
  }

  /** Where the price is now, by a quote; null where that is not known. */
  price(now: Price | null): void {
    const key = now ? [now.value, now.synthetic, this.language].join() : "";
    if (key === this.priced) return;
    this.priced = key;
    if (this.priceLine) this.series.removePriceLine(this.priceLine);
    const title = this.small ? "" : `${word("now", this.language).toLowerCase()}${now?.synthetic ? ` · ${word("made_up", this.language)}` : ""}`;
    this.priceLine = now && this.series.createPriceLine({ price: now.value, title, color: style()("--accent"), lineStyle: LineStyle.Dotted, lineWidth: 1, axisLabelVisible: true });
    this.panned(true);
  }

  /** The operator's own price alerts of this market; `allowed` where they may be set and moved. */
  own(levels: readonly Level[], allowed: boolean): void {
    const mine = levels.filter((one) => isDrawn(one, this.market.name));
    const key = JSON.stringify([this.market.name, this.market.tick, allowed, mine]);
    if (key === this.levelled) return;
    this.levelled = key;
    const title = ({ crossing, note }: Level) => `${{ cross_up: "↑", cross_down: "↓", touch: "↔" }[crossing]} ${note.slice(0, 20)}`.trim();
    this.levels.show(mine, this.market.tick, allowed, title, style());
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
    this.levels.close();
    this.chart.remove();
  }

  private frame(alert: Alert | null, at: (name: string) => string): void {
    for (const line of this.lines) this.series.removePriceLine(line);
    this.bands.show(alert, alert ? opening(alert.candle.time, this.seconds) : 0, this.seconds);
    this.shown = alert;
    if (!alert) {
      this.lines = [];
      return;
    }
    const line = (value: number, title: string, color: string, lineStyle: LineStyle) =>
      this.series.createPriceLine({ price: value, title: this.small ? title.slice(0, 1) : title, color, lineStyle, lineWidth: 1, axisLabelVisible: true });
    const plan = planOf(alert);
    this.lines = plan ? [
      line(plan.take_profit, word("target", this.language), at("--up"), LineStyle.Solid),
      line(alert.price, word("entry", this.language), at("--accent"), LineStyle.Dashed),
      line(plan.stop_loss, word("stop", this.language), at("--down"), LineStyle.Solid),
    ] : [line(alert.price, word("price", this.language), at("--accent"), LineStyle.Dashed)];
  }

  private tell(candle: Candle | null): void {
    const { contract, timeframe, from, tick, missing, zone } = this.market;
    const at = (value: number) => number(value, decimalsOf(tick), this.language);
    const names = this.language === "en" ? ["O", "H", "L", "C"] : ["Abe", "Máx", "Mín", "Fec"];
    const values = candle ? [candle.open, candle.high, candle.low, candle.close].map((value, one) => `${names[one]} ${at(value)}`).join("  ") : word(missing, this.language);
    const made = from ? ` (${word("made_of", this.language)} ${from})` : "";
    say(this.legend, this.small && candle ? values : `${contract} ${timeframe}${made}  ${values}${candle ? this.moved(candle) : ""}`);
    const close = this.last ? `, ${word("newest_close", this.language)} ${at(this.last.close)} ${word("at", this.language)} ${hourMinute(this.last.time, zone)}${zoneMark(zone)}` : "";
    this.host.setAttribute("aria-label", `${word("chart_of", this.language)} ${contract} ${timeframe}${close}`);
  }

  /** `  +0,42 %  Vol 12.345`: against the close before, and what was traded. */
  private moved(candle: Candle): string {
    const before = this.candles[this.candles.indexOf(candle) - 1];
    const change = before?.close ? (100 * (candle.close - before.close)) / before.close : null;
    const volume = candle.real_volume || candle.tick_volume;
    return `${change === null ? "" : `  ${signed(change, 2, this.language)} %`}${volume ? `  Vol ${number(volume, 0, this.language)}` : ""}`;
  }
}

const volumeBar = ({ time, real_volume, tick_volume }: Candle, color: string) => ({ time: time as UTCTimestamp, value: real_volume || tick_volume || 0, color });
const bar = ({ time, open, high, low, close }: Candle) => ({ time: time as UTCTimestamp, open, high, low, close });

function arrow(alert: Alert, time: number, selected: boolean, at: (name: string) => string): SeriesMarker<Time> {
  const long = alert.direction === "long";
  if (alert.direction === "none") {
    return { id: alert.id, time: time as UTCTimestamp, position: "aboveBar", shape: "circle", color: at("--accent"), size: selected ? 2 : 1 };
  }
  return {
    id: alert.id, time: time as UTCTimestamp, position: long ? "belowBar" : "aboveBar", shape: long ? "arrowUp" : "arrowDown",
    color: at(selected ? "--accent" : long ? "--up" : "--down"), size: selected ? 2 : 1,
  };
}

function style(): (name: string) => string {
  const computed = getComputedStyle(document.documentElement);
  return (name) => computed.getPropertyValue(name).trim();
}

function colours() {
  const at = style();
  return { day: at("--shade-day"), outside: at("--shade-out"), border: at("--line"), entry: at("--band-entry"), good: at("--band-good"), bad: at("--band-bad"), cone: at("--cone") };
}
