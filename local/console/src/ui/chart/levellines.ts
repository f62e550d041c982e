// The operator's own price alerts as lines over the candles: set by a right click or a long press, dragged to move.

import { LineStyle, type IPriceLine, type ISeriesApi } from "lightweight-charts";
import type { Level } from "../../core/desk/levels";

const LONG_PRESS_MS = 550;
const STILL_PX = 8;
const REACH_PX = { mouse: 5, touch: 16 };

export interface LevelEvents {
  /** Somebody pointed at a price. */
  ask(price: number): void;
  move(id: string, price: number): void;
}

interface Drawn { level: Level; line: IPriceLine }
interface Drag { drawn: Drawn; price: number }

export class LevelLines {
  private drawn: Drawn[] = [];
  private drag: Drag | null = null;
  private press = 0;
  private pressedAt: { x: number; y: number } | null = null;
  private askedAt = -Infinity;
  private tick = 1;
  private allowed = false;
  private readonly ended = new AbortController();

  constructor(private readonly host: HTMLElement, private readonly series: ISeriesApi<"Candlestick">, private readonly events: LevelEvents) {
    const { signal } = this.ended, held = { capture: true, signal } as const; // before the chart takes a press for the beginning of a pan
    host.addEventListener("contextmenu", (event) => { if (this.allowed) { event.preventDefault(); this.ask(event.clientY); } }, { signal });
    host.addEventListener("mousedown", (event) => { if (event.button === 0) this.begin(event, event.clientY, REACH_PX.mouse); }, held);
    host.addEventListener("mousemove", (event) => { host.classList.toggle("on-level", this.near(event.clientY, REACH_PX.mouse) !== null); }, { signal });
    window.addEventListener("mousemove", (event) => this.moved(event.clientX, event.clientY), { signal });
    window.addEventListener("mouseup", () => this.end(), { signal });
    host.addEventListener("touchstart", (event) => this.touched(event), { ...held, passive: false });
    host.addEventListener("touchmove", (event) => { const [one] = event.touches; if (one) { this.moved(one.clientX, one.clientY); if (this.drag) event.preventDefault(); } }, { ...held, passive: false });
    for (const name of ["touchend", "touchcancel"] as const) host.addEventListener(name, () => this.end(name === "touchend"), held);
    window.addEventListener("keydown", (event) => { if (event.key === "Escape" && this.drag) { event.stopPropagation(); this.end(false); } }, held);
  }

  /** Draw these instead; `allowed` where one may set and move them. */
  show(levels: readonly Level[], tick: number, allowed: boolean, title: (level: Level) => string, colour: (name: string) => string): void {
    this.tick = tick;
    this.allowed = allowed;
    this.drag = null;
    for (const { line } of this.drawn) this.series.removePriceLine(line);
    this.drawn = levels.map((level) => ({
      level,
      line: this.series.createPriceLine({
        price: level.price, title: title(level), color: colour(level.paused ? "--dim" : "--level"), lineStyle: LineStyle.LargeDashed, lineWidth: 1, axisLabelVisible: true,
      }),
    }));
  }

  close(): void {
    this.still();
    this.ended.abort();
  }

  private priceAt(clientY: number): number | null {
    const price = this.series.coordinateToPrice(clientY - this.host.getBoundingClientRect().top);
    return price === null || price <= 0 ? null : Number((Math.round(price / this.tick) * this.tick).toFixed(10));
  }

  private near(clientY: number, reach: number): Drawn | null {
    if (!this.allowed) return null;
    const y = clientY - this.host.getBoundingClientRect().top;
    const away = ({ level }: Drawn) => Math.abs((this.series.priceToCoordinate(level.price) ?? Infinity) - y);
    const nearest = [...this.drawn].sort((a, b) => away(a) - away(b))[0];
    return nearest && away(nearest) <= reach ? nearest : null;
  }

  private begin(event: Event, clientY: number, reach: number): void {
    const drawn = this.near(clientY, reach);
    if (!drawn) return;
    event.preventDefault();
    event.stopPropagation();
    this.drag = { drawn, price: drawn.level.price };
  }

  private touched(event: TouchEvent): void {
    const [one] = event.touches;
    if (!one || event.touches.length > 1 || !this.allowed) return this.still();
    this.begin(event, one.clientY, REACH_PX.touch);
    if (this.drag) return;
    this.pressedAt = { x: one.clientX, y: one.clientY };
    this.press = window.setTimeout(() => { this.still(); this.ask(one.clientY); }, LONG_PRESS_MS);
  }

  private moved(clientX: number, clientY: number): void {
    if (this.pressedAt && Math.hypot(clientX - this.pressedAt.x, clientY - this.pressedAt.y) > STILL_PX) this.still();
    const price = this.drag && this.priceAt(clientY);
    if (!this.drag || !price) return;
    this.drag.price = price;
    this.drag.drawn.line.applyOptions({ price });
  }

  /** Let go; what is given up stands where it stood. */
  private end(keep = true): void {
    this.still();
    const { drag } = this;
    this.drag = null;
    if (!drag || drag.price === drag.drawn.level.price) return;
    if (keep) this.events.move(drag.drawn.level.id, drag.price);
    else drag.drawn.line.applyOptions({ price: drag.drawn.level.price });
  }

  private still(): void {
    window.clearTimeout(this.press);
    this.pressedAt = null;
  }

  /** Some browsers tell a long press as a right click as well. */
  private ask(clientY: number): void {
    const price = this.priceAt(clientY), now = performance.now();
    if (price === null || now - this.askedAt < LONG_PRESS_MS) return;
    this.askedAt = now;
    this.events.ask(price);
  }
}
