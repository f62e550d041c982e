// Past days: their alerts with what became of them, and their replay. It holds no socket, so it can send nothing.

import { emptyDesk, reduce, type Desk } from "../core/desk";
import type { AlertRecord, Candle, ServerFrame } from "../core/frames";
import { isoDay } from "../core/format";
import { Series, type Change } from "../core/series";
import { Session, type Effect } from "../core/session";
import { TimeMachine } from "../core/timemachine";
import type { Api, CandlePage } from "../link/api";

const STEP_S = 0.1;
const CHUNK = 500;
const CHUNKS = 4; // a session of one-minute candles, and some before it

export class Past {
  desk: Desk = emptyDesk();
  series = new Series();
  page: CandlePage | null = null;
  day = "";
  next: string | null = null;
  reading: "reading" | "read" | "failed" = "reading";
  machine: TimeMachine | null = null;
  private session = new Session();
  private timer = 0;
  private asked = 0;

  constructor(private readonly api: Api, private readonly changed: (change: Change, candle: Candle | null) => void) {}

  /** Read a day; what is asked later overtakes what was asked before. */
  async open(day: string, instrument: string, timeframe: string, known: readonly AlertRecord[] = []): Promise<void> {
    this.leave();
    const ask = ++this.asked;
    if (day !== this.day) this.desk = emptyDesk();
    this.day = day;
    this.next = null;
    if (known.length) this.desk = reduce(this.desk, { kind: "records", records: known });
    this.changed("all", null);
    const [alerts, candles] = await this.read(ask, Promise.all([this.api.alerts(day), this.candles(day, instrument, timeframe)]));
    if (ask !== this.asked) return;
    this.next = alerts.next;
    this.desk = reduce(this.desk, { kind: "records", records: alerts.alerts });
    this.series = new Series();
    this.series.merge(candles);
    this.changed("all", null);
  }

  async more(): Promise<void> {
    if (!this.next) return;
    const ask = this.asked;
    const page = await this.api.alerts(this.day, this.next);
    if (ask !== this.asked) return;
    this.next = page.next;
    this.desk = reduce(this.desk, { kind: "records", records: page.alerts });
    this.changed("none", null);
  }

  /** Play the day of an instrument: its candles appear as they closed, its alerts as they rang. */
  async play(instrument: string, timeframe: string): Promise<void> {
    const ask = ++this.asked;
    const [records, candles] = await this.read(ask, Promise.all([this.api.wholeDay(this.day), this.candles(this.day, instrument, timeframe)]));
    if (ask !== this.asked) return;
    const zone = this.page?.timezone;
    const before = candles.filter((candle) => isoDay(candle.time, zone) < this.day);
    this.series = new Series();
    this.series.merge(before);
    this.desk = emptyDesk();
    const mine = records.filter(({ alert }) => alert.instrument === instrument && alert.timeframe === timeframe);
    const contract = this.page?.contract ?? instrument;
    this.machine = new TimeMachine({ instrument, contract, timeframe, candles: candles.slice(before.length), records: mine });
    this.session = new Session();
    this.changed("all", null);
    this.run(this.session.opened(this.machine.now));
    this.timer = window.setInterval(() => this.step(), STEP_S * 1000);
  }

  leave(): void {
    window.clearInterval(this.timer);
    this.machine = null;
    this.asked += 1;
  }

  /** Say meanwhile that it is being read, and afterwards if it could not be. */
  private async read<T>(ask: number, asked: Promise<T>): Promise<T> {
    this.reading = "reading";
    try {
      const found = await asked;
      if (ask === this.asked) this.reading = "read";
      return found;
    } catch (error) {
      if (ask === this.asked) this.reading = "failed";
      throw error;
    }
  }

  private step(): void {
    const machine = this.machine;
    if (!machine) return;
    for (const frame of machine.advance(STEP_S)) this.run(this.session.hear(frame, machine.now));
    this.run(this.session.tick(machine.now));
    this.changed("none", null);
  }

  private run(effects: Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "send") for (const frame of this.machine?.answer(effect.frame) ?? []) this.run(this.session.hear(frame, this.machine?.now ?? 0));
      else if (effect.kind === "show") this.desk = reduce(this.desk, { kind: "alert", alert: effect.alert, recovered: false });
      else if (effect.kind === "heard") this.heard(effect.frame);
    }
  }

  private heard(frame: ServerFrame): void {
    if (frame.action === "candle") this.changed(this.series.take(frame.candle), frame.candle);
    else if (frame.action === "action") this.desk = reduce(this.desk, { kind: "action", frame });
  }

  private async candles(day: string, instrument: string, timeframe: string): Promise<Candle[]> {
    // Midnight at the exchange: a bound only, so its summer time of old does not matter.
    const start = Date.parse(`${day}T00:00:00-03:00`) / 1000;
    const found = new Series();
    for (let chunk = 0, before = start + 86_400; chunk < CHUNKS; chunk += 1) {
      const page = await this.api.candles(instrument, timeframe, CHUNK, before);
      if (chunk === 0) this.page = page; // the day's own; the others tell of days before
      const oldest = page.candles[0]?.time;
      found.merge(page.candles);
      if (oldest === undefined || oldest < start) break;
      before = oldest;
    }
    return found.candles;
  }
}
