// What an operator carries, in a dialog: notifications on this device, and a phone that stays silent for a while.

import { dayMonth, hourMinute, moment } from "../../core/format";
import { deviceKey, deviceLabel, failure, isIos, keyBytes, nextAt, readiness, type PhoneState } from "../../core/push";
import { troubleWord, word } from "../../core/words";
import type { Language } from "../../core/format";
import { ApiError, type Api } from "../../link/api";
import { fill, h } from "../dom";
import * as store from "../store";

export class PhoneDialog {
  readonly root = h("dialog", { class: "help phone", "aria-labelledby": "phone-title" });
  private readonly said = h("p", { class: "error", role: "alert", hidden: true });
  private state: PhoneState | null = null;
  /** What the server knows this device by; empty where it was not switched on. */
  private mine = "";
  private language: Language = "pt-BR";

  constructor(private readonly api: Api, private readonly operator: string, private readonly now: () => number) {
    this.root.addEventListener("click", (event) => event.target === this.root && this.root.close());
  }

  async open(language: Language): Promise<void> {
    this.language = language;
    this.state = null;
    this.say("");
    this.draw();
    if (!this.root.open) this.root.showModal();
    await this.doing(() => this.api.phone());
  }

  private async doing(ask: () => Promise<PhoneState>): Promise<void> {
    try {
      this.state = await ask();
      const address = store.pushAddress(this.operator);
      this.mine = address === null ? "" : await deviceKey(address);
      this.say("");
    } catch (error) {
      this.say(`${word(failure(error instanceof Error ? error.name : ""), this.language)}${error instanceof ApiError ? ` (${error.message})` : ""}`);
    }
    this.draw();
  }

  private say(text: string): void {
    this.said.textContent = text;
    this.said.hidden = text === "";
  }

  private draw(): void {
    const { language, state } = this;
    const words = (key: string) => word(key, language);
    fill(this.root, h("h2", { id: "phone-title" }, words("phone")), h("p", {}, words("phone_why")), this.said,
      ...(state ? [...this.troubles(state), ...this.here(state), ...this.devices(state), ...this.silence(state)] : [h("p", { class: "fine" }, words("reading_phone"))]),
      h("p", { class: "fine" }, words("phone_note")),
      h("button", { type: "button", onclick: () => this.root.close() }, words("close")));
  }

  /** What did not reach its owner, until it does again. */
  private troubles({ troubles = [] }: PhoneState): HTMLElement[] {
    const { language } = this;
    const rows = troubles.map((one) => h("li", {}, `${word(`by_${one.channel}`, language)}: ${troubleWord(one.cause, language)} · ${word("since_when", language)} ${dayMonth(one.since, language)} ${hourMinute(one.since)} (${one.times}×)`));
    return rows.length ? [h("p", { class: "error" }, word("phone_trouble", language)), h("ul", { class: "troubles" }, ...rows)] : [];
  }

  /** What can be done on this device, in words; the click asks the browser, which asks its owner. */
  private here(state: PhoneState): HTMLElement[] {
    const ready = readiness(abilities(), state.key);
    if (ready !== "ready") return [h("p", { class: "fine" }, word(`phone_${ready}`, this.language))];
    const missing = state.steps.every((one) => one.channel !== "push");
    const on = state.devices.some((one) => one.key === this.mine) && state.troubles.every((one) => one.channel !== "push");
    return [
      on ? h("p", { class: "good" }, word("phone_is_on", this.language))
        : h("button", { type: "button", class: "primary", "data-key": "on", onclick: () => void this.doing(() => this.subscribe(state)) }, word("phone_on", this.language)),
      ...(missing ? [h("p", { class: "fine" }, word("phone_no_step", this.language))] : []),
    ];
  }

  private devices(state: PhoneState): HTMLElement[] {
    const { language } = this;
    const rows = state.devices.map((one) => h("li", {}, `${one.label} · ${word("since_when", language)} ${dayMonth(one.since, language)} ${hourMinute(one.since)} `,
      h("button", { type: "button", class: "quiet", "aria-label": `${word("phone_remove", language)}: ${one.label}`, onclick: () => void this.doing(() => this.remove(one.key)) }, word("phone_remove", language))));
    return rows.length ? [h("ul", {}, ...rows)] : [];
  }

  private silence({ silent_until: until }: PhoneState): HTMLElement[] {
    const { language } = this;
    if (until !== null) return [h("p", {}, `${word("phone_silent", language)} ${moment(until, this.now(), language)} `,
      h("button", { type: "button", "data-key": "ring", onclick: () => void this.doing(() => this.api.silence(null)) }, word("phone_ring", language)))];
    const time = h("input", { type: "time", required: true, "aria-label": word("until", language) });
    const send = (event: Event) => {
      event.preventDefault();
      const at = nextAt(time.value, this.now());
      if (at !== null) void this.doing(() => this.api.silence(at));
    };
    return [h("form", { onsubmit: send, class: "silence" }, h("label", {}, `${word("phone_silence", language)} `, time), h("button", { type: "submit" }, word("phone_silence_do", language)))];
  }

  private async subscribe(state: PhoneState): Promise<PhoneState> {
    await navigator.serviceWorker.register("/sw.js");
    const worker = await navigator.serviceWorker.ready;
    const key = keyBytes(state.key ?? "");
    const old = await worker.pushManager.getSubscription();
    if (old && !sameKey(old.options.applicationServerKey, key)) await old.unsubscribe(); // the desk's keys are others now
    const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    return add(this.api, this.operator, made);
  }

  private async remove(key: string): Promise<PhoneState> {
    const address = store.pushAddress(this.operator);
    if (address && (await deviceKey(address)) === key) store.savePushAddress(this.operator, null); // taken off: it does not come back by itself
    return this.api.removePhone(key);
  }
}

async function add(api: Api, operator: string, made: PushSubscription): Promise<PhoneState> {
  const { endpoint, keys } = made.toJSON();
  const state = await api.addPhone({ endpoint, keys, label: deviceLabel(navigator.userAgent, ios()) });
  store.savePushAddress(operator, made.toJSON().endpoint ?? null);
  return state;
}

/** A browser may give this device another address by itself: the server is told, now or when a page is next opened. */
export function keepSubscribed(api: Api, operator: string): () => void {
  if (!("serviceWorker" in navigator)) return () => undefined;
  const look = async () => {
    const before = store.pushAddress(operator);
    const made = before === null ? null : await (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription();
    if (!made || before === null || made.toJSON().endpoint === before) return;
    await add(api, operator, made);
    await api.removePhone(await deviceKey(before));
  };
  const tried = () => void look().catch(() => undefined); // the next page tries it again
  const heard = ({ data }: MessageEvent<{ subscribed?: unknown } | null>) => { if (data?.subscribed === true) tried(); };
  navigator.serviceWorker.addEventListener("message", heard);
  tried();
  return () => navigator.serviceWorker.removeEventListener("message", heard);
}

/** A notification that was clicked names the alert to open. */
export function hearClicks(): () => void {
  if (!("serviceWorker" in navigator)) return () => undefined;
  const heard = ({ data }: MessageEvent<{ open?: unknown } | null>) => {
    const address = data?.open;
    if (typeof address === "string" && address.startsWith("/#alert=")) location.hash = address.slice(2);
  };
  navigator.serviceWorker.addEventListener("message", heard);
  return () => navigator.serviceWorker.removeEventListener("message", heard);
}

const ios = () => isIos(navigator.userAgent, navigator.maxTouchPoints);

const abilities = () => ({
  worker: "serviceWorker" in navigator, push: "PushManager" in window, permission: "Notification" in window ? Notification.permission : "denied",
  ios: ios(), installed: matchMedia("(display-mode: standalone)").matches,
});

function sameKey(one: ArrayBuffer | null, other: Uint8Array): boolean {
  const bytes = one ? new Uint8Array(one) : new Uint8Array();
  return bytes.length === other.length && bytes.every((byte, at) => byte === other[at]);
}
