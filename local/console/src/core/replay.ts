// Whether what comes is a past session told again by the server (a demonstration, a drill): which moment of it, how fast.

import type { Entry } from "./desk";
import { timeframeSeconds } from "./format";
import type { CandleFrame } from "./frames";

/** A candle that closed so long before it came is no late one. */
const PAST_S = 6 * 3600;

export interface Replayed { /** The market's time of the newest candle or alert. */ at: number; /** Market seconds per second, where it is known. */ speed: number | null }

export class Replay {
  private readonly heard = new Map<string, { closed: number; at: number }>();
  private speed: number | null = null;
  private newest: number | null = null;

  /** Note a candle that came at a time of the server's clock. */
  hear({ instrument, timeframe, candle }: CandleFrame, now: number): void {
    const closed = candle.time + timeframeSeconds(timeframe);
    if (now - closed < PAST_S) {
      this.newest = this.speed = null;
      return;
    }
    const before = this.heard.get(`${instrument} ${timeframe}`);
    if (before && closed > before.closed && now > before.at) this.speed = (closed - before.closed) / (now - before.at);
    this.heard.set(`${instrument} ${timeframe}`, { closed, at: now });
    this.newest = Math.max(this.newest ?? 0, closed);
  }

  /** What is replayed, by the candles that came, else by the newest alert; null where the market's own day is shown. */
  told(newestAlert: Entry | undefined): Replayed | null {
    if (this.newest !== null) return { at: this.newest, speed: this.speed && rounded(this.speed) };
    if (this.heard.size || !newestAlert) return null;
    const { candle_closed_at: closed, detected_at: detected } = newestAlert.alert;
    return detected - closed >= PAST_S ? { at: closed, speed: null } : null;
  }
}

/** To two figures, as a speed is set by people. */
const rounded = (speed: number) => (speed < 1.5 ? 1 : Number(speed.toPrecision(speed < 95 ? 1 : 2)));
