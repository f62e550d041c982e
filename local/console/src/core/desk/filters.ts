// Which alerts the list shows, and views under a name. A view is data: what storage holds is checked, not trusted.

import { isChance, PATTERNS, SEVERITIES, type Direction, type Severity } from "../link/frames";
import { shownState, type Entry, type State } from "./desk";

export interface Filter {
  instrument: string; // "" is all
  pattern: string;
  direction: Direction | "";
  severity: Severity; // the least that is shown
  state: State | "listed" | "";
  sort: Sort;
}

/** By what the list is sorted, `-` in front where the greatest comes first. */
export const SORTED = ["time", "contract", "pattern", "side", "price", "precision", "state", "who"] as const;
export type Sorted = (typeof SORTED)[number];
export type Sort = Sorted | `-${Sorted}`;
export const NEWEST: Sort = "-time";

export const EVERYTHING: Filter = { instrument: "", pattern: "", direction: "", severity: "medium", state: "", sort: NEWEST };

export interface View { name: string; filter: Filter }

export const VIEW_LIMIT = 12;

export function passes(entry: Entry, filter: Filter, now: number): boolean {
  const { alert } = entry;
  return (!filter.instrument || alert.instrument === filter.instrument)
    && (!filter.pattern || alert.pattern === filter.pattern)
    && (!filter.direction || alert.direction === filter.direction)
    && SEVERITIES.indexOf(alert.severity) >= SEVERITIES.indexOf(filter.severity)
    && (!filter.state || shownState(entry, now) === filter.state);
}

const VALUES: Record<Exclude<Sorted, "time">, (entry: Entry, now: number) => string | number> = {
  contract: ({ alert }) => `${alert.contract} ${alert.timeframe}`, pattern: ({ alert }) => alert.pattern, side: ({ alert }) => alert.direction, price: ({ alert }) => alert.price,
  precision: ({ alert }) => (isChance(alert.chance) ? alert.chance.p : -1), state: (entry, now) => shownState(entry, now), who: ({ decision }) => decision?.operator ?? "",
};

/** Sort entries that come newest first; those of one value stay so. */
export function sorted(entries: readonly Entry[], sort: Sort, now: number): readonly Entry[] {
  if (sort === NEWEST) return entries;
  const down = sort.startsWith("-");
  const name = (down ? sort.slice(1) : sort) as Sorted;
  if (name === "time") return [...entries].reverse();
  const compare = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0);
  return [...entries].sort((a, b) => compare(VALUES[name](a, now), VALUES[name](b, now)) * (down ? -1 : 1));
}

/** Whether the same alerts pass; their order is another matter. */
export const sameFilter = (a: Filter, b: Filter) =>
  a.instrument === b.instrument && a.pattern === b.pattern && a.direction === b.direction && a.severity === b.severity && a.state === b.state;

export function withView(views: readonly View[], name: string, filter: Filter): View[] {
  const trimmed = name.trim().slice(0, 40);
  if (!trimmed) return [...views];
  return [...views.filter((view) => view.name !== trimmed), { name: trimmed, filter }].slice(-VIEW_LIMIT);
}

export function readViews(text: string | null): View[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.flatMap(readView).slice(-VIEW_LIMIT) : [];
  } catch {
    return [];
  }
}

function readView(value: unknown): View[] {
  const { name, filter } = (value ?? {}) as { name?: unknown; filter?: Record<string, unknown> };
  if (typeof name !== "string" || !name || typeof filter !== "object" || filter === null) return [];
  return [{ name: name.slice(0, 40), filter: readFilter(filter) }];
}

export function readFilter(raw: Record<string, unknown>): Filter {
  const one = <T extends string>(value: unknown, allowed: readonly T[], otherwise: T): T => allowed.find((name) => name === value) ?? otherwise;
  return {
    instrument: typeof raw.instrument === "string" ? raw.instrument.slice(0, 32) : "",
    pattern: one(raw.pattern, [...PATTERNS, ""] as string[], ""),
    direction: one<Direction | "">(raw.direction, ["long", "short", "none", ""], ""),
    severity: one<Severity>(raw.severity, SEVERITIES, "medium"),
    state: one<State | "listed" | "">(raw.state, ["open", "listed", "decided", "expired", ""], ""),
    sort: one<Sort>(raw.sort, SORTED.flatMap((name): Sort[] => [name, `-${name}`]), NEWEST),
  };
}

/** A filter as the address holds it, and read back: only what is not as usual. */
export function filterParams(filter: Filter): [string, string][] {
  return (Object.keys(EVERYTHING) as (keyof Filter)[]).filter((name) => filter[name] !== EVERYTHING[name]).map((name) => [name, filter[name]]);
}

export const filterFrom = (params: URLSearchParams): Filter => readFilter(Object.fromEntries(params));
