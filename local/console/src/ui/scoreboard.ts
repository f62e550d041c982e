// The scoreboard of the day that is shown: what rang, what was decided, how it ended.

import { number, type Language } from "../core/format";
import { scores, total, type By, type Score } from "../core/score";
import { word } from "../core/words";
import { fill, h } from "./dom";
import type { Scene } from "./scene";

const COLUMNS = ["rang", "executed", "rejected", "watching", "false_alarm", "undecided", "open", "target", "stop", "expired"] as const;
const OUTCOMES = new Set<string>(["target", "stop", "expired"]);

/** A dialog of the browser's own: it keeps the focus and gives it back. */
export class Scoreboard {
  readonly root = h("dialog", { class: "help score", "aria-labelledby": "score-title" });

  constructor() {
    this.root.addEventListener("click", (event) => event.target === this.root && this.root.close());
  }

  open(scene: Scene): void {
    const { language } = scene;
    fill(this.root, h("h2", { id: "score-title" }, `${word("scoreboard", language)}${scene.mode === "live" ? "" : ` · ${scene.day}`}`),
      this.table("pattern", scene), this.table("operator", scene), h("p", { class: "fine" }, word("score_note", language)),
      h("button", { type: "button", onclick: () => this.root.close() }, word("close", language)));
    if (!this.root.open) this.root.showModal();
  }

  private table(by: By, scene: Scene): HTMLElement {
    const { language, all, now, nameOf } = scene;
    const named = (name: string) => (by === "pattern" ? word(name, language) : nameOf(name));
    const rows = scores(all, by, now).map(([name, score]) => row(named(name), score, language));
    if (by === "pattern") rows.push(row(word("total", language), total(all, now), language));
    const head = COLUMNS.map((name) => h("th", { scope: "col" }, word(OUTCOMES.has(name) ? `outcome_${name}` : `score_${name}`, language)));
    return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": word(`score_by_${by}`, language) },
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, word(`score_by_${by}`, language)), ...head, h("th", { scope: "col" }, word("score_result", language)))),
        h("tbody", {}, ...(rows.length ? rows : [h("tr", {}, h("td", { colspan: COLUMNS.length + 2 }, "-"))]))));
  }
}

function row(name: string, score: Score, language: Language): HTMLElement {
  const money = Object.entries(score.money).map(([currency, sum]) => ` · ${sign(sum, 2, language)} ${currency}`).join("");
  const ended = score.target + score.stop > 0;
  return h("tr", {}, h("th", { scope: "row" }, name), ...COLUMNS.map((one) => h("td", {}, score[one] ? String(score[one]) : "-")),
    h("td", {}, ended ? `${sign(score.result, 1, language)} R${money}` : "-"));
}

const sign = (value: number, decimals: number, language: Language) => `${value < 0 ? "-" : "+"}${number(Math.abs(value), decimals, language)}`;
