// What the exchange's bulletin told of an alert's contract the day before, in an operator's words.

import { isContext, type Alert, type Context } from "./link/frames";
import { dayMonth, decimalsOf, number, signed, type Language } from "./format";
import { word } from "./words";

const FINEST = 4; // decimals of a settlement at most; it does not stand on the tick

/** Title, and label and value of each number that is known; null where there is nothing to tell. */
export function contextRows(alert: Alert, language: Language): { title: string; rows: [string, string][] } | null {
  const { context } = alert;
  if (!isContext(context)) return null;
  const found: [string, string | null][] = [
    ["settlement", settlement(context, alert, language)], ["contracts_open", interest(context, language)], ["volume", context.volume === null ? null : number(context.volume, 0, language)],
  ];
  const rows = found.flatMap(([name, value]): [string, string][] => (value === null ? [] : [[word(name, language), value]]));
  return rows.length ? { title: `${word("b3_bulletin_of", language)} ${dayMonth(Date.parse(`${context.trade_date}T12:00:00Z`) / 1000, language)}`, rows } : null;
}

/** `130.180 (1.070 acima, 0,82 %)`: how far the alert is, its side in a word, not in a sign alone. */
function settlement(context: Context, alert: Alert, language: Language): string | null {
  const { settlement: value, settlement_distance: points, settlement_distance_pct: share } = context;
  if (value === null) return null;
  const told = number(value, Math.max(decimalsOf(alert.tick_size), decimalsOf(Number(value.toFixed(FINEST)))), language);
  if (points === null) return told;
  if (points === 0) return `${told} (${word("at_it", language)})`;
  const away = `${number(Math.abs(points), decimalsOf(alert.tick_size), language)} ${word(points > 0 ? "above" : "below", language)}`;
  return `${told} (${away}${share === null ? "" : `, ${number(Math.abs(share), 2, language)} %`})`;
}

function interest({ open_interest: value, open_interest_change: change }: Context, language: Language): string | null {
  if (value === null) return null;
  const told = number(value, 0, language);
  const before = value - (change ?? 0);
  if (change === null || !before) return told;
  return `${told} (${signed((100 * change) / before, 1, language)} %)`;
}
