// An operator's own price alerts: what the server tells of them, and how they are said and asked for.

import { decimalsOf, number, type Language } from "../format";
import { word } from "../words";

export const CROSSINGS = ["cross_up", "cross_down", "touch"] as const;
export const OFTEN = ["once", "session"] as const;
export type Crossing = (typeof CROSSINGS)[number];
export type Often = (typeof OFTEN)[number];
export type LevelState = "armed" | "rang" | "paused" | "rolled" | "expired";

export interface Level {
  id: string; instrument: string; contract: string; timeframe: string; price: number; crossing: Crossing; often: Often;
  expires_at: number; note: string; paused: boolean; /** The watched alert that it brings back. */ alert_id?: string; state: LevelState; rang_at: number | null;
}

/** What is asked for: a new one, or (with an id) another price, crossing, how often or note. */
export interface LevelAsked { id: string | null; instrument: string; timeframe: string; price: number; crossing: Crossing; often: Often; note: string; /** The watched alert that it brings back. */ alert_id?: string }

export const NOTE_LIMIT = 140;
/** So near to each other a crossing cannot be guessed. */
const NEAR_TICKS = 1;

/** The crossing that is likely meant by a price beside the last one. */
export function crossingOf(price: number, last: number | null, tick: number): Crossing {
  if (last === null || Math.abs(price - last) < NEAR_TICKS * tick) return "touch";
  return price > last ? "cross_up" : "cross_down";
}

/** A price as people write it: `131.250,5` or `131250.5`; null where it is none. */
export function readPrice(text: string, language: Language): number | null {
  const plain = text.trim().replace(/\s/g, "");
  if (!/^\d[\d.,]*$/.test(plain)) return null;
  const comma = language === "en" ? "." : ",", thousands = language === "en" ? "," : ".";
  const parts = plain.split(thousands);
  // A single point before other than three digits parts decimals, whatever the language: 1.0815.
  const decimal = !plain.includes(comma) && parts.length === 2 && parts[1]?.length !== 3;
  const value = Number(decimal ? parts.join(".") : parts.join("").replace(comma, "."));
  return Number.isFinite(value) && value > 0 ? value : null;
}

/** `WIN M5 · 131.250 · cruzar para cima · uma vez`. */
export function levelWords({ instrument, timeframe, price, crossing, often }: Level, tick: number, language: Language): string {
  return [`${instrument} ${timeframe}`, number(price, decimalsOf(tick), language), word(`ask_${crossing}`, language), word(`often_${often}`, language)].join(" · ");
}

/** Those that may ring come first, then by market and price, the highest first. */
export function inOrder(levels: readonly Level[]): Level[] {
  const rank = (one: Level) => (one.state === "armed" ? 0 : 1);
  return [...levels].sort((a, b) => rank(a) - rank(b) || a.instrument.localeCompare(b.instrument) || b.price - a.price);
}

/** Whether a level is drawn over the candles of an instrument. */
export const isDrawn = (level: Level, instrument: string) => level.instrument === instrument && (level.state === "armed" || level.state === "paused");

export function isLevel(value: unknown): value is Level {
  const one = value as Partial<Level> | null;
  return typeof one === "object" && one !== null && typeof one.id === "string" && typeof one.instrument === "string" && Number.isFinite(one.price) && typeof one.timeframe === "string";
}
