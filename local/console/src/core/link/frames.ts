// The frames of WebSocket protocol v1 as this page reads them, and the objects of the HTTP answers.
// Times are epoch seconds UTC. What a frame's shape does not allow is no frame: it is dropped, not guessed at.

import type * as wire from "../../generated/frames";
import { SEVERITIES, VERDICTS } from "../../generated/frames";
import shared from "../../generated/shared.json";

export { PATTERNS, SEVERITIES, VERDICTS } from "../../generated/frames";
export type { ClientFrame, Direction, Severity } from "../../generated/frames";

export type Verdict = wire.Act["decision"];
export type Outcome = "target" | "stop" | "expired" | "missed" | "came" | "did_not" | "open";
export const OUTCOMES = shared.outcomes as readonly Outcome[];

/** A candle of a frame or of an HTTP answer, which tells less. */
export type Candle = Omit<wire.Candle, "tick_volume" | "real_volume"> & Partial<wire.Candle>;
export type Context = Required<wire.Context>;

/** What this page reads of an alert; of a newer server its pattern may be one that this page does not know. */
export interface Alert extends Omit<wire.Alert, "version" | "config_digest" | "pattern" | "candle" | "context" | "unmeasured"> {
  pattern: string; candle: Candle; context?: Context | null; unmeasured?: Record<string, string>;
  /** Why it did not ring this operator; it stands on the list in silence. */
  listed?: Listed | null;
}

export interface Listed { why: string; score?: number | null; threshold?: number | null }

/** What to do at which prices. */
export type Plan = { [name in "entry_min" | "entry_max" | "stop_loss" | "take_profit" | "risk_reward"]: number };

/** Entry, stop and target; null where an alert names no side. */
export function planOf(alert: Alert): Plan | null {
  return alert.direction === "none" ? null : (alert as Alert & Plan);
}

/** What an alert lets one decide: without a side there is no order to execute. */
export const verdictsFor = (alert: Alert): Verdict[] => VERDICTS.filter((one) => one !== "executed" || planOf(alert));

export interface Decision {
  operator: string; decision: wire.ActionFrame["decision"]; note: string | null; at: number; order_id?: string | null;
  /** It stands for its operator alone, in a desk where each decides. */
  own?: boolean;
}

/** An operator handed an open alert over to a colleague. */
export interface Handed { operator: string; to: string; at: number }

export interface AlertRecord {
  alert: Alert; state: "open" | "decided" | "expired"; decision: Decision | null; outcome: Outcome | null;
  /** What else was decided, by colleagues or before; a server of before has none. */
  others?: readonly Decision[];
  /** Who handed it over to whom, of the one who asks; a server of before does not say. */
  handed?: Handed | null;
  /** Why it did not ring the one who asks; null where it did, or that is not kept any more. */
  listed?: Listed | null;
}

export type Cursor = Record<string, number>;

export type Hello = Omit<wire.Hello, "role"> & { role: string };
export interface AlertFrame { action: "alert"; alert: Alert; listed?: Listed | null }
export type Resumed = wire.Resumed;
export type ActionFrame = Omit<wire.ActionFrame, "own"> & Partial<Pick<wire.ActionFrame, "own">>;
export type PendingFrame = wire.PendingFrame;
export type MutedFrame = wire.MutedFrame;
export type Mute = wire.MutedUntil;
export type ReminderFrame = wire.ReminderFrame;
export type RemindersFrame = wire.RemindersFrame;
export type HandoverFrame = wire.HandoverFrame;
export type DigestFrame = wire.DigestFrame;
export interface ClosedCandle extends Omit<wire.ClosedCandle, "candle"> { candle: Candle }
/** Several candles of one moment: only a page that said `together` hears them so. */
export interface CandlesFrame { action: "candles"; candles: ClosedCandle[] }
export interface CandleFrame extends Omit<wire.CandleFrame, "candle"> { candle: Candle }
/** Of a feed's notice the newest fields may be missing, and its cause may be a newer one. */
export type FeedFrame = Omit<wire.FeedFrame, "cause" | "filled" | "previous" | "count"> & { cause: string | null } & Partial<Pick<wire.FeedFrame, "filled" | "previous" | "count">>;
export type QuoteFrame = wire.QuoteFrame;
export type Pong = wire.Pong;
export type ErrorFrame = wire.ErrorFrame;

export type ServerFrame =
  Hello | AlertFrame | Resumed | ActionFrame | PendingFrame | MutedFrame | ReminderFrame | RemindersFrame | HandoverFrame | DigestFrame | CandleFrame | CandlesFrame | QuoteFrame | FeedFrame | Pong | ErrorFrame;

type Fields = Record<string, unknown>;
const numbers = (of: Fields, ...names: string[]) => names.every((name) => Number.isFinite(of[name]));
const texts = (of: Fields, ...names: string[]) => names.every((name) => typeof of[name] === "string");
const fields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

export function isCandle(value: unknown): value is Candle {
  return fields(value) && numbers(value, "time", "open", "high", "low", "close");
}

export function isAlert(value: unknown): value is Alert {
  return fields(value)
    && texts(value, "id", "instrument", "contract", "symbol", "timeframe", "pattern")
    && numbers(value, "price", "tick_size", "detected_at", "candle_closed_at", "expires_at", "seq")
    && (value.direction === "none"
      || ((value.direction === "long" || value.direction === "short") && numbers(value, "entry_min", "entry_max", "stop_loss", "take_profit", "risk_reward")))
    && SEVERITIES.includes(value.severity as wire.Severity)
    && (value.confidence === null || Number.isFinite(value.confidence))
    && fields(value.reason) && isCandle(value.candle);
}

/** Whether it is told who handed an alert over to whom. */
export function isHanded(value: unknown): value is Handed {
  return fields(value) && texts(value, "operator", "to") && numbers(value, "at");
}

/** Whether it is told why an alert did not ring; what is not told so rings. */
export function isListed(value: unknown): value is Listed {
  return fields(value) && texts(value, "why");
}

/** Whether the range that is expected can be told. */
export function isOutlook(value: unknown): value is wire.Outlook {
  return fields(value) && numbers(value, "horizon", "low", "high", "usual", "level");
}

/** Whether a chance can be told. */
export function isChance(value: unknown): value is wire.Chance {
  return fields(value) && numbers(value, "p", "low", "high", "n", "baseline");
}

const CONTEXT = ["settlement", "settlement_distance", "settlement_distance_pct", "open_interest", "open_interest_change", "volume"];

/** Whether a context can be told. An alert whose context cannot is an alert all the same. */
export function isContext(value: unknown): value is Context {
  return fields(value) && typeof value.trade_date === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value.trade_date)
    && CONTEXT.every((name) => value[name] === null || Number.isFinite(value[name]));
}

const isClosedCandle = (of: Fields) => texts(of, "instrument", "contract", "timeframe") && isCandle(of.candle);

const isCursor = (value: unknown) => fields(value) && Object.values(value).every((seq) => Number.isInteger(seq));

const SHAPES: Record<string, (frame: Fields) => boolean> = {
  hello: (frame) => texts(frame, "operator", "role") && numbers(frame, "server_time") && isCursor(frame.cursor),
  alert: (frame) => isAlert(frame.alert),
  resumed: (frame) => isCursor(frame.cursor),
  action: (frame) => texts(frame, "alert_id", "operator", "decision") && numbers(frame, "at"),
  pending: (frame) => texts(frame, "alert_id", "operator") && (frame.decision === null || texts(frame, "decision")) && numbers(frame, "at", "until"),
  muted: (frame) => Array.isArray(frame.mutes) && frame.mutes.every((one) => fields(one) && texts(one, "of", "name") && numbers(one, "until")),
  reminder: (frame) => texts(frame, "alert_id") && numbers(frame, "at"),
  reminders: (frame) => Array.isArray(frame.reminders) && frame.reminders.every((one) => fields(one) && texts(one, "alert_id") && numbers(one, "at")),
  handover: (frame) => texts(frame, "operator", "to") && numbers(frame, "at") && Array.isArray(frame.alert_ids) && frame.alert_ids.every((one) => typeof one === "string"),
  digest: (frame) => texts(frame, "reason") && numbers(frame, "total", "since", "until") && Array.isArray(frame.counts),
  candle: isClosedCandle,
  candles: (frame) => Array.isArray(frame.candles) && frame.candles.every((one) => fields(one) && isClosedCandle(one)),
  quote: (frame) => texts(frame, "instrument", "contract") && numbers(frame, "time", "bid", "ask") && (frame.last === null || Number.isFinite(frame.last)) && typeof frame.synthetic === "boolean",
  feed: (frame) => texts(frame, "kind", "instrument", "contract", "timeframe") && numbers(frame, "at"),
  pong: (frame) => numbers(frame, "server_time") && (frame.cursor === undefined || frame.cursor === null || isCursor(frame.cursor)),
  error: (frame) => texts(frame, "code", "message"),
};

/** Read a frame; null for one that is unknown or none at all (newer servers say more than this page knows). */
export function readFrame(text: string): ServerFrame | null {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return null;
  }
  if (!fields(frame) || typeof frame.action !== "string") return null;
  const fits = Object.hasOwn(SHAPES, frame.action) && SHAPES[frame.action]?.(frame);
  return fits ? (frame as unknown as ServerFrame) : null;
}

/** Until when an alert stays open for who has watched it since then. */
export const watchEnds = (alert: Alert, since: number): number => Math.max(decideBy(alert), since + shared.watch_s);

/** When an alert expires for its operators: a replayed one lives from its detection, not from its candle. */
export function decideBy(alert: Alert): number {
  return Math.max(alert.expires_at, alert.detected_at + alert.expires_at - alert.candle_closed_at);
}
