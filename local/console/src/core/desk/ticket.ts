// What is still possible on an alert: where the price stands by the candles that closed since, against its own levels.

import { distance, hourMinute, money, price as written, zoneMark, type Language } from "../format";
import { planOf, type Alert, type Candle } from "../link/frames";
import { word } from "../words";

/** `escaped`: past the entry, away from the stop. `short`: between entry and stop. `stop`, `target`: touched since. */
export type Place = "in_zone" | "escaped" | "short" | "stop" | "target";

export interface Ticket {
  place: Place;
  price: number;
  /** When that price was, or the touching candle closed: epoch seconds. */ at: number;
  /** From the entry band's near edge, 0 within it; positive. */ outside: number;
  /** From the price to the stop; negative when it lies beyond. */ toStop: number;
  /** What that is worth for one contract, where the alert tells. */ risk: { value: number; currency: string } | null;
}

/** Null where an alert has no side. `candles` are those closed since the alert's, oldest first, `step` seconds each.
 *  A candle that touches both levels counts as the stop: within it nobody knows which came first. */
export function ticketOf(alert: Alert, candles: readonly Candle[], step: number): Ticket | null {
  const plan = planOf(alert);
  if (!plan) return null;
  const up = alert.direction === "long" ? 1 : -1;
  const worst = ({ low, high }: Candle) => (up > 0 ? low : -high);
  const best = ({ low, high }: Candle) => (up > 0 ? high : -low);
  const over = candles.find((one) => worst(one) <= up * plan.stop_loss || best(one) >= up * plan.take_profit);
  const last = over ?? candles.at(-1);
  const price = last?.close ?? alert.price;
  const at = last ? last.time + step : alert.candle_closed_at;
  const toStop = up * (price - plan.stop_loss);
  const { worth } = alert;
  const found = { price, at, toStop, risk: worth ? { value: Math.max(0, toStop) * worth.point_value, currency: worth.currency } : null };
  if (over) return { ...found, place: worst(over) <= up * plan.stop_loss ? "stop" : "target", outside: 0 };
  const outside = Math.max(0, price - plan.entry_max, plan.entry_min - price);
  const place = outside === 0 ? "in_zone" : up * (price - alert.price) > 0 ? "escaped" : "short";
  return { ...found, place, outside };
}

/** May one still enter as the alert says? Where nobody knows better, yes. */
export const enterable = (ticket: Ticket | null) => ticket === null || ticket.place === "in_zone";

/** `127.975 às 12:15 · 60 pts além da entrada · stop a 180 pts (R$ 36,00/contrato)`; what is over says when. */
export function ticketWords(alert: Alert, ticket: Ticket, language: Language, zone: string): string {
  const at = `${hourMinute(ticket.at, zone)}${zoneMark(zone)}`;
  if (ticket.place === "stop" || ticket.place === "target") return `${word(`touched_${ticket.place}`, language)} ${at}`;
  const away = (value: number) => distance(value, alert.tick_size, language);
  const zoned = ticket.place === "in_zone" ? word("place_in_zone", language) : `${away(ticket.outside)} ${word(`place_${ticket.place}`, language)}`;
  const { risk } = ticket;
  const cost = risk ? ` (${money(risk.value, risk.currency, language)}/${word("one_contract", language)})` : "";
  const stop = language === "en" ? `stop ${away(ticket.toStop)} away` : `stop a ${away(ticket.toStop)}`;
  return `${written(ticket.price, alert.tick_size, language)} ${word("at", language)} ${at} · ${zoned} · ${stop}${cost}`;
}
