// How far price may get from an alert's close, candle after candle: its expected range, all of it to one side.

import { isOutlook, type Alert } from "../link/frames";

/** After `step` candles of the chart the range reaches from `low` to `high`, in the instrument's own numbers. */
export interface Reach { step: number; low: number; high: number }

/** From the alert's close (step 0) to the end of its horizon; empty where no range is told.
 *
 *  The range told is that of the whole horizon. Before its end a part in proportion to the root of time is drawn, as a
 *  random walk covers it. `seconds` is a candle of the chart, which may be longer than the alert's.
 */
export function coneOf(alert: Alert, seconds: number): Reach[] {
  const { outlook, candle } = alert;
  if (!isOutlook(outlook)) return [];
  const last = (outlook.horizon * (alert.candle_closed_at - candle.time)) / seconds;
  const steps = [...Array(Math.ceil(last)).keys(), last];
  return steps.map((step) => ({ step, low: outlook.low * Math.sqrt(step / last), high: outlook.high * Math.sqrt(step / last) }));
}
