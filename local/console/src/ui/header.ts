// The top of the page: markets, live or history, sound and notifications, and who is here.

import { price, signed } from "../core/format";
import { word } from "../core/words";
import { fill, h, say, select } from "./dom";
import type { Orders, Scene } from "./chart/scene";

export class Header {
  readonly root = h("header", { class: "top", role: "banner" });
  private drawn = "";
  private opened = false;
  /** Beside each market's name: its feed, last price, change and open alerts. */
  private quotes = new Map<string, { root: HTMLElement; dot: HTMLElement; last: HTMLElement; change: HTMLElement; open: HTMLElement }>();

  constructor(private readonly orders: Orders, private readonly help: () => void) {}

  update(scene: Scene): void {
    const key = [scene.language, scene.theme, scene.mode, scene.instrument.name, scene.timeframe, scene.sound, scene.permission, scene.notifying, scene.replayed !== null, scene.desk.operator.name, scene.desk.instruments.length].join("|");
    if (key !== this.drawn) this.draw(scene, key);
    for (const [name, parts] of this.quotes) writeQuote(name, parts, scene);
  }

  private draw(scene: Scene, key: string): void {
    const focused = document.activeElement instanceof HTMLElement && this.root.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    this.drawn = key;
    fill(this.root, h("h1", { class: "brand" }, h("span", { "aria-hidden": "true", class: "logo" }, "▞"), h("span", { class: "text" }, "Pregão")), this.markets(scene), this.modes(scene), h("span", { class: "space" }), ...this.switches(scene));
    if (focused) this.root.querySelector<HTMLElement>(`[data-id="${focused}"]`)?.focus();
  }

  /** A phone's first sight is the alert's: what one sets once is folded there. */
  private unfold(): void {
    this.opened = !this.opened;
    this.root.classList.toggle("opened", this.opened);
    this.root.querySelector(".more")?.setAttribute("aria-expanded", String(this.opened));
  }

  private markets(scene: Scene): HTMLElement {
    const { instruments, timeframes } = scene.desk;
    this.quotes = new Map(instruments.map((one) => {
      const part = (name: string) => h("span", { class: name });
      return [one.name, { root: h("span", { class: "quote", "aria-hidden": "true" }), dot: h("span", { class: "dot", "aria-hidden": "true" }), last: part("last"), change: part("change"), open: part("open") }];
    }));
    const buttons = instruments.map((one) => {
      const parts = this.quotes.get(one.name);
      if (parts) fill(parts.root, parts.last, parts.change, parts.open);
      return h("button", {
        type: "button", "data-id": `market-${one.name}`, "aria-pressed": String(one.name === scene.instrument.name), onclick: () => this.orders.market(one.name, scene.timeframe),
      }, parts?.dot ?? null, one.name, parts?.root ?? null);
    });
    const frames = timeframes.length > 1
      ? select(word("timeframe", scene.language), timeframes.map((one) => [one, one] as const), scene.timeframe, (value) => this.orders.market(scene.instrument.name, value), "timeframe")
      : h("span", { class: "single" }, timeframes[0] ?? "");
    return h("nav", { class: "segments markets", "aria-label": word("instrument", scene.language) }, ...buttons, frames);
  }

  private modes(scene: Scene): HTMLElement {
    const button = (mode: "live" | "history") => h("button", {
      type: "button", "data-id": `mode-${mode}`, "aria-pressed": String(mode === "live" ? scene.mode === "live" : scene.mode !== "live"), onclick: () => this.orders.mode(mode),
    }, word(mode === "live" && scene.replayed ? "replayed_now" : mode, scene.language));
    return h("nav", { class: "segments", "aria-label": word("history", scene.language) }, button("live"), button("history"));
  }

  private switches(scene: Scene): HTMLElement[] {
    const { language } = scene;
    const told = scene.permission === "granted" ? (scene.notifying ? "notify_on" : "notify_off") : { default: "notify_ask", denied: "notify_denied", none: "notify_none" }[scene.permission];
    const silent = scene.sound === "off" || scene.sound === "blocked";
    const asks = scene.permission === "default" || scene.permission === "granted";
    const on = scene.permission === "granted" && scene.notifying;
    const button = (id: string, mark: string, text: string, clicked: () => void, more: Record<string, string | boolean> = {}) =>
      h("button", { type: "button", class: "switch", "data-id": id, title: text || null, onclick: clicked, ...more }, mark ? h("span", { "aria-hidden": "true" }, mark) : null, text ? h("span", { class: "text" }, text) : null);
    return [
      button("sound", silent ? "♪̸" : "♪", word(`sound_${scene.sound}`, language), () => this.orders.sound(), { "aria-pressed": String(!silent), class: `switch ${silent ? "ask" : "is-on"}` }),
      button("notify", on ? "◆" : asks ? "◇" : "✕", word(told, language), () => this.orders.notifications(), { disabled: !asks, class: `switch ${on ? "is-on" : asks ? "" : "ask"}` }),
      h("button", { type: "button", class: "more", "data-id": "more", "aria-expanded": String(this.opened), "aria-label": word("more_switches", language), onclick: () => this.unfold() }, h("span", { "aria-hidden": "true" }, "⋯")),
      h("span", { class: "extras" },
        button("phone", "☎", "", () => this.orders.phone(), { "aria-label": word("phone", language), title: word("phone", language) }),
      button("language", "", language === "en" ? "PT" : "EN", () => this.orders.language(), { "aria-label": language === "en" ? "Português" : "English", lang: language === "en" ? "pt-BR" : "en" }),
        button("theme", scene.theme === "dark" ? "☾" : "☀", "", () => this.orders.theme(), { "aria-label": `${word("theme", language)}: ${word(`theme_${scene.theme}`, language)}` }),
        button("help", "?", "", this.help, { "aria-label": word("help", language) }),
        h("span", { class: "me" }, h("span", { class: "name" }, scene.desk.operator.name), h("button", { type: "button", class: "quiet", "data-id": "logout", onclick: () => this.orders.logout() }, word("logout", language)))),
    ];
  }
}

type Parts = Record<"root" | "dot" | "last" | "change" | "open", HTMLElement>;

/** Its feed by mark and colour, the rest in numbers; the words are its title. */
function writeQuote(name: string, { root, dot, last, change, open }: Parts, scene: Scene): void {
  const { language, quotes, openOf } = scene;
  const quote = quotes.get(name);
  const count = openOf.get(name) ?? 0;
  const feed = feedOf(name, scene);
  const tick = scene.desk.instruments.find((one) => one.name === name)?.tick_size ?? 1;
  const moved = quote?.change ?? null;
  const change_ = moved === null ? "" : `${signed(moved, 2, language)} %`;
  say(dot, { good: "●", bad: "■", idle: "○" }[feed]);
  dot.className = `dot ${feed}`;
  say(last, quote ? price(quote.last, tick, language) : "");
  say(change, change_);
  change.className = `change ${moved === null || moved === 0 ? "" : moved < 0 ? "down" : "up"}`;
  say(open, count ? String(count) : "");
  const words = [name, quote && `${word("last_price", language)} ${last.textContent}`, change_ && `${change_} ${word("day_change", language)}`,
    `${count} ${word(count === 1 ? "open_alert_one" : "open_alerts", language)}`, feed === "bad" ? word("no_data_short", language) : ""].filter(Boolean).join(", ");
  if (root.parentElement?.title !== words) root.parentElement?.setAttribute("title", words);
}

/** Of an instrument's feeds: one is silent, one speaks, or none is known. */
function feedOf(name: string, { silences, newestCandle, health }: Scene): "good" | "bad" | "idle" {
  const mine = (key: string) => key.startsWith(`${name} `);
  if ([...silences.keys()].some(mine)) return "bad";
  return [...newestCandle.keys()].some(mine) || health?.feeds?.some((feed) => feed.instrument === name && feed.in_session) ? "good" : "idle";
}

/** Keys and what they do, in a dialog of the browser's own: it keeps the focus and gives it back. */
export class Help {
  readonly root = h("dialog", { class: "help", "aria-labelledby": "help-title" });

  constructor(private readonly orders: Orders) {
    this.root.addEventListener("click", (event) => event.target === this.root && this.root.close());
  }

  open(scene: Scene): void {
    const { language } = scene;
    const row = (keys: string, text: string) => h("div", {}, h("dt", {}, ...keys.split(" ").map((key) => h("kbd", {}, key))), h("dd", {}, text));
    const box = h("input", { type: "checkbox", onchange: () => this.orders.keys(box.checked) });
    box.checked = scene.keys;
    const title = h("h2", { id: "help-title" });
    say(title, word("keys", language));
    fill(this.root, title,
      h("dl", {}, row("J K", word("key_next", language)), row("N", word("key_newest", language)), row("1 … 6", word("key_market", language)), row("[ ]", word("key_timeframe", language)), row("/", word("key_filter", language)), row("E", word("executed", language)), row("R", word("rejected", language)), row("O", word("watching", language)),
        row("F", word("false_alarm", language)), row("U", word("key_undo", language)), row("S", word("key_sound", language)), row("D", word("key_score", language)), row("?", word("key_help", language))),
      h("label", { class: "check" }, box, " ", word("keys_on", language)),
      h("p", { class: "fine" }, word("receipts_note", language)), h("p", { class: "fine" }, word("about_precision", language)), h("p", { class: "fine" }, word("about_severity", language)), h("p", { class: "fine" }, word("disclaimer", language)),
      h("p", { class: "fine" }, h("a", { href: "NOTICE.txt", target: "_blank", rel: "noopener" }, "Lightweight Charts™ © TradingView, Inc.")),
      h("button", { type: "button", onclick: () => this.root.close() }, word("close", language)));
    this.root.showModal();
  }
}
