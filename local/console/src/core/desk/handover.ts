// To whom open alerts may be handed at a change of shift, and how many of them concern whom.

import { SEVERITIES, type Alert, type Severity } from "../link/frames";
import { owed, type Entry } from "./desk";

/** What a trader of the desk wants to hear of. */
export interface Wants { symbols: readonly string[]; patterns: readonly string[]; min_severity: Severity }
export interface Colleague { id: string; name: string; /** Null of who may not decide; a server of before does not say. */ interest?: Wants | null; /** Until when their phone is silent. */ silent_until?: number }
export interface Heir { id: string; name: string; count: number; /** Until when their phone is silent; undefined where it rings. */ silentUntil?: number }

function concerns({ symbols, patterns, min_severity }: Wants, { instrument, contract, symbol, pattern, severity, level }: Alert): boolean {
  const among = (wanted: readonly string[], ...names: string[]) => ["*", ...names].some((name) => wanted.includes(name));
  return !level && among(symbols, instrument, contract, symbol) && among(patterns, pattern) && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(min_severity);
}

/** The colleagues whom something concerns that is open here, by name. */
export function heirs(entries: Iterable<Entry>, desk: readonly Colleague[], me: string, now: number): Heir[] {
  const mine = [...entries].filter((entry) => owed(entry, me, now));
  return desk.flatMap(({ id, name, interest, silent_until: until }) => {
    const count = interest && id !== me ? mine.filter(({ alert }) => concerns(interest, alert)).length : 0;
    return count ? [{ id, name, count, ...(until && until > now ? { silentUntil: until } : {}) }] : [];
  }).sort((a, b) => a.name.localeCompare(b.name));
}
