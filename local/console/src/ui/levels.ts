// The operator's own price alerts in a dialog: one form for a new one or a change, and the list of all.

import { CROSSINGS, crossingOf, levelWords, NOTE_LIMIT, OFTEN, readPrice, type Crossing, type Level, type Often } from "../core/desk/levels";
import { dayMonth, decimalsOf, hourMinute, number } from "../core/format";
import { word } from "../core/words";
import { fill, h, select } from "./dom";
import type { Orders, Scene } from "./chart/scene";

interface Draft { id: string | null; instrument: string; timeframe: string; price: string; crossing: Crossing; often: Often; note: string; /** Somebody said how it is to be crossed. */ chosen?: boolean }

export class LevelsDialog {
  readonly root = h("dialog", { class: "help levels", "aria-labelledby": "levels-title" });
  private readonly error = h("p", { class: "error", role: "alert" });
  private draft: Draft | null = null;
  private drawn = "";

  constructor(private readonly orders: Orders) {
    this.root.addEventListener("click", (event) => event.target === this.root && this.root.close());
  }

  /** Open with a form for a new one, at a price where one was pointed at. */
  open(scene: Scene, price: number | null = null): void {
    this.draft = this.fresh(scene, price);
    this.say("");
    this.draw(scene);
    if (!this.root.open) this.root.showModal();
    this.root.querySelector<HTMLInputElement>("[name=level-price]")?.select();
  }

  update(scene: Scene): void {
    if (this.root.open && this.drawn !== keyOf(scene)) this.draw(scene);
  }

  /** Say why it was refused, or nothing. */
  say(text: string): void {
    this.error.textContent = text;
    this.error.hidden = text === "";
  }

  /** It was taken: the form is for a new one again. */
  saved(scene: Scene): void {
    this.draft = this.fresh(scene, null);
    this.say("");
    this.draw(scene);
  }

  private fresh({ instrument, posted, quotes, language }: Scene, price: number | null): Draft {
    const last = quotes.get(instrument.name)?.last ?? null;
    const at = price ?? last;
    const written = at === null ? "" : number(at, decimalsOf(instrument.tick_size), language);
    return { id: null, instrument: instrument.name, timeframe: posted, price: written, crossing: at === null ? "touch" : crossingOf(at, last, instrument.tick_size), often: "once", note: "" };
  }

  private edit(level: Level, scene: Scene): void {
    const { id, instrument, timeframe, price, crossing, often, note } = level;
    this.draft = { id, instrument, timeframe, price: number(price, decimalsOf(tickOf(instrument, scene)), scene.language), crossing, often, note };
    this.say("");
    this.draw(scene);
    this.root.querySelector<HTMLInputElement>("[name=level-price]")?.select();
  }

  private draw(scene: Scene): void {
    const { language, levels, levelsAtMost } = scene;
    this.drawn = keyOf(scene);
    const focused = this.root.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.key : undefined;
    fill(this.root, h("h2", { id: "levels-title" }, `${word("my_levels", language)}${levelsAtMost === null ? "" : ` · ${levels.length} ${word("of", language)} ${levelsAtMost}`}`),
      this.form(scene), this.error,
      levels.length ? h("ul", {}, ...levels.map((one) => this.row(one, scene))) : h("p", { class: "fine" }, word("no_levels", language)),
      scene.replayed ? h("p", { class: "fine" }, word("level_in_replay", language)) : null,
      h("p", { class: "fine" }, word("levels_note", language)),
      h("button", { type: "button", "data-key": "close", onclick: () => this.root.close() }, word("close", language)));
    if (focused) this.root.querySelector<HTMLElement>(`[data-key="${focused}"]`)?.focus();
  }

  private form(scene: Scene): HTMLElement {
    const { language } = scene;
    const draft = this.draft ?? this.fresh(scene, null);
    const price = h("input", { name: "level-price", "data-key": "price", inputmode: "decimal", autocomplete: "off", required: true, value: draft.price, oninput: () => { draft.price = price.value; aim(); } });
    const note = h("input", { name: "level-note", "data-key": "note", maxlength: NOTE_LIMIT, autocomplete: "off", value: draft.note, oninput: () => { draft.note = note.value; } });
    // Until somebody chooses, a price above the last one is crossed upwards, one below downwards.
    const aim = () => {
      const [value, last] = [readPrice(draft.price, language), scene.quotes.get(draft.instrument)?.last ?? null];
      if (draft.id !== null || draft.chosen || value === null) return;
      draft.crossing = crossingOf(value, last, tickOf(draft.instrument, scene));
      const field = this.root.querySelector<HTMLSelectElement>("[name=level-crossing]");
      if (field) field.value = draft.crossing;
    };
    const choose = (keys: readonly string[], prefix: string) => keys.map((one) => [one, word(`${prefix}_${one}`, language)] as const);
    const send = (event: Event) => {
      event.preventDefault();
      const value = readPrice(draft.price, language);
      if (value === null) return this.say(word("level_price_wrong", language));
      const { id, instrument, timeframe, crossing, often } = draft;
      this.orders.saveLevel({ id, instrument, timeframe, price: value, crossing, often, note: draft.note.trim() });
    };
    return h("form", { onsubmit: send, class: "level-form" },
      h("strong", {}, `${draft.instrument} ${draft.timeframe}${draft.id === null ? "" : ` · ${word("level_change", language)}`}`),
      h("label", { class: "field" }, h("span", {}, word("price", language)), price),
      select(word("level_when", language), choose(CROSSINGS, "ask"), draft.crossing, (value) => { draft.crossing = value as Crossing; draft.chosen = true; }, "level-crossing"),
      select(word("level_often", language), choose(OFTEN, "often"), draft.often, (value) => { draft.often = value as Often; }, "level-often"),
      h("label", { class: "field" }, h("span", {}, word("field_note", language)), note),
      h("button", { type: "submit", class: "primary", "data-key": "save" }, word(draft.id === null ? "level_set" : "level_keep", language)));
  }

  private row(level: Level, scene: Scene): HTMLElement {
    const { language, today } = scene;
    const words = levelWords(level, tickOf(level.instrument, scene), language);
    const at = level.state === "rang" && level.rang_at !== null ? ` ${dayMonth(level.rang_at, language)} ${hourMinute(level.rang_at)}` : level.state === "armed" ? ` ${word("until", language)} ${dayMonth(level.expires_at, language)}` : "";
    const button = (key: string, act: () => void) => h("button", { type: "button", class: "quiet", "data-key": `${key}-${level.id}`, "aria-label": `${word(`level_${key}`, language)}: ${words}`, onclick: act }, word(`level_${key}`, language));
    const may = level.state === "armed" && level.expires_at > today;
    return h("li", { "data-level": level.id, class: level.state },
      h("span", { class: "told" }, words, level.note ? h("q", {}, level.note) : null, h("span", { class: "state" }, word(`level_is_${level.state}`, language) + at)),
      button(may ? "pause" : "resume", () => this.orders.changeLevel(level.id, { paused: may })),
      button("change", () => this.edit(level, scene)),
      button("remove", () => this.orders.removeLevel(level.id)));
  }
}

const tickOf = (instrument: string, { desk }: Scene) => desk.instruments.find((one) => one.name === instrument)?.tick_size ?? 1;
const keyOf = ({ language, levels, levelsAtMost }: Scene) => JSON.stringify([language, levelsAtMost, levels]);
