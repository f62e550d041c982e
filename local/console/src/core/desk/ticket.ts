// What is still possible on an alert: where the price stands against its own levels, by the quotes that come while
// somebody looks, else by the candles that closed since.

import { distance, hourMinute, hourMinuteSecond, money, price as written, zoneMark, type Language } from "../format";
import type { Price } from "./prices";
import { isReplayed } from "../link/replay";
import type { Entry } from "./desk";
import { planOf, type Alert, type Candle } from "../link/frames";
import { word } from "../words";
import shared from "../../generated/shared.json";

/** `escaped`: past the entry, away from the stop. `short`: between entry and stop. `stop`, `target`: touched since; `ended`: neither was,
 *  and the candles within which the alert is judged are over. */
export type Place = "in_zone" | "escaped" | "short" | "stop" | "target" | "ended";

/** In so many candles of its own timeframe an alert reaches stop or target, or neither. */
const HORIZON: number = shared.horizon;

export interface Ticket {
  place: Place;
  price: number;
  /** When that price was, or the touching candle closed: epoch seconds. */ at: number;
  /** From the entry band's near edge, 0 within it; positive. */ outside: number;
  /** From the price to the stop; negative when it lies beyond. */ toStop: number;
  /** What that is worth for one contract, where the alert tells. */ risk: { value: number; currency: string } | null;
  /** Where the price is a quote's: whether it is that of this moment, and whether a replay made it up. */ quote?: { live: boolean; synthetic: boolean };
}

/** Null where an alert has no side. `since` are the candles closed since the alert's, oldest first, `step` seconds each.
 *  A candle that touches both levels counts as the stop: within it nobody knows which came first. `quotes` are those
 *  since, `live` is the newest of them while it is fresh; what a closed candle says of a touch goes before them. */
export function ticketOf(alert: Alert, since: readonly Candle[], step: number, quotes: readonly Price[] = [], live: Price | null = null): Ticket | null {
  const plan = planOf(alert);
  if (!plan) return null;
  const ends = alert.candle_closed_at + HORIZON * (alert.candle_closed_at - alert.candle.time);
  const candles = since.filter(({ time }) => time < ends), prices = quotes.filter(({ at }) => at < ends);
  const ended = since.some(({ time }) => time + step >= ends);
  const up = alert.direction === "long" ? 1 : -1;
  const worst = ({ low, high }: Candle) => (up > 0 ? low : -high);
  const best = ({ low, high }: Candle) => (up > 0 ? high : -low);
  const over = candles.find((one) => worst(one) <= up * plan.stop_loss || best(one) >= up * plan.take_profit);
  const hit = over ? undefined : prices.find(({ value }) => up * value <= up * plan.stop_loss || up * value >= up * plan.take_profit);
  const last = over ?? candles.at(-1);
  const closed = last ? last.time + step : alert.candle_closed_at;
  const told = over ? undefined : hit ?? live ?? prices.at(-1);
  const quoted = told && (told === hit || told === live || told.at >= closed) ? told : undefined;
  const price = quoted?.value ?? last?.close ?? alert.price;
  const at = quoted?.at ?? closed;
  const toStop = up * (price - plan.stop_loss);
  const { worth } = alert;
  const found = { price, at, toStop, risk: worth ? { value: Math.max(0, toStop) * worth.point_value, currency: worth.currency } : null, ...(quoted ? { quote: { live: quoted === live, synthetic: quoted.synthetic } } : {}) };
  if (hit) return { ...found, place: up * hit.value <= up * plan.stop_loss ? "stop" : "target", outside: 0 };
  if (over) return { ...found, place: worst(over) <= up * plan.stop_loss ? "stop" : "target", outside: 0 };
  if (ended) return { price, at: ends, toStop, risk: null, place: "ended", outside: 0 };
  const outside = Math.max(0, price - plan.entry_max, plan.entry_min - price);
  const place = outside === 0 ? "in_zone" : up * (price - alert.price) > 0 ? "escaped" : "short";
  return { ...found, place, outside };
}

/** Whether the trade that the alert tells of has ended: nothing of it can be had any more. */
export const isOver = (ticket: Ticket | null) => ticket !== null && OVER.has(ticket.place);
const OVER: ReadonlySet<Place> = new Set(["stop", "target", "ended"]);

/** Whether somebody decided after the alert's stop or target had been touched. In a session told again the market's moment
 *  of a decision follows from how fast it is told, `speed`; where that is not known nobody can say. */
export function decidedLate({ alert, decision }: Pick<Entry, "alert" | "decision">, ticket: Ticket | null, speed: number | null): boolean {
  if (!decision || (ticket?.place !== "stop" && ticket?.place !== "target")) return false;
  if (!isReplayed(alert)) return decision.at >= ticket.at;
  return speed !== null && alert.candle_closed_at + (decision.at - alert.detected_at) * speed >= ticket.at;
}

/** What the stop costs with so many contracts, from where the price stands; null where an alert does not tell, or it is over. */
export const atRisk = (ticket: Ticket, contracts: number) => (isOver(ticket) || !ticket.risk ? null : { value: ticket.risk.value * contracts, currency: ticket.risk.currency });

/** May one still enter as the alert says? Where nobody knows better, yes. */
export const enterable = (ticket: Ticket | null) => ticket === null || ticket.place === "in_zone";

/** `agora 127.975 · 60 pts além da entrada · stop a 180 pts (R$ 36,00/contrato)`; a price that is not of this moment says
 *  of which, one that is made up that it is, and what is over says when. */
export function ticketWords(alert: Alert, ticket: Ticket, language: Language, zone: string): string {
  const { quote } = ticket;
  const at = `${(quote ? hourMinuteSecond : hourMinute)(ticket.at, zone)}${zoneMark(zone)}`;
  const made = quote?.synthetic ? ` · ${word("made_up", language)}` : "";
  if (isOver(ticket)) return `${word(`${quote ? "reached" : "touched"}_${ticket.place}`, language)} ${at}${made}`;
  const away = (value: number) => distance(value, alert.tick_size, language);
  const zoned = ticket.place === "in_zone" ? word("place_in_zone", language) : `${away(ticket.outside)} ${word(`place_${ticket.place}`, language)}`;
  const { risk } = ticket;
  const cost = risk ? ` (${money(risk.value, risk.currency, language)}/${word("one_contract", language)})` : "";
  const stop = language === "en" ? `stop ${away(ticket.toStop)} away` : `stop a ${away(ticket.toStop)}`;
  const value = written(ticket.price, alert.tick_size, language);
  const now = quote?.live ? `${word("now", language).toLowerCase()} ${value}` : `${value} ${word("at", language)} ${at}`;
  const lost = quote && !quote.live ? ` · ${word("no_quote_since", language)}` : "";
  return `${now} · ${zoned} · ${stop}${cost}${made}${lost}`;
}
