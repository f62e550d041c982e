// Notifications of a phone: what a push message says, which devices may have them, and the times of a silence.

import { isoDay, startOfDay } from "./format";

export interface PushMessage { title: string; body: string; alert: string; topic: string; action: string; language: string; until: number }
export interface PhoneDevice { key: string; label: string; since: number }
/** A channel that does not reach its operator: why, since when, how many notes. */
export interface PhoneTrouble { channel: string; cause: string; since: number; times: number }
export interface PhoneState { key: string | null; at_most: number; devices: PhoneDevice[]; silent_until: number | null; troubles: PhoneTrouble[]; steps: { channel: string; after_s: number | null }[] }

/** Why this browser can take none, or that it can be asked. `install`: iOS lets a page on the home screen alone. */
export type Readiness = "ready" | "denied" | "install" | "none" | "no_keys";

export interface Abilities { worker: boolean; push: boolean; permission: string; ios: boolean; installed: boolean }

export function readiness(able: Abilities, key: string | null): Readiness {
  if (key === null) return "no_keys";
  if (able.ios && !able.installed) return "install";
  if (!able.worker || !able.push) return "none";
  return able.permission === "denied" ? "denied" : "ready";
}

/** The word for why switching on failed, by the browser's name of the error: its own sentence is English and tells no remedy. */
export const failure = (name: string) => (name === "NotAllowedError" ? "phone_not_allowed" : name === "AbortError" || name === "NetworkError" ? "phone_no_service" : "phone_failed");

/** An iPad says that it is a Mac; a Mac has no touch. */
export const isIos = (agent: string, touches: number) => /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touches > 1);

/** `Chrome, Android`: what its owner knows a device by. */
export function deviceLabel(agent: string, ios: boolean): string {
  const browser = /Edg\//.test(agent) ? "Edge" : /Firefox\//.test(agent) ? "Firefox" : /Chrome\//.test(agent) ? "Chrome" : /Safari\//.test(agent) ? "Safari" : "";
  const system = ios ? "iOS" : /Android/.test(agent) ? "Android" : /Windows/.test(agent) ? "Windows" : /Mac OS/.test(agent) ? "macOS" : /Linux/.test(agent) ? "Linux" : "";
  return [browser, system].filter(Boolean).join(", ") || "?";
}

/** The bytes of base64url, as a subscription wants its key. */
export function keyBytes(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at += 1) bytes[at] = raw.charCodeAt(at);
  return bytes;
}

/** What a service worker reads; null for what is none of ours. */
export function readMessage(said: unknown): PushMessage | null {
  if (typeof said !== "object" || said === null) return null;
  const { title, body, alert, topic, action, language, until } = said as Record<string, unknown>;
  const texts = [title, body, alert, topic, action, language];
  if (!texts.every((one) => typeof one === "string") || typeof until !== "number") return null;
  return { title, body, alert, topic, action, language, until } as PushMessage;
}

/** Where a click leads: the alert in the page, whose ticket decides. Nothing but an alert's id goes into the address. */
export const alertAddress = (alert: string) => (/^[0-9a-f]{64}$/.test(alert) ? `/#alert=${alert}` : "/");

/** The next time at which the desk's clock shows `HH:MM`, in epoch seconds, whatever the computer's own zone is; null where it is no time. */
export function nextAt(clock: string, now: number): number | null {
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(clock);
  if (!found) return null;
  const at = startOfDay(isoDay(now)) + Number(found[1]) * 3600 + Number(found[2]) * 60;
  return at > now ? at : at + 86_400;
}

/** By what the server knows a device: a hash, so that nobody reads the address. */
export async function deviceKey(address: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(address));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, 32);
}
