// The reason of an alert in numbers, written as the e-mails write it.

import type { OwnLevel, Outlook } from "../generated/frames";
import { isChance, isOutlook, type Alert } from "./link/frames";
import { decimalsOf, distance, hasPips, hourMinute, money, number, way, zoneMark, type Language } from "./format";
import { word } from "./words";

const PURE_NUMBERS = new Set(["z", "sigma", "rsi", "rsi_prior", "heat"]); // no prices
const WAYS = new Set(["margin", "atr", "std", "body", "trend", "usual_ahead"]); // between two prices
const COUNTS = new Set(["run", "candles"]);

/** Label and value of each number, in the order the detector gave them; times on the exchange's clock. */
export function why(alert: Alert, language: Language, zone: string): [string, string][] {
  return Object.entries(alert.reason).map(([name, value]) => [word(name, language), told(alert, name, value, language, zone)]);
}

/** What happened, as a sentence; empty for a pattern this page does not know. */
export function sentence(alert: Alert, language: Language): string {
  const key = `say_${alert.pattern}`;
  const text = word(key, language);
  return text === key ? "" : text;
}

function told(alert: Alert, name: string, value: number | string, language: Language, zone: string): string {
  if (typeof value !== "number") return word(String(value), language);
  if (name.endsWith("_time")) return `${hourMinute(value, zone)}${zoneMark(zone)}`;
  if (WAYS.has(name)) return distance(value, alert.tick_size, language);
  if (COUNTS.has(name)) return number(value, 0, language);
  return number(value, PURE_NUMBERS.has(name) ? 2 : decimalsOf(alert.tick_size), language);
}

export const ARROWS = { long: "▲", short: "▼", none: "↕" } as const; // never colour alone

/** One line: side, contract, price, pattern; without a side the range that is expected. */
export function headline(alert: Alert, language: Language): string {
  const at = number(alert.price, decimalsOf(alert.tick_size), language);
  const about = `${alert.contract} @ ${at} · ${word(alert.pattern, language)}`;
  if (alert.level) return `${about} · ${ownLevel(alert, alert.level, language)}`;
  if (alert.direction !== "none") return `${word(alert.direction, language)} ${about}`;
  return isOutlook(alert.outlook) ? `${about} · ${expected(alert, alert.outlook, language)}` : about;
}

/** `131.200 cruzou para cima · topo`: what happened at an operator's own level, with their note. */
function ownLevel(alert: Alert, level: OwnLevel, language: Language): string {
  const said = `${number(level.price, decimalsOf(alert.tick_size), language)} ${word(level.crossing, language)}`;
  return level.note ? `${said} · ${level.note}` : said;
}

/** `espere 400-700 pontos nos próximos 60 min`. */
export function expected(alert: Alert, { low, high, horizon }: Outlook, language: Language): string {
  const decimals = decimalsOf(alert.tick_size);
  const minutes = (horizon * (alert.candle_closed_at - alert.candle.time)) / 60;
  const long = minutes <= 120 ? `${minutes} min` : `${number(minutes / 60, 0, language)} h`;
  const unit = hasPips(alert.tick_size) ? " pips" : decimals <= 1 ? ` ${word("points", language)}` : "";
  return `${word("expect", language)} ${onTick(alert, low, language)}-${onTick(alert, high, language)}${unit} ${word("in_the_next", language)} ${long}`;
}

/** The range that is expected, with what is usual; or why it is not known. Empty where nothing is said of it. */
export function outlookWords(alert: Alert, language: Language): string {
  const { outlook } = alert;
  if (!isOutlook(outlook)) return word(alert.unmeasured?.outlook ?? "", language);
  return `${expected(alert, outlook, language)} (${number(100 * outlook.level, 0, language)} %; ${word("usual_is", language)} ${onTick(alert, outlook.usual, language)})`;
}

/** How often the alert's own target comes first, beside what any candle has; or why that is not told. */
export function chanceWords(alert: Alert, language: Language): string {
  const { chance } = alert;
  if (!isChance(chance)) return word(alert.unmeasured?.chance ?? "", language);
  const shares = [chance.p, chance.low, chance.high, chance.baseline].map((share) => 100 * share);
  const ends = (digits: number) => shares[1]?.toFixed(digits) !== shares[2]?.toFixed(digits);
  const digits = !ends(0) && ends(1) ? 1 : 0; // an interval has two ends
  const [p, low, high, baseline] = shares.map((share) => number(share, digits, language));
  return `${p} % (${ends(digits) ? `${low}-${high} %; ` : ""}${number(chance.n, 0, language)} ${word("cases", language)}; ${word("any_candle", language)}: ${baseline} %)`;
}


/** `-R$ 36,00`: what a contract makes from the alert's price to a level; empty where no point has a worth. */
export function moneyWords({ price, direction, worth }: Alert, level: number, language: Language): string {
  if (!worth) return "";
  const gain = (direction === "short" ? -1 : 1) * (level - price) * worth.point_value;
  return `${gain < 0 ? "-" : "+"}${money(Math.abs(gain), worth.currency, language)}`;
}

const onTick = (alert: Alert, range: number, language: Language) => way(Math.round(range / alert.tick_size) * alert.tick_size, alert.tick_size, language);
