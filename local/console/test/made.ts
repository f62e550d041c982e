import type { Alert, AlertRecord, Decision } from "../src/core/link/frames";

export const CLOSED = 1_795_000_200; // 2026-11-18 08:10 UTC, on the M5 grid

export function anAlert(seq: number, more: Partial<Alert> = {}): Alert {
  return {
    id: String(seq).padStart(64, "0"), instrument: "WIN", contract: "WINZ26", symbol: "WIN$N", timeframe: "M5",
    pattern: "level_break", direction: "long", severity: "high",
    candle: { time: CLOSED - 300, open: 127_800, high: 127_950, low: 127_780, close: 127_900 },
    price: 127_900, tick_size: 5, entry_min: 127_885, entry_max: 127_915, stop_loss: 127_795, take_profit: 128_005,
    risk_reward: 1, confidence: 0.27, detected_at: CLOSED + 0.3, candle_closed_at: CLOSED, expires_at: CLOSED + 300,
    reason: { level: 127_865, margin: 35, atr: 70 }, seq, ...more,
  };
}

/** One without a side: the next hour's range is all it tells. */
export const aRangeAlert = (seq: number, more: Partial<Alert> = {}): Alert => ({
  ...anAlert(seq), pattern: "unusual_range", direction: "none", entry_min: null, entry_max: null, stop_loss: null, take_profit: null, risk_reward: null,
  confidence: null, reason: { heat: 2.31, candles: 6, usual_ahead: 350 }, outlook: { horizon: 12, low: 401, high: 698, usual: 350, level: 0.8 }, ...more,
});

export const aRecord = (alert: Alert, decision: Decision | null = null): AlertRecord =>
  ({ alert, decision, state: decision ? "decided" : "open", outcome: null });
