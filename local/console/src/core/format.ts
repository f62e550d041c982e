// Numbers and times as the desk writes them. Times are formatted in the exchange's zone, the data never shifted.

import shared from "../generated/shared.json";

export type Language = "pt-BR" | "en";
export const DESK_ZONE = "America/Sao_Paulo";

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function made<T extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => T): T {
  const known = cache.get(key);
  if (known) return known as T;
  const fresh = make();
  cache.set(key, fresh);
  return fresh;
}

/** Decimals a price of this tick is written with: 5 -> 0, 0.5 -> 1, 0.00001 -> 5. */
export function decimalsOf(tick: number): number {
  const text = tick.toFixed(10).replace(/0+$/, "");
  return text.split(".")[1]?.length ?? 0;
}

/** `131.250,5` or `131,250.5`. */
export function number(value: number, decimals: number, language: Language): string {
  const format = made(`n${decimals}${language}`, () =>
    new Intl.NumberFormat(language === "en" ? "en-US" : "pt-BR", { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: true }));
  return format.format(value);
}

/** `+0,42`, `-0,42`; what is written as nothing has no sign. */
export function signed(value: number, decimals: number, language: Language): string {
  const sign = Number(value.toFixed(decimals)) === 0 ? "" : value < 0 ? "-" : "+";
  return sign + number(Math.abs(value), decimals, language);
}

const CURRENCIES: Record<string, string> = { BRL: "R$", USD: "US$" };

/** `R$ 33,00`; a currency that is not known here by its code. */
export const money = (value: number, currency: string, language: Language) => `${CURRENCIES[currency] ?? currency} ${number(value, 2, language)}`;

export const price = (value: number, tick: number, language: Language) => number(value, decimalsOf(tick), language);

function clock(zone: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return made(`${name}${zone}`, () => new Intl.DateTimeFormat("pt-BR", { timeZone: zone, hourCycle: "h23", ...options }));
}

export const hourMinute = (epoch: number, zone = DESK_ZONE) =>
  clock(zone, "hm", { hour: "2-digit", minute: "2-digit" }).format(epoch * 1000);

export const hourMinuteSecond = (epoch: number, zone = DESK_ZONE) =>
  clock(zone, "hms", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(epoch * 1000);

/** Year, month and day in the zone, `2026-11-25`. */
export function isoDay(epoch: number, zone = DESK_ZONE): string {
  const parts = clock(zone, "day", { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(epoch * 1000);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/** The weekday before today in the zone, `2026-11-27`: a Sunday has no session to look at. */
export function weekdayBefore(now: number, zone = DESK_ZONE): string {
  let at = now - 86_400;
  while ([0, 6].includes(new Date(`${isoDay(at, zone)}T12:00:00Z`).getUTCDay())) at -= 86_400;
  return isoDay(at, zone);
}

/** When a day begins in the zone, in epoch seconds. */
export function startOfDay(day: string, zone = DESK_ZONE): number {
  const midnight = Date.parse(`${day}T00:00:00Z`) / 1000;
  const there = minuteOfDay(midnight, zone) - (isoDay(midnight, zone) < day ? 1440 : 0);
  return midnight - there * 60;
}

/** `25/11` in pt-BR, `Nov 25` in English. */
export function dayMonth(epoch: number, language: Language, zone = DESK_ZONE): string {
  const format = made(`dm${language}${zone}`, () => new Intl.DateTimeFormat(language === "en" ? "en-US" : "pt-BR",
    language === "en" ? { timeZone: zone, month: "short", day: "numeric" } : { timeZone: zone, day: "2-digit", month: "2-digit" }));
  return format.format(epoch * 1000);
}

/** The day and month, with the year where it is not that of `today`. */
export function fullDay(epoch: number, today: number, language: Language, zone = DESK_ZONE): string {
  const year = isoDay(epoch, zone).slice(0, 4);
  const day = dayMonth(epoch, language, zone);
  return year === isoDay(today).slice(0, 4) ? day : `${day}${language === "en" ? ", " : "/"}${year}`;
}

/** `14:00` of today, `01/12 14:00` of another day: a moment that is said without being asked which day. */
export const moment = (epoch: number, now: number, language: Language) => (isoDay(epoch) === isoDay(now) ? "" : `${dayMonth(epoch, language)} `) + hourMinute(epoch);

/** ` UTC`, ` New York`: what is written behind a time of another zone than the desk's; else nothing. */
export const zoneMark = (zone: string) => (zone === DESK_ZONE ? "" : ` ${zone.split("/").at(-1)?.replaceAll("_", " ") ?? zone}`);

/** Minutes since midnight in the zone. */
export function minuteOfDay(epoch: number, zone = DESK_ZONE): number {
  const [hour = 0, minute = 0] = hourMinute(epoch, zone).split(":").map(Number);
  return hour * 60 + minute;
}

/** A length of time in its largest fitting unit: `42 s`, `6 min`, `3 h`, `2 d`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h`;
  return `${Math.floor(whole / 86400)} d`;
}

/** What is left of a time: `4:09`, `1:02:09`. */
export function countdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part: number) => String(part).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Whether ways in a market of this tick are told in pips: its prices have three or five decimals. */
export const hasPips = (tick: number) => [3, 5].includes(decimalsOf(tick));

/** The length of a way between two prices without its unit: points, or pips. */
export function way(value: number, tick: number, language: Language): string {
  if (hasPips(tick)) return number(value / (10 * tick), 1, language);
  return number(value, decimalsOf(tick), language);
}

/** A way between two prices with the market's unit: `35 pts`, `0,7 pips`. */
export const distance = (value: number, tick: number, language: Language) => `${way(value, tick, language)} ${hasPips(tick) ? "pips" : "pts"}`;

/** Milliseconds below ten seconds, else whole seconds: nobody measures such a length to its tenth. */
export function milliseconds(seconds: number, language: Language): string {
  const size = Math.abs(seconds);
  if (size < 10) return `${Math.round(seconds * 1000)} ms`;
  return size < 60 ? `${number(seconds, 0, language)} s` : `${seconds < 0 ? "-" : ""}${span(size)}`;
}

/** Seconds of a timeframe, M5 -> 300; 0 for one that the server does not take. */
export function timeframeSeconds(timeframe: string): number {
  return Object.hasOwn(shared.timeframes, timeframe) ? shared.timeframes[timeframe as keyof typeof shared.timeframes] : 0;
}
