// A past session through the same protocol: a server of its own inside the page. It answers what a session asks and
// tells its candles and alerts by a clock that runs at speed. What it is told of receipts and decisions goes nowhere.

import type { AlertRecord, Candle, ClientFrame, Cursor, ServerFrame } from "./frames";
import { timeframeSeconds } from "../format";

interface Step { at: number; frame: ServerFrame }

export interface Tape {
  instrument: string; contract: string; timeframe: string; candles: readonly Candle[]; records: readonly AlertRecord[];
}

export class TimeMachine {
  private steps: Step[];
  private next = 0;
  private told: Cursor = {};
  readonly begins: number;
  readonly ends: number;
  now: number;
  speed = 60;
  paused = false;

  constructor(tape: Tape) {
    this.steps = stepsOf(tape);
    this.begins = (this.steps[0]?.at ?? 0) - 1;
    this.ends = this.steps.at(-1)?.at ?? 0;
    this.now = this.begins;
    for (const { alert } of tape.records) {
      this.told[alert.contract] = Math.min(this.told[alert.contract] ?? Infinity, alert.seq - 1);
    }
  }

  get done(): boolean {
    return this.next >= this.steps.length;
  }

  get progress(): number {
    return this.ends > this.begins ? Math.min(1, (this.now - this.begins) / (this.ends - this.begins)) : 1;
  }

  /** Let real seconds pass; returns what was to be told meanwhile. */
  advance(seconds: number): ServerFrame[] {
    if (this.paused || this.done) return [];
    this.now += seconds * this.speed;
    const from = this.next;
    while (this.next < this.steps.length && (this.steps[this.next] as Step).at <= this.now) this.next += 1;
    const frames = this.steps.slice(from, this.next).map((step) => step.frame);
    for (const frame of frames) {
      if (frame.action === "alert") this.told[frame.alert.contract] = Math.max(this.told[frame.alert.contract] ?? 0, frame.alert.seq);
    }
    return frames;
  }

  /** Answer as the server would. */
  answer(frame: ClientFrame): ServerFrame[] {
    switch (frame.action) {
      case "subscribe": return [{ action: "hello", operator: "", role: "viewer", server_time: this.now, cursor: { ...this.told } }];
      case "resume": return [{ action: "resumed", cursor: { ...this.told } }];
      case "ping": return [{ action: "pong", server_time: this.now }];
      default: return [];
    }
  }
}

function stepsOf({ instrument, contract, timeframe, candles, records }: Tape): Step[] {
  const length = timeframeSeconds(timeframe);
  const steps: Step[] = candles.map((candle) => ({
    at: candle.time + length, frame: { action: "candle", instrument, contract, timeframe, candle },
  }));
  for (const { alert, decision, others } of records) {
    // By the market's clock: what was decided so many seconds after the detection is so here, too.
    const at = alert.candle_closed_at + 0.5;
    steps.push({ at, frame: { action: "alert", alert } });
    for (const one of [...(decision ? [decision] : []), ...(others ?? [])]) {
      const told = at + Math.max(0, one.at - alert.detected_at);
      steps.push({ at: told, frame: { action: "action", alert_id: alert.id, ...one } });
    }
  }
  return steps.sort((a, b) => a.at - b.at);
}
