// The scoreboard of the day that is shown: what rang, what was decided, how it ended.

import { money, number, signed, type Language } from "../../core/format";
import { rings, scores, total, type By, type Score } from "../../core/desk/score";
import { word } from "../../core/words";
import { fill, h } from "../dom";
import type { Scene } from "../chart/scene";

const COLUMNS = ["rang", "listed", "executed", "rejected", "watching", "false_alarm", "undecided", "open", "target", "stop", "expired"] as const;
const OUTCOMES = new Set<string>(["target", "stop", "expired"]);

/** A dialog of the browser's own: it keeps the focus and gives it back. */
export class Scoreboard {
  readonly root = h("dialog", { class: "help score", "aria-labelledby": "score-title" });

  private drawn = "";

  constructor() {
    this.root.addEventListener("click", (event) => event.target === this.root && this.root.close());
  }

  open(scene: Scene): void {
    this.draw(scene);
    if (!this.root.open) this.root.showModal();
  }

  /** What was learnt meanwhile. */
  update(scene: Scene): void {
    if (this.root.open && this.drawn !== keyOf(scene)) this.draw(scene);
  }

  private draw(scene: Scene): void {
    const { language } = scene;
    this.drawn = keyOf(scene);
    const focused = this.root.contains(document.activeElement);
    fill(this.root, h("h2", { id: "score-title" }, `${word("scoreboard", language)}${scene.mode === "live" ? "" : ` · ${scene.day}`}`),
      budgetOf(scene), this.table("pattern", scene), this.table("operator", scene), h("p", { class: "fine" }, word("score_note", language)),
      h("button", { type: "button", onclick: () => this.root.close() }, word("close", language)));
    if (focused) this.root.querySelector("button")?.focus();
  }

  private table(by: By, scene: Scene): HTMLElement {
    const { language, all, now, nameOf, late } = scene;
    const named = (name: string) => (by === "pattern" ? word(name, language) : nameOf(name));
    const rows = scores(all, by, now, late).map(([name, score]) => row(named(name), score, language));
    if (by === "pattern") rows.push(row(word("total", language), total(all, now), language));
    const head = COLUMNS.map((name) => h("th", { scope: "col" }, word(OUTCOMES.has(name) ? `outcome_${name}` : `score_${name}`, language)));
    return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": word(`score_by_${by}`, language) },
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, word(`score_by_${by}`, language)), h("th", { scope: "col" }, word("score_result", language)), h("th", { scope: "col" }, word("score_said", language)), ...head)),
        h("tbody", {}, ...(rows.length ? rows : [h("tr", {}, h("th", { scope: "row", colspan: COLUMNS.length + 3 }, word("score_nobody", language)))]))));
  }
}

function row(name: string, score: Score, language: Language): HTMLElement {
  const sums = Object.entries(score.money).map(([currency, sum]) => ` · ${signed(sum, 2, language).replace(/[\d.,]+/, "")}${money(Math.abs(sum), currency, language)}`).join("");
  return h("tr", {}, h("th", { scope: "row" }, name),
    h("td", {}, score.ended ? `${signed(score.result, 1, language)} R${sums}` : "-"), h("td", {}, said(score, language)),
    ...COLUMNS.map((one) => h("td", {}, score[one] ? String(score[one]) : "-")));
}

/** `41 % → 50 % (8)`: the mean chance that was told, the share that came, and of how many. */
function said({ judged, said: told, got }: Score, language: Language): string {
  const share = (sum: number) => `${number((100 * sum) / judged, 0, language)} %`;
  return judged ? `${share(told)} → ${share(got)} (${judged})` : "-";
}

/** `Orçamento de toques: 4 de 6`; nothing where everything rings, or on another day. */
function budgetOf({ desk, mode, all, language }: Scene): HTMLElement | null {
  const { budget } = desk.operator;
  if (!budget || mode !== "live") return null;
  return h("p", { class: "budget" }, `${word("score_budget", language)}: ${rings(all)} ${word("of", language)} ${budget}`);
}

const keyOf = (scene: Scene) => JSON.stringify([scene.language, scene.mode, scene.day, scores(scene.all, "pattern", scene.now), scores(scene.all, "operator", scene.now, scene.late)]);
