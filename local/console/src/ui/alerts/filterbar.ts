// What the list shows, and views under a name.

import { shownState } from "../../core/desk/desk";
import { EVERYTHING, passes, sameFilter, type Filter, type View } from "../../core/desk/filters";
import { moment } from "../../core/format";
import { OUTCOMES, PATTERNS, SEVERITIES } from "../../core/link/frames";
import { word } from "../../core/words";
import { fill, h, say, select } from "../dom";
import type { Orders, Scene } from "../chart/scene";

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
  private readonly fields = h("div", { class: "fields" });
  private readonly fold = h("details", { class: "fold filters" });
  private readonly summary = h("summary");
  private readonly score = h("button", { type: "button", class: "quiet score-open", onclick: () => this.orders.score() });
  private readonly levels = h("button", { type: "button", class: "quiet levels-open", hidden: true, onclick: () => this.orders.levels() });
  private readonly handoverSummary = h("summary");
  private readonly heirs = h("div", { class: "controls", role: "group" });
  private readonly handover = h("details", { class: "fold handover", hidden: true }, this.handoverSummary, this.heirs);
  readonly root = h("div", { class: "filterbar" }, this.title, this.hidden, this.score, this.levels, this.handover, this.fold);
  private readonly chips = h("span", { class: "chips" });
  private readonly name = h("input", { type: "text", name: "view-name", maxlength: 40, autocomplete: "off" });
  private readonly save = h("button", { class: "quiet", type: "submit" });
  private readonly views = h("div", { class: "views", role: "group" }, this.chips, h("form", { onsubmit: (event: Event) => this.keep(event) }, this.name, this.save));
  private drawn = "";
  private handed = "";
  private counted = "";

  constructor(private readonly orders: Orders) {
    this.handover.addEventListener("toggle", () => { if (this.handover.open) this.orders.askDesk(); });
    fill(this.fold, this.summary, h("div", { class: "controls" }, this.fields, this.views));
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
    this.handOver(scene);
    // What somebody has open or types in stays while alerts come: only what changed is made anew.
    const drawn = JSON.stringify([language, scene.filter, scene.desk.instruments.map((one) => one.name)]);
    if (drawn !== this.drawn) this.draw(scene);
    this.drawn = drawn;
    const counted = JSON.stringify([language, scene.filter, scene.views.map((view) => [view, this.openIn(view, scene)])]);
    if (counted !== this.counted) this.drawViews(scene);
    this.counted = counted;
  }

  /** To whom open alerts go at a change of shift: one press, and it says how many. */
  private handOver({ heirs, language, trader, now }: Scene): void {
    this.handover.hidden = !trader || !heirs.length;
    if (this.handover.hidden) this.handover.open = false;
    const key = JSON.stringify([language, heirs]);
    if (key === this.handed) return;
    this.handed = key;
    say(this.handoverSummary, word("hand_over", language));
    this.heirs.setAttribute("aria-label", word("hand_over", language));
    const focused = document.activeElement instanceof HTMLElement && this.heirs.contains(document.activeElement) ? document.activeElement.dataset.heir : undefined;
    const silent = (until: number | undefined) => (until === undefined ? "" : ` · ${word("phone_silent_till", language)} ${moment(until, now, language)}`);
    fill(this.heirs, ...heirs.map(({ id, name, count, silentUntil }) => h("button", { type: "button", "data-heir": id, onclick: () => { this.handover.open = false; this.orders.handOver(id); } }, `${name} · ${count}${silent(silentUntil)}`)));
    if (focused) this.heirs.querySelector<HTMLElement>(`[data-heir="${focused}"]`)?.focus();
  }

  focus(): void {
    this.fold.open = true;
    this.fields.querySelector<HTMLElement>("select")?.focus();
  }

  private draw(scene: Scene): void {
    const { language, filter } = scene;
    const focused = document.activeElement instanceof HTMLElement && this.fields.contains(document.activeElement) ? document.activeElement.getAttribute("name") : null;
    const set = (change: Partial<Filter>) => this.orders.filter({ ...filter, ...change });
    const words = (keys: readonly string[]) => keys.map((one) => [one, word(one, language)] as const);
    const all = ["", word("all", language)] as const;
    const instruments = scene.desk.instruments.map((one) => [one.name, one.name] as const);
    const narrowed = !sameFilter(filter, EVERYTHING);
    say(this.summary, word("filters", language) + (narrowed ? " ●" : ""));
    fill(this.fields,
      select(word("instrument", language), [all, ...instruments], filter.instrument, (value) => set({ instrument: value }), "f-instrument"),
      select(word("pattern", language), [all, ...words(PATTERNS)], filter.pattern, (value) => set({ pattern: value }), "f-pattern"),
      select(word("side", language), [all, ...words(["long", "short", "none"])], filter.direction, (value) => set({ direction: value as Filter["direction"] }), "f-side"),
      select(word("severity", language), SEVERITIES.map((one) => [one, `≥ ${word(one, language)}`] as const), filter.severity, (value) => set({ severity: value as Filter["severity"] }), "f-severity"),
      select(word("state", language), [all, ...["open", "listed", "decided", "expired"].map((one) => [one, word(`state_${one}`, language)] as const)], filter.state, (value) => set({ state: value as Filter["state"] }), "f-state"),
      narrowed ? h("button", { type: "button", class: "quiet", name: "f-clear", onclick: () => this.orders.filter({ ...EVERYTHING, sort: filter.sort }) }, word("clear", language)) : null);
    if (focused) this.fields.querySelector<HTMLElement>(`[name="${focused}"]`)?.focus();
  }

  /** How many open alerts a view holds. */
  private openIn({ filter }: View, { all, now }: Scene): number {
    return all.filter((entry) => shownState(entry, now) === "open" && passes(entry, filter, now)).length;
  }

  private drawViews(scene: Scene): void {
    const { language } = scene;
    const focused = document.activeElement instanceof HTMLElement && this.chips.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    const chips = scene.views.map((view) => h("span", { class: "chip" },
      h("button", { type: "button", "data-key": `show ${view.name}`, "aria-pressed": String(sameFilter(view.filter, scene.filter)), onclick: () => this.orders.filter(view.filter) }, view.name, h("span", { class: "count", "aria-hidden": "true" }, String(this.openIn(view, scene)))),
      h("button", { type: "button", "data-key": `remove ${view.name}`, "aria-label": `${word("remove_view", language)}: ${view.name}`, onclick: () => this.orders.removeView(view.name) }, "×")));
    fill(this.chips, ...chips);
    if (focused) [...this.chips.querySelectorAll<HTMLElement>("button")].find((one) => one.dataset.key === focused)?.focus();
    this.views.setAttribute("aria-label", word("views", language));
    this.name.setAttribute("aria-label", word("view_name", language));
    this.name.placeholder = word("view_name", language);
    say(this.save, word("save_view", language));
  }

  private keep(event: Event): void {
    event.preventDefault();
    if (!this.name.value.trim()) return;
    this.orders.saveView(this.name.value);
    this.name.value = "";
  }
}
