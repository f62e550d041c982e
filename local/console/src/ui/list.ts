// The list of alerts: a table on a desk, cards on a phone. A row is made once and then only its changes are written.

import { stateOf, type Entry } from "../core/desk";
import { fullDay, hourMinute, isoDay, number, price, span, zoneMark } from "../core/format";
import { isChance, type Outcome } from "../core/frames";
import { ARROWS } from "../core/why";
import { word } from "../core/words";
import { fill, h, say } from "./dom";
import type { Orders, Scene } from "./scene";

const COLUMNS = ["time", "contract", "pattern", "side", "price", "precision", "age", "state", "who"] as const;
type Column = (typeof COLUMNS)[number];
export const ROW_LIMIT = 200;
const OUTCOME_MARKS: Record<Outcome, string> = { target: "✓", stop: "✗", expired: "○", came: "✓", did_not: "✗", open: "…" };

interface Row { root: HTMLTableRowElement; written: string }

export class List {
  readonly root: HTMLElement;
  private readonly head = h("tr", { role: "row" });
  private readonly body = h("tbody", { role: "rowgroup" });
  private readonly empty = h("p", { class: "empty" });
  private readonly more: HTMLButtonElement;
  private readonly rows = new Map<string, Row>();
  private headed = "";
  private period = "";
  private limit = ROW_LIMIT;

  constructor(private readonly orders: Orders) {
    this.more = h("button", { class: "quiet more", type: "button", onclick: () => { this.limit += ROW_LIMIT; orders.more(); } });
    this.body.addEventListener("click", (event) => this.clicked(event));
    this.body.addEventListener("keydown", (event) => this.stepped(event));
    const table = h("table", { role: "table", class: "alerts" }, h("thead", { role: "rowgroup" }, this.head), this.body);
    this.root = h("div", { class: "list", id: "alerts", tabindex: "0", role: "region" }, table, this.empty, this.more);
  }

  /** The alerts that stand in the page now. */
  get rendered(): ReadonlySet<string> {
    return new Set(this.rows.keys());
  }

  update(scene: Scene): void {
    if (this.headed !== `${scene.language} ${scene.mode}`) this.translate(scene);
    this.period = [scene.language, scene.mode, isoDay(scene.now)].join();
    const entries = scene.entries.slice(0, this.limit);
    const wanted = new Set(entries.map((entry) => entry.alert.id));
    for (const [id, row] of this.rows) {
      if (wanted.has(id)) continue;
      row.root.remove();
      this.rows.delete(id);
    }
    entries.forEach((entry, place) => this.place(entry, place, scene));
    say(this.empty, entries.length ? "" : word(emptyWord(scene), scene.language));
    this.empty.hidden = entries.length > 0;
    this.more.hidden = entries.length === scene.entries.length && !(scene.more && scene.mode === "history");
    this.rove(entries, scene);
    this.root.setAttribute("aria-label", word("alerts", scene.language));
  }

  reveal(id: string): void {
    this.rows.get(id)?.root.scrollIntoView({ block: "nearest" });
  }

  private translate(scene: Scene): void {
    this.headed = `${scene.language} ${scene.mode}`;
    const label = (name: Column) => word(name === "age" && scene.mode === "history" ? "outcome" : name, scene.language);
    fill(this.head, ...COLUMNS.map((name) => h("th", { role: "columnheader", scope: "col", class: `c-${name}` }, label(name))));
    say(this.more, word("load_more", scene.language));
  }

  private place(entry: Entry, place: number, scene: Scene): void {
    const { id } = entry.alert;
    let row = this.rows.get(id);
    if (!row) {
      row = { root: made(entry), written: "" };
      this.rows.set(id, row);
    }
    if (this.body.children[place] !== row.root) this.body.insertBefore(row.root, this.body.children[place] ?? null);
    this.write(row, entry, scene);
  }

  private clicked(event: Event): void {
    const id = event.target instanceof Element ? event.target.closest<HTMLElement>("tr")?.dataset.alert : undefined;
    if (id) this.orders.pick(id);
  }

  /** One row is a tab stop, the selected one or the first; the arrows go on from there. */
  private rove(entries: readonly Entry[], scene: Scene): void {
    const selected = scene.selected?.alert.id ?? "";
    const stop = this.rows.has(selected) ? selected : entries[0]?.alert.id;
    for (const [id, { root }] of this.rows) opener(root).tabIndex = id === stop ? 0 : -1;
  }

  private stepped(event: KeyboardEvent): void {
    const by = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key] as "nextElementSibling" | "previousElementSibling" | undefined;
    const next = by && event.target instanceof Element ? event.target.closest("tr")?.[by] : null;
    if (!(next instanceof HTMLTableRowElement)) return;
    event.preventDefault();
    opener(next).focus();
  }

  /** What of an alert never changes, short of the language and the day. */
  private writeAlert(row: Row, { alert }: Entry, { mode, now, language, zoneOf }: Scene, tell: (name: Column, text: string) => void): void {
    row.written = this.period;
    const zone = zoneOf(alert.instrument);
    const today = mode !== "live" || isoDay(alert.candle_closed_at, zone) === isoDay(now, zone);
    tell("time", `${today ? "" : `${fullDay(alert.candle_closed_at, now, language, zone)} `}${hourMinute(alert.candle_closed_at, zone)}${zoneMark(zone)}`);
    tell("contract", `${alert.contract} ${alert.timeframe}`);
    tell("pattern", word(alert.pattern, language));
    tell("side", `${ARROWS[alert.direction]} ${word(alert.direction, language)}`);
    tell("price", price(alert.price, alert.tick_size, language));
    tell("precision", isChance(alert.chance) ? `${number(100 * alert.chance.p, 0, language)} %` : "-");
  }

  private write(row: Row, entry: Entry, scene: Scene): void {
    const { alert } = entry;
    const state = stateOf(entry, scene.now);
    const selected = scene.selected?.alert.id === alert.id;
    const names = ["row", alert.direction, `sev-${alert.severity}`, `is-${state}`, selected ? "selected" : "", scene.fresh.has(alert.id) ? "fresh" : ""];
    const key = names.filter(Boolean).join(" ");
    if (row.root.className !== key) row.root.className = key;
    const open = opener(row.root);
    if (open.ariaCurrent !== String(selected)) open.setAttribute("aria-current", String(selected));
    // Cells are found by their place: a page of rows holds nothing but its rows.
    const tell = (name: Column, text: string) => say(name === "time" ? open : row.root.children[COLUMNS.indexOf(name)] as HTMLElement, text);
    if (row.written !== this.period) this.writeAlert(row, entry, scene, tell);
    tell("age", scene.mode === "history" ? outcomeWords(entry, scene) : span(scene.now - alert.detected_at));
    tell("state", stateWords(entry, scene));
    tell("who", entry.decision && entry.decision.decision !== "TIMEOUT" ? scene.nameOf(entry.decision.operator) : "-");
  }
}

const opener = (row: Element) => row.firstElementChild?.firstElementChild as HTMLElement;

function made({ alert }: Entry): HTMLTableRowElement {
  const cells = COLUMNS.map((name) => h("td", { role: "cell", class: `c-${name}` }, name === "time" ? h("button", { type: "button", class: "row-open" }) : null));
  return h("tr", { role: "row", "data-alert": alert.id }, ...cells);
}

/** Why the list is empty; that there is nothing may be said only by who has looked. */
function emptyWord({ mode, hidden, reading }: Scene): string {
  if (hidden) return "no_match";
  if (mode === "replay") return "no_alerts_yet";
  if (reading !== "read") return reading === "failed" ? "not_read" : "reading";
  return mode === "live" ? "no_alerts" : "no_day";
}

/** Where an alert stands. */
function stateWords(entry: Entry, { language, mode, now, actOf }: Scene): string {
  const ours = mode === "live" ? actOf(entry.alert.id) : null;
  if (ours) return `${word(ours.act.decision, language)} …`;
  return word(entry.decision && entry.decision.decision !== "TIMEOUT" ? entry.decision.decision : `state_${stateOf(entry, now)}`, language);
}

/** What became of its prices. */
const outcomeWords = ({ outcome }: Entry, { language }: Scene) => (outcome ? `${OUTCOME_MARKS[outcome]} ${word(`outcome_${outcome}`, language)}` : "-");
