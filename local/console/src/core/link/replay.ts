// Whether what comes is a past session told again by the server (a demonstration, a drill): which moment of it, how fast.

import type { Entry } from "../desk/desk";
import { timeframeSeconds } from "../format";
import type { Alert, CandleFrame } from "./frames";

/** A candle that closed so long before it came is no late one. */
const PAST_S = 6 * 3600;
/** Whether an alert rang long after its market's moment, as a session told again does. */
export const isReplayed = ({ detected_at: rang, candle_closed_at: closed }: Alert) => rang - closed >= PAST_S;
/** So many candles one after the other are a session told again; a backfill leaps from one part's end to the next. */
const STEPS = 2;
const SESSION_S = 12 * 3600;

export interface Replayed { /** The market's time of the newest candle or alert. */ at: number; /** Market seconds per second, where it is known. */ speed: number | null }

export class Replay {
  private readonly heard = new Map<string, { closed: number; at: number }>();
  private speed: number | null = null;
  private newest: number | null = null;
  private steps = 0;

  /** Note a candle that came at a time of the server's clock. */
  hear({ instrument, timeframe, candle }: CandleFrame, now: number): void {
    const length = timeframeSeconds(timeframe);
    const closed = candle.time + length;
    const before = this.heard.get(`${instrument} ${timeframe}`);
    this.heard.set(`${instrument} ${timeframe}`, { closed, at: now });
    if (now - closed < PAST_S) {
      this.newest = this.speed = null;
      this.steps = 0;
    } else if (before && closed === before.closed + length) {
      this.steps += 1;
      if (now > before.at) this.speed = length / (now - before.at);
      if (this.steps >= STEPS) this.newest = closed;
    }
  }

  /** What is replayed, by the candles that came, else by the newest alert and the chart, whose newest candle closed at
   *  `charted`; null where the market's own day is shown. */
  told(newestAlert: Entry | undefined, charted = 0): Replayed | null {
    if (this.newest !== null) return { at: this.newest, speed: this.speed && rounded(this.speed) };
    if (!newestAlert) return null;
    const { alert } = newestAlert;
    if (!isReplayed(alert)) return null; // a backfill rings nothing
    return { at: charted - alert.candle_closed_at < SESSION_S ? Math.max(charted, alert.candle_closed_at) : alert.candle_closed_at, speed: null };
  }
}

/** To two figures, as a speed is set by people. */
const rounded = (speed: number) => (speed < 1.5 ? 1 : Number(speed.toPrecision(speed < 95 ? 1 : 2)));
