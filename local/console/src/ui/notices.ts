// What is wrong, as banners that stay; what happened, as notes that pass; and all of it for who does not see.

import type { Alert } from "../core/link/frames";
import type { Language } from "../core/format";
import { isReplayed, type Replayed } from "../core/link/replay";
import { fullDay, hourMinute, number } from "../core/format";
import { ARROWS, headline } from "../core/why";
import { word } from "../core/words";
import { fill, h, say } from "./dom";
import type { Scene } from "./chart/scene";

const STAY_MS = 7000;
const TOASTS = 3;
const SPOKEN = 6;

export class Notices {
  readonly banners = h("div", { class: "banners", role: "status" });
  readonly replay = h("p", { class: "replaybar", role: "note", hidden: true });
  readonly toasts = h("div", { class: "toasts" });
  readonly spoken = h("div", { class: "visually-hidden", role: "log", "aria-live": "polite" });
  private shown = "";
  private readonly live = new Map<string, HTMLElement>();

  update(scene: Scene): void {
    this.replay.hidden = scene.replayed === null;
    if (scene.replayed) say(this.replay, replayWords(scene.replayed, scene));
    // Decided, over, or on the page itself.
    for (const [id, toast] of this.live) if (scene.mode === "live" || !scene.openLive(id)) this.drop(id, toast);
    // Lengths of time change each second; a screen reader hears of a trouble when it comes, not of its age.
    const shape = scene.troubles.map((one) => one.level + one.text.replace(/\d+ (s|min|h|d)\b/, "")).join("|");
    if (shape !== this.shown) {
      this.shown = shape;
      fill(this.banners, ...scene.troubles.map((one) => h("p", { class: one.level }, h("span", { "aria-hidden": "true" }, one.level === "bad" ? "■ " : "▲ "), h("span", { class: "text" }))));
    }
    this.banners.querySelectorAll(".text").forEach((text, place) => say(text, scene.troubles[place]?.text ?? ""));
  }

  /** Say something in passing. */
  note(text: string, level: "info" | "good" | "bad" = "info"): void {
    if (!text) return;
    const toast = h("div", { class: `toast ${level}` }, h("p", {}, text));
    this.toasts.append(toast);
    this.speak(text);
    window.setTimeout(() => toast.remove(), STAY_MS);
    this.trim();
  }

  /** Say something that can be undone for so many seconds. */
  undoable(text: string, seconds: number, language: Language, undo: () => void): void {
    const button = h("button", { type: "button", class: "quiet", onclick: () => { toast.remove(); undo(); } }, word("undo", language));
    const toast = h("div", { class: "toast info undoable" }, h("p", {}, text), button);
    this.toasts.append(toast);
    this.speak(text);
    window.setTimeout(() => toast.remove(), seconds * 1000);
    this.trim();
  }

  /** A live alert while the page shows another day: it must be seen all the same. */
  alert(alert: Alert, language: Language, show: () => void): void {
    const drop = () => this.drop(alert.id, toast);
    const button = (name: string, clicked: () => void) => h("button", { type: "button", class: "quiet", onclick: () => { drop(); clicked(); } }, word(name, language));
    const toast = h("div", { class: `toast live ${alert.direction}`, "data-alert": alert.id },
      h("strong", {}, `${word(isReplayed(alert) ? "new_replay" : "new_live", language)}: ${ARROWS[alert.direction]} ${headline(alert, language)}`), h("span", {}, button("show", show), button("dismiss", () => undefined)));
    this.live.set(alert.id, toast);
    this.toasts.append(toast);
    this.trim();
  }

  /** Live alerts that stand here as notes. */
  get rendered(): Iterable<string> {
    return this.live.keys();
  }

  speak(text: string): void {
    this.spoken.append(h("p", {}, text));
    while (this.spoken.childElementCount > SPOKEN) this.spoken.firstElementChild?.remove();
  }

  private drop(id: string, toast: HTMLElement): void {
    toast.remove();
    this.live.delete(id);
  }

  private trim(): void {
    while (this.toasts.childElementCount > TOASTS) {
      const oldest = this.toasts.firstElementChild as HTMLElement;
      this.live.delete(oldest.dataset.alert ?? "");
      oldest.remove();
    }
  }
}

/** `◀◀ REPLAY · pregão de 25/11/2024 10:35 · 60× · não é o mercado de agora (17:33)`: the day with its year,
 *  and the other clock, by which decisions, receipts and e-mails are told. */
function replayWords({ at, speed }: Replayed, { language, now }: Scene): string {
  const fast = speed === null ? "" : ` · ${number(speed, 0, language)}×`;
  return `◀◀ REPLAY · ${word("session_of", language)} ${fullDay(at, 0, language)} ${hourMinute(at)}${fast} · ${word("not_now", language)} (${hourMinute(now)})`;
}
