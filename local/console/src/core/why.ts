// The reason of an alert in numbers, written as the e-mails write it.

import type { Alert } from "./frames";
import { decimalsOf, hourMinute, number, zoneMark, type Language } from "./format";
import { word } from "./words";

const PURE_NUMBERS = new Set(["z", "sigma", "rsi", "rsi_prior"]); // no prices
const COUNTS = new Set(["run"]);

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
  if (typeof value !== "number") return String(value);
  if (name.endsWith("_time")) return `${hourMinute(value, zone)}${zoneMark(zone)}`;
  if (COUNTS.has(name)) return number(value, 0, language);
  return number(value, PURE_NUMBERS.has(name) ? 2 : decimalsOf(alert.tick_size), language);
}

export const ARROWS = { long: "▲", short: "▼" } as const; // never colour alone

/** One line: side, contract, price, pattern. */
export function headline(alert: Alert, language: Language): string {
  const at = number(alert.price, decimalsOf(alert.tick_size), language);
  return `${word(alert.direction, language)} ${alert.contract} @ ${at} · ${word(alert.pattern, language)}`;
}
