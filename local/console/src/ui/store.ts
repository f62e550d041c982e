// What this browser remembers of its operator: preferences for good, the token and the cursor for the tab's life.

import { readActs, type Act } from "../core/desk/acts";
import { filterFrom, filterParams, readViews, type Filter, type View } from "../core/desk/filters";
import type { Cursor } from "../core/link/frames";
import type { Language } from "../core/format";
import { STUDIES, type Study } from "../core/chart/studies";

const TOKEN = "pregao.token";
const CURSOR = "pregao.cursor";
const ACTS = "pregao.acts";
const CURSOR_LIFE_S = 12 * 3600;

export interface Preferences { language: Language | null; theme: "dark" | "light" | null; keys: boolean; instrument: string; timeframe: string; /** What the chart draws beside the candles. */ studies: readonly Study[]; /** Contracts, by instrument. */ sizes: Readonly<Record<string, number>> }

const NONE: Preferences = { language: null, theme: null, keys: true, instrument: "", timeframe: "", studies: ["volume"], sizes: {} };

// Storage may be full or forbidden; the page then remembers nothing and works.
function read(storage: Storage, key: string): string | null {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

function write(storage: Storage, key: string, value: string | null): void {
  try {
    if (value === null) storage.removeItem(key);
    else storage.setItem(key, value);
  } catch {
    return;
  }
}

function parsed(text: string | null): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(text ?? "{}");
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export function preferences(): Preferences {
  const found = parsed(read(localStorage, "pregao.preferences"));
  return {
    language: found.language === "en" || found.language === "pt-BR" ? found.language : null,
    theme: found.theme === "dark" || found.theme === "light" ? found.theme : null,
    keys: found.keys !== false,
    instrument: typeof found.instrument === "string" ? found.instrument : NONE.instrument,
    timeframe: typeof found.timeframe === "string" ? found.timeframe : NONE.timeframe,
    sizes: sizesFrom(found.sizes),
    studies: Array.isArray(found.studies) ? STUDIES.filter((one) => (found.studies as unknown[]).includes(one)) : NONE.studies,
  };
}

const sizesFrom = (found: unknown) => Object.fromEntries(Object.entries(typeof found === "object" && found !== null ? found : {}).filter(([, size]) => Number.isInteger(size) && size > 0)) as Record<string, number>;

export const savePreferences = (kept: Preferences) => write(localStorage, "pregao.preferences", JSON.stringify(kept));
export const views = (): View[] => readViews(read(localStorage, "pregao.views"));
export const saveViews = (kept: View[]) => write(localStorage, "pregao.views", JSON.stringify(kept));
/** The address of this browser that its operator's devices were told, if any. */
export const pushAddress = (operator: string) => read(localStorage, `pregao.push.${operator}`);
export const savePushAddress = (operator: string, address: string | null) => write(localStorage, `pregao.push.${operator}`, address);

/** Decisions that were made and are not known to have arrived. */
export const acts = (operator: string): Act[] => readActs(parsed(read(sessionStorage, ACTS)), operator);
export const saveActs = (operator: string, kept: readonly Act[]) =>
  write(sessionStorage, ACTS, kept.length ? JSON.stringify({ operator, acts: kept }) : null);

export const token = () => read(sessionStorage, TOKEN);

export function saveToken(value: string | null): void {
  write(sessionStorage, TOKEN, value);
  if (value === null) {
    for (const key of [CURSOR, ACTS]) write(sessionStorage, key, null);
    history.replaceState(null, "", location.pathname + location.search);
  }
}

/** The cursor a reload goes on from, and since when nobody looked; null when there is none or it is of another day. */
export function cursor(operator: string, now: number): { cursor: Cursor; at: number } | null {
  const found = parsed(read(sessionStorage, CURSOR)) as { operator?: unknown; at?: unknown; cursor?: unknown };
  const at = Number(found.at);
  if (found.operator !== operator || !(now - at < CURSOR_LIFE_S)) return null;
  const entries = Object.entries((found.cursor ?? {}) as Record<string, unknown>);
  return { cursor: Object.fromEntries(entries.filter((entry): entry is [string, number] => Number.isInteger(entry[1]))), at };
}

export const saveCursor = (operator: string, kept: Cursor, now: number) =>
  write(sessionStorage, CURSOR, JSON.stringify({ operator, at: now, cursor: kept }));

/** What the address says is shown: it outlives a reload, and can be sent to a colleague. */
export interface Place { filter: Filter; market: string; timeframe: string; selected: string | null; /** One alert is meant, whatever its day. */ link: boolean }

export function place(): Place {
  const found = new URLSearchParams(location.hash.slice(1));
  const [market = "", timeframe = ""] = (found.get("market") ?? "").split(".");
  return { filter: filterFrom(found), market, timeframe, selected: found.get("selected") ?? found.get("alert"), link: found.has("alert") };
}

/** The address as this page knows it: one that somebody changed since is read before it is written over. */
let known: string | null = null;

export function savePlace({ filter, market, timeframe, selected, link }: Place): void {
  if (known !== null && location.hash !== known) return; // the browser tells of it in a moment
  const said = new URLSearchParams([...(selected ? [[link ? "alert" : "selected", selected]] : []), ["market", `${market}.${timeframe}`], ...filterParams(filter)]);
  if (location.hash !== `#${said}`) history.replaceState(null, "", `${location.pathname}${location.search}#${said}`);
  known = location.hash;
}

/** Take `#token=` out of the address, where it must not stay for others to read; `#alert=` asks for one alert. */
export function takeFragment(): { token: string | null; alert: string | null } {
  const found = new URLSearchParams(location.hash.slice(1));
  const [brought, alert] = [found.get("token"), found.get("alert")];
  found.delete("token");
  if (brought !== null) history.replaceState(null, "", location.pathname + location.search + (found.size ? `#${found}` : ""));
  known = location.hash;
  return { token: brought, alert };
}
