// The frames of WebSocket protocol v1 as this page reads them, and the objects of the HTTP answers.
// Times are epoch seconds UTC. What a frame's shape does not allow is no frame: it is dropped, not guessed at.

export type Direction = "long" | "short";
export type Severity = "critical" | "high" | "medium";
export type Verdict = "executed" | "rejected" | "watching" | "false_alarm";
export type Outcome = "target" | "stop" | "expired" | "open";

export const VERDICTS: readonly Verdict[] = ["executed", "rejected", "watching", "false_alarm"];
export const OUTCOMES: readonly Outcome[] = ["target", "stop", "expired", "open"];
export const PATTERNS = ["volatility_extreme", "engulfing", "rsi_divergence", "level_break"] as const;
export const SEVERITIES: readonly Severity[] = ["medium", "high", "critical"];

export interface Candle {
  time: number; open: number; high: number; low: number; close: number; tick_volume?: number; real_volume?: number;
}

/** What the exchange's bulletin of a day before told of the contract; distances are the alert's price less the settlement. */
export interface Context {
  trade_date: string; settlement: number | null; settlement_distance: number | null; settlement_distance_pct: number | null;
  open_interest: number | null; open_interest_change: number | null; volume: number | null;
}

export interface Alert {
  id: string; instrument: string; contract: string; symbol: string; timeframe: string;
  pattern: string; direction: Direction; severity: Severity; candle: Candle;
  price: number; tick_size: number; entry_min: number; entry_max: number; stop_loss: number; take_profit: number;
  risk_reward: number; confidence: number | null;
  detected_at: number; candle_closed_at: number; expires_at: number;
  reason: Record<string, number | string>; seq: number; context?: Context | null;
}

export interface Decision { operator: string; decision: Verdict | "TIMEOUT"; note: string | null; at: number }

export interface AlertRecord {
  alert: Alert; state: "open" | "decided" | "expired"; decision: Decision | null; outcome: Outcome | null;
}

export type Cursor = Record<string, number>;

export interface Hello { action: "hello"; operator: string; role: string; server_time: number; cursor: Cursor }
export interface AlertFrame { action: "alert"; alert: Alert }
export interface Resumed { action: "resumed"; cursor: Cursor }
export interface ActionFrame extends Decision { action: "action"; alert_id: string }
export interface HeldBack { instrument: string; contract: string; pattern: string; direction: Direction; count: number }
export interface DigestFrame { action: "digest"; total: number; reason: string; since: number; until: number; counts: HeldBack[] }
export interface CandleFrame { action: "candle"; instrument: string; contract: string; timeframe: string; candle: Candle }
export interface FeedFrame {
  action: "feed"; kind: "silent" | "recovered" | "rolled" | "set_aside"; id: string; instrument: string; contract: string;
  timeframe: string; symbol: string; since: number; at: number; cause: string | null; detail: string | null; previous?: string | null; /** Candles newly set aside. */ count?: number | null;
}
export interface Pong { action: "pong"; server_time: number }
export interface ErrorFrame { action: "error"; code: string; message: string }

export type ServerFrame =
  Hello | AlertFrame | Resumed | ActionFrame | DigestFrame | CandleFrame | FeedFrame | Pong | ErrorFrame;

export type ClientFrame =
  | { action: "subscribe"; candles: true } | { action: "resume"; cursor: Cursor } | { action: "receipt"; alert_id: string } | { action: "ping" }
  | { action: "act"; alert_id: string; decision: Verdict; note?: string; order_id?: string };

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
    && numbers(value, "price", "tick_size", "entry_min", "entry_max", "stop_loss", "take_profit", "risk_reward",
      "detected_at", "candle_closed_at", "expires_at", "seq")
    && (value.direction === "long" || value.direction === "short")
    && SEVERITIES.includes(value.severity as Severity)
    && (value.confidence === null || Number.isFinite(value.confidence))
    && fields(value.reason) && isCandle(value.candle);
}

const CONTEXT = ["settlement", "settlement_distance", "settlement_distance_pct", "open_interest", "open_interest_change", "volume"];

/** Whether a context can be told. An alert whose context cannot is an alert all the same. */
export function isContext(value: unknown): value is Context {
  return fields(value) && typeof value.trade_date === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value.trade_date)
    && CONTEXT.every((name) => value[name] === null || Number.isFinite(value[name]));
}

const isCursor = (value: unknown) => fields(value) && Object.values(value).every((seq) => Number.isInteger(seq));

const SHAPES: Record<string, (frame: Fields) => boolean> = {
  hello: (frame) => texts(frame, "operator", "role") && numbers(frame, "server_time") && isCursor(frame.cursor),
  alert: (frame) => isAlert(frame.alert),
  resumed: (frame) => isCursor(frame.cursor),
  action: (frame) => texts(frame, "alert_id", "operator", "decision") && numbers(frame, "at"),
  digest: (frame) => texts(frame, "reason") && numbers(frame, "total", "since", "until") && Array.isArray(frame.counts),
  candle: (frame) => texts(frame, "instrument", "contract", "timeframe") && isCandle(frame.candle),
  feed: (frame) => texts(frame, "kind", "instrument", "contract", "timeframe") && numbers(frame, "at"),
  pong: (frame) => numbers(frame, "server_time"),
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

/** When an alert expires for its operators: a replayed one lives from its detection, not from its candle. */
export function decideBy(alert: Alert): number {
  return Math.max(alert.expires_at, alert.detected_at + alert.expires_at - alert.candle_closed_at);
}
