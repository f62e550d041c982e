// What the list shows, and views under a name.

import { shownState } from "../core/desk/desk";
import { EVERYTHING, passes, sameFilter, type Filter, type View } from "../core/desk/filters";
import { OUTCOMES, PATTERNS, SEVERITIES } from "../core/link/frames";
import { word } from "../core/words";
import { fill, h, say, select } from "./dom";
import type { Orders, Scene } from "./scene";

/** `2 abertos`. */
function openWords({ entries, now, language }: Scene): string {
  const open = entries.filter((entry) => shownState(entry, now) === "open").length;
  return `${open} ${word("state_open", language).toLowerCase()}${open === 1 || language === "en" ? "" : "s"}`;
}

/** `7: 3 alvo, 2 stop, 1 expirou`: how they ended, of those that are loaded. */
function countWords({ entries, mode, language }: Scene): string {
  const counts = mode === "history" ? OUTCOMES.map((one) => [one, entries.filter((entry) => entry.outcome === one).length] as const).filter(([, count]) => count) : [];
  const told = counts.map(([one, count]) => `${count} ${word(`outcome_${one}`, language).toLowerCase()}`);
  return `${entries.length}${told.length ? `: ${told.join(", ")}` : ""}`;
}

export class FilterBar {
  private readonly title = h("h2");
  private readonly hidden = h("span", { class: "hidden-count" });
  private readonly controls = h("div", { class: "controls" });
  private readonly fold = h("details", { class: "filters" });
  private readonly summary = h("summary");
  private readonly score = h("button", { type: "button", class: "quiet score-open", onclick: () => this.orders.score() });
  private readonly levels = h("button", { type: "button", class: "quiet levels-open", hidden: true, onclick: () => this.orders.levels() });
  readonly root = h("div", { class: "filterbar" }, this.title, this.hidden, this.score, this.levels, this.fold);
  private drawn = "";

  constructor(private readonly orders: Orders) {
    fill(this.fold, this.summary, this.controls);
  }

  update(scene: Scene): void {
    const { language } = scene;
    say(this.title, `${word("alerts", language)} · ${scene.mode === "live" ? openWords(scene) : countWords(scene)}`);
    say(this.score, word("score", language));
    const set = scene.levels.filter((one) => one.state === "armed").length;
    this.levels.hidden = scene.mode !== "live" || !scene.levelsAtMost;
    say(this.levels, `${word("my_levels", language)}${set ? ` · ${set}` : ""}`);
    const unsure = scene.mode === "live" && scene.unconfirmed ? `, ${scene.unconfirmed} ${word(scene.unconfirmed === 1 ? "unconfirmed_one" : "unconfirmed", language)}` : "";
    say(this.hidden, scene.hidden ? `${scene.hidden} ${word("outside_filter", language)}${unsure}` : "");
    const key = JSON.stringify([language, scene.filter, scene.views.map((view) => [view, this.openIn(view, scene)]), scene.desk.instruments.map((one) => one.name)]);
    if (key !== this.drawn) this.draw(scene, key);
  }

  focus(): void {
    this.fold.open = true;
    this.controls.querySelector<HTMLElement>("select")?.focus();
  }

  private draw(scene: Scene, key: string): void {
    this.drawn = key;
    const { language, filter } = scene;
    const focused = document.activeElement instanceof HTMLElement && this.controls.contains(document.activeElement) ? document.activeElement.getAttribute("name") : null;
    const set = (change: Partial<Filter>) => this.orders.filter({ ...filter, ...change });
    const words = (keys: readonly string[]) => keys.map((one) => [one, word(one, language)] as const);
    const all = ["", word("all", language)] as const;
    const instruments = scene.desk.instruments.map((one) => [one.name, one.name] as const);
    const narrowed = !sameFilter(filter, EVERYTHING);
    say(this.summary, word("filters", language) + (narrowed ? " ●" : ""));
    fill(this.controls,
      select(word("instrument", language), [all, ...instruments], filter.instrument, (value) => set({ instrument: value }), "f-instrument"),
      select(word("pattern", language), [all, ...words(PATTERNS)], filter.pattern, (value) => set({ pattern: value }), "f-pattern"),
      select(word("side", language), [all, ...words(["long", "short", "none"])], filter.direction, (value) => set({ direction: value as Filter["direction"] }), "f-side"),
      select(word("severity", language), SEVERITIES.map((one) => [one, `≥ ${word(one, language)}`] as const), filter.severity, (value) => set({ severity: value as Filter["severity"] }), "f-severity"),
      select(word("state", language), [all, ...["open", "listed", "decided", "expired"].map((one) => [one, word(`state_${one}`, language)] as const)], filter.state, (value) => set({ state: value as Filter["state"] }), "f-state"),
      narrowed ? h("button", { type: "button", class: "quiet", name: "f-clear", onclick: () => this.orders.filter({ ...EVERYTHING, sort: filter.sort }) }, word("clear", language)) : null,
      this.views(scene));
    if (focused) this.controls.querySelector<HTMLElement>(`[name="${focused}"]`)?.focus();
  }

  /** How many open alerts a view holds. */
  private openIn({ filter }: View, { all, now }: Scene): number {
    return all.filter((entry) => shownState(entry, now) === "open" && passes(entry, filter, now)).length;
  }

  private views(scene: Scene): HTMLElement {
    const { language } = scene;
    const chips = scene.views.map((view) => h("span", { class: "chip" },
      h("button", { type: "button", "aria-pressed": String(sameFilter(view.filter, scene.filter)), onclick: () => this.orders.filter(view.filter) }, view.name, h("span", { class: "count", "aria-hidden": "true" }, String(this.openIn(view, scene)))),
      h("button", { type: "button", "aria-label": `${word("remove_view", language)}: ${view.name}`, onclick: () => this.orders.removeView(view.name) }, "×")));
    const name = h("input", { type: "text", name: "view-name", maxlength: 40, placeholder: word("view_name", language), "aria-label": word("view_name", language), autocomplete: "off" });
    const save = (event: Event) => {
      event.preventDefault();
      this.orders.saveView(name.value);
    };
    return h("div", { class: "views", role: "group", "aria-label": word("views", language) }, ...chips, h("form", { onsubmit: save }, name, h("button", { class: "quiet", type: "submit" }, word("save_view", language))));
  }
}
