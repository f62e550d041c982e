// The HTTP endpoints, with the token of the socket. What comes back is checked before anybody uses it.

import type { Colleague } from "../core/desk/handover";
import type { Act } from "../core/desk/acts";
import type { Level, LevelAsked } from "../core/desk/levels";
import { isAlert, type AlertRecord } from "../core/link/frames";
import { fromColumns, type Columns } from "../core/chart/series";
import type { Candle } from "../core/link/frames";
import type { PhoneState } from "../core/push";
import type { Health } from "../core/truth";

export interface Config { websocket_url: string; api_url: string; dev_login: boolean; /** Whom a development machine offers. */ operators: string[] }
export interface Instrument { name: string; tick_size: number; decimals: number; timezone: string; open: string; close: string }
export interface DeskInfo {
  operator: { id: string; name: string; role: string; language: string; /** Rings wanted in a session, 0 for all; a server of before does not say. */ budget?: number };
  operators: Colleague[]; instruments: Instrument[]; timeframes: string[];
  /** Whether the first decision stands for the desk, or each operator decides; a server of before does not say. */ decision?: "first" | "each"; /** Notes that are ready on the card. */ notes?: readonly string[];
}
export interface CandlePage {
  instrument: string; contract: string; timeframe: string; tick_size: number; timezone: string;
  session: { open: string; close: string }; candles: Candle[];
}
export interface AlertPage { alerts: AlertRecord[]; next: string | null }
export interface Reached { operator: string; steps: { channel: string; at: number }[]; silent_until?: number }
export interface OneAlert { record: AlertRecord; candles: Candle[] }

/** An answer that is no success; `status` 0 is no answer at all. */
export class ApiError extends Error {
  /** `why` is the server's own name of the reason, where it gave one. */
  constructor(readonly status: number, readonly why = "") {
    super(`HTTP ${status}`);
  }

  get unauthorised(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

const PATIENCE_MS = 10_000;

export async function loadConfig(): Promise<Config> {
  const found = (await answer(fetch("config.json", { cache: "no-store" }))) as Partial<Config>;
  return { websocket_url: String(found.websocket_url ?? ""), api_url: String(found.api_url ?? ""), dev_login: found.dev_login === true,
    operators: Array.isArray(found.operators) ? found.operators.map(String) : [] };
}

export async function login(apiUrl: string, operator: string): Promise<string> {
  const body = JSON.stringify({ operator });
  const found = await answer(fetch(`${apiUrl}/login`, { method: "POST", headers: { "Content-Type": "application/json" }, body }));
  return String((found as { token?: unknown }).token ?? "");
}

export class Api {
  constructor(private readonly base: string, private readonly token: string) {}

  /** Send a decision by a way that outlives the page. Nobody hears the answer: the same decision twice counts once. */
  part({ alertId, decision, note, orderId }: Act): void {
    const body = new URLSearchParams({ decision, note, order_id: orderId });
    const headers = { Authorization: `Bearer ${this.token}` };
    fetch(`${this.base}/alerts/${encodeURIComponent(alertId)}/decision`, { method: "POST", headers, body, keepalive: true }).catch(() => undefined);
  }

  levels = () => this.get<{ levels: unknown[]; at_most: number }>("/levels");
  setLevel = (asked: Omit<LevelAsked, "id">) => this.change("POST", "/levels", asked);
  changeLevel = (id: string, change: Partial<Level>) => this.change("PATCH", `/levels/${encodeURIComponent(id)}`, change);
  removeLevel = (id: string) => this.change("DELETE", `/levels/${encodeURIComponent(id)}`);

  /** Who got an alert where and when; a server of before tells nobody. */
  reached = async (id: string): Promise<Reached[]> => (await this.get<{ reached?: Reached[] }>(`/alerts/${encodeURIComponent(id)}`, { only: "reached" })).reached ?? [];

  phone = () => this.get<PhoneState>("/push");
  addPhone = (device: unknown) => this.change("POST", "/push", device) as Promise<PhoneState>;
  removePhone = (key: string) => this.change("DELETE", `/push/${encodeURIComponent(key)}`) as Promise<PhoneState>;
  silence = (until: number | null) => this.change("POST", "/push", { silent_until: until }) as Promise<PhoneState>;

  desk = () => this.get<DeskInfo>("/desk");
  health = () => this.get<Health>("/health");

  async candles(instrument: string, timeframe: string, limit = 500, before?: number): Promise<CandlePage> {
    const found = await this.get<Omit<CandlePage, "candles"> & { candles: Columns }>("/candles", { instrument, timeframe, limit, before });
    return { ...found, candles: fromColumns(found.candles) };
  }

  /** A page of the alerts of a day at the exchange, by their candles. */
  alerts = (day: string, next?: string | null) => this.alertPage({ day, next: next ?? undefined });

  /** All alerts of a day at the exchange, to a bound. */
  wholeDay = (day: string) => this.allAlerts({ day });

  /** All that rang on a UTC day, to a bound. */
  rangOn = (rang: string) => this.allAlerts({ rang });

  private async alertPage(query: Record<string, string | undefined>): Promise<AlertPage> {
    const found = await this.get<AlertPage>("/alerts", query);
    return { alerts: found.alerts.filter((one) => isAlert(one.alert)), next: found.next ?? null };
  }

  private async allAlerts(query: Record<string, string>, pages = 40): Promise<AlertRecord[]> {
    const all: AlertRecord[] = [];
    let next: string | null = null;
    do {
      const page: AlertPage = await this.alertPage({ ...query, next: next ?? undefined });
      all.push(...page.alerts);
      next = page.next;
    } while (next && --pages > 0);
    return all;
  }

  async alert(id: string): Promise<OneAlert> {
    const { candles, ...record } = await this.get<AlertRecord & { candles?: Columns }>(`/alerts/${encodeURIComponent(id)}`);
    if (!isAlert(record.alert)) throw new ApiError(404);
    return { record, candles: candles ? fromColumns(candles) : [] };
  }

  private change(method: string, path: string, body?: unknown): Promise<unknown> {
    const headers = { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" };
    return answer(fetch(`${this.base}${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE_MS) }));
  }

  private get<T>(path: string, query: Record<string, string | number | undefined> = {}): Promise<T> {
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) asked.set(name, String(value));
    const suffix = asked.size ? `?${asked}` : "";
    const headers = { Authorization: `Bearer ${this.token}` };
    return answer(fetch(`${this.base}${path}${suffix}`, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) })) as Promise<T>;
  }
}

async function answer(asked: Promise<Response>): Promise<unknown> {
  let response: Response;
  try {
    response = await asked;
  } catch {
    throw new ApiError(0);
  }
  if (!response.ok) throw new ApiError(response.status, await whyOf(response));
  try {
    return await response.json();
  } catch {
    throw new ApiError(0);
  }
}

async function whyOf(response: Response): Promise<string> {
  const said = (await response.json().catch(() => null)) as { error?: unknown } | null;
  return typeof said?.error === "string" ? said.error : "";
}
