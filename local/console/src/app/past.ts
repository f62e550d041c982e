// Past days: their alerts with what became of them, and their replay. It holds no socket, so it can send nothing.

import { emptyDesk, reduce, type Desk } from "../core/desk/desk";
import type { AlertRecord, Candle, ServerFrame } from "../core/link/frames";
import { isoDay, startOfDay, timeframeSeconds } from "../core/format";
import { Series, type Change } from "../core/chart/series";
import { Session, type Effect } from "../core/link/session";
import { TimeMachine } from "../core/link/timemachine";
import type { Api, CandlePage } from "../link/api";
import { keptCandles } from "./kept";

const STEP_S = 0.1;
const LONGEST_DAY_S = 25 * 3600; // when summer time ends

/** Whose past is shown; its days are those of `zone`. */
export interface Whose { instrument: string; timeframe: string; zone: string }

export class Past {
  desk: Desk;
  series = new Series();
  page: CandlePage | null = null;
  /** The finer timeframe of which the day's candles were made; empty where they were posted as such. */
  from = "";
  day = "";
  next: string | null = null;
  reading: "reading" | "read" | "failed" = "reading";
  machine: TimeMachine | null = null;
  private session = new Session();
  private timer = 0;
  private asked = 0;

  constructor(private readonly api: Api, private readonly me: string, private readonly offered: readonly string[], private readonly changed: (change: Change, candle: Candle | null) => void) {
    this.desk = emptyDesk(me);
  }

  /** Read a day; what is asked later overtakes what was asked before. */
  async open(day: string, whose: Whose, known: readonly AlertRecord[] = []): Promise<void> {
    this.leave();
    const ask = ++this.asked;
    if (day !== this.day) this.desk = emptyDesk(this.me);
    this.day = day;
    this.next = null;
    if (known.length) this.desk = reduce(this.desk, { kind: "records", records: known });
    this.changed("all", null);
    const [alerts, candles] = await this.read(ask, Promise.all([this.api.alerts(day), this.candles(day, whose)]));
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

  /** Play the day of an instrument: its candles appear as they closed, its alerts as they rang. False where it has no candles. */
  async play(whose: Whose): Promise<boolean> {
    const { instrument, timeframe, zone } = whose;
    const ask = ++this.asked;
    const [records, candles] = await this.read(ask, Promise.all([this.api.wholeDay(this.day), this.candles(this.day, whose)]));
    if (ask !== this.asked) return true;
    const before = candles.filter((candle) => isoDay(candle.time, zone) < this.day);
    if (before.length === candles.length) return false;
    this.series = new Series();
    this.series.merge(before);
    this.desk = emptyDesk(this.me);
    const mine = records.filter(({ alert }) => alert.instrument === instrument && timeframeSeconds(alert.timeframe) <= timeframeSeconds(timeframe));
    const contract = this.page?.contract ?? instrument;
    this.machine = new TimeMachine({ instrument, contract, timeframe, candles: candles.slice(before.length), records: mine });
    this.session = new Session();
    this.changed("all", null);
    this.run(this.session.opened(this.machine.now));
    this.timer = window.setInterval(() => this.step(), STEP_S * 1000);
    return true;
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

  /** The candles of a day at the exchange, and some before it. */
  private async candles(day: string, { instrument, timeframe, zone }: Whose): Promise<Candle[]> {
    const since = startOfDay(day, zone);
    const { page, candles, from } = await keptCandles(this.api, { instrument, timeframe, offered: this.offered, since, before: since + LONGEST_DAY_S });
    this.page = page;
    this.from = from?.timeframe ?? "";
    return candles.filter((candle) => isoDay(candle.time, zone) <= day);
  }
}
