// The list of alerts: a table on a desk, cards on a phone. A row is made once and then only its changes are written.

import { othersOf, shownState, type Entry } from "../../core/desk/desk";
import { agreeing, conflicts } from "../../core/desk/opportunity";
import { NEWEST, SORTED, type Sort, type Sorted } from "../../core/desk/filters";
import { fullDay, hourMinute, isoDay, number, price, span, zoneMark } from "../../core/format";
import { isChance, type Outcome } from "../../core/link/frames";
import { ARROWS } from "../../core/why";
import { word } from "../../core/words";
import { fill, h, say } from "../dom";
import type { Orders, Scene } from "../chart/scene";

const COLUMNS = ["time", "contract", "pattern", "side", "price", "precision", "age", "state", "who"] as const;
type Column = (typeof COLUMNS)[number];
/** Rows made beyond what is in sight, above and below. */
const SPARE = 40;
/** So many rows come and go at once: most steps of a scroll change nothing. */
const BLOCK = 20;
const ROW_PX = 33; // until one is measured
const OUTCOME_MARKS: Record<Outcome, string> = { target: "✓", stop: "✗", expired: "○", missed: "–", open: "…", came: "✓", did_not: "✗" };

interface Row { root: HTMLTableRowElement; written: string }

export class List {
  readonly root: HTMLElement;
  private readonly head = h("tr", { role: "row" });
  private readonly body = h("tbody", { role: "rowgroup" });
  private readonly table = h("table", { role: "table", class: "alerts" }, h("thead", { role: "rowgroup" }, this.head), this.body);
  private readonly below = h("div", { "aria-hidden": "true" });
  private readonly empty = h("p", { class: "empty" });
  private readonly more: HTMLButtonElement;
  private readonly rows = new Map<string, Row>();
  private scene: Scene | null = null;
  private rowPx = ROW_PX;
  private made: [number, number] = [0, 0];
  private headed = "";
  private period = "";

  constructor(private readonly orders: Orders) {
    this.more = h("button", { class: "quiet more", type: "button", onclick: () => orders.more() });
    this.body.addEventListener("click", (event) => this.clicked(event));
    this.body.addEventListener("keydown", (event) => this.stepped(event));
    this.root = h("div", { class: "list", id: "alerts", tabindex: "0", role: "region" }, this.table, this.below, this.empty, this.more);
    this.root.addEventListener("scroll", this.scrolled, { passive: true });
    window.addEventListener("scroll", this.scrolled, { passive: true }); // on a phone the page scrolls, not the list
    window.addEventListener("resize", this.scrolled);
  }

  /** The alerts that the list holds now, also those one has to scroll to. */
  get rendered(): ReadonlySet<string> {
    return new Set(this.scene?.entries.flatMap((entry) => group(entry, this.scene as Scene).map((one) => one.alert.id)));
  }

  update(scene: Scene): void {
    const { language, mode, entries, filter } = scene;
    this.scene = scene;
    if (this.headed !== `${language} ${mode} ${filter.sort}`) this.translate(scene);
    this.period = [language, mode, isoDay(scene.now)].join();
    say(this.empty, entries.length ? "" : word(emptyWord(scene), language));
    this.empty.hidden = entries.length > 0;
    this.more.hidden = !(scene.more && mode === "history");
    this.table.setAttribute("aria-rowcount", String(entries.length + 1));
    this.root.setAttribute("aria-label", word("alerts", language));
    this.draw(scene, this.inSight(entries.length), true);
    const measured = this.body.firstElementChild?.getBoundingClientRect().height;
    if (measured) this.rowPx = measured;
  }

  /** Bring an alert's row into sight. */
  reveal(id: string): void {
    const lead = this.scene?.leadOf(id) ?? id;
    const place = this.scene?.entries.findIndex((entry) => entry.alert.id === lead) ?? -1;
    if (place < 0) return;
    if (!this.rows.has(lead)) this.scrollNear(place);
    this.rows.get(lead)?.root.scrollIntoView({ block: "nearest" });
  }

  /** Put the keyboard on an alert's row. */
  focus(id: string): void {
    this.reveal(id);
    const row = this.rows.get(this.scene?.leadOf(id) ?? id);
    if (row) opener(row.root).focus({ preventScroll: true });
  }

  close(): void {
    window.removeEventListener("scroll", this.scrolled);
    window.removeEventListener("resize", this.scrolled);
  }

  private readonly scrolled = (): void => {
    if (!this.scene) return;
    const [first, last] = this.inSight(this.scene.entries.length);
    if (first !== this.made[0] || last !== this.made[1]) this.draw(this.scene, [first, last], false);
  };

  /** Only rows in sight, and some beside them, stand in the page; the room of the others is kept. `anew`: what stands there is written again. */
  private draw(scene: Scene, [first, last]: [number, number], anew: boolean): void {
    const entries = scene.entries.slice(first, last);
    const wanted = new Set(entries.map((entry) => entry.alert.id));
    for (const [id, row] of this.rows) {
      if (wanted.has(id)) continue;
      if (row.root.contains(document.activeElement)) this.root.focus({ preventScroll: true });
      row.root.remove();
      this.rows.delete(id);
    }
    entries.forEach((entry, place) => this.place(entry, place, first, scene, anew));
    this.made = [first, last];
    this.body.style.setProperty("--above", `${first * this.rowPx}px`); // within it: its own place never changes
    this.below.style.height = `${(scene.entries.length - last) * this.rowPx}px`;
    this.rove(entries, scene);
  }

  private inSight(count: number): [number, number] {
    const own = this.root.scrollHeight > this.root.clientHeight + 1;
    const top = own ? this.root.scrollTop : Math.max(0, -this.root.getBoundingClientRect().top);
    const height = own ? this.root.clientHeight : window.innerHeight;
    const last = Math.min(count, blocks(Math.ceil((top + height) / this.rowPx) + SPARE) + BLOCK);
    return [Math.max(0, Math.min(blocks(Math.floor(top / this.rowPx) - SPARE), last - SPARE)), last];
  }

  private scrollNear(place: number): void {
    const own = this.root.scrollHeight > this.root.clientHeight + 1;
    if (own) this.root.scrollTop = place * this.rowPx - this.root.clientHeight / 2;
    else window.scrollTo(0, window.scrollY + this.root.getBoundingClientRect().top + place * this.rowPx - window.innerHeight / 2);
    this.scrolled();
  }

  private translate({ language, mode, filter }: Scene): void {
    this.headed = `${language} ${mode} ${filter.sort}`;
    const focused = this.head.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.sort : undefined;
    const by = filter.sort.replace("-", "");
    const up = !filter.sort.startsWith("-");
    const label = (name: Column) => word(name === "age" && mode === "history" ? "outcome" : name, language);
    fill(this.head, ...COLUMNS.map((name) => {
      const sortable = SORTED.find((one) => one === name);
      const here = name === by;
      return h("th", { role: "columnheader", scope: "col", class: `c-${name}`, "aria-sort": here ? (up ? "ascending" : "descending") : null, title: name === "precision" ? word("about_precision", language) : null },
        sortable ? h("button", { type: "button", "data-sort": name, onclick: () => this.sort(sortable, filter.sort) }, label(name), h("span", { "aria-hidden": "true" }, here ? (up ? " ▲" : " ▼") : "")) : label(name));
    }));
    say(this.more, word("load_more", language));
    if (focused) this.head.querySelector<HTMLElement>(`[data-sort="${focused}"]`)?.focus();
  }

  /** Once for one way, again for the other; a third time for the usual order. */
  private sort(name: Sorted, now: Sort): void {
    const first: Sort = name === "time" || name === "price" || name === "precision" ? `-${name}` : name;
    const second: Sort = first === name ? `-${name}` : name;
    this.orders.sort(now === first ? second : now === second ? NEWEST : first);
  }

  private place(entry: Entry, place: number, first: number, scene: Scene, anew: boolean): void {
    const { id } = entry.alert;
    let row = this.rows.get(id);
    const known = row !== undefined;
    if (!row) {
      row = { root: made(entry), written: "" };
      this.rows.set(id, row);
    }
    if (this.body.children[place] !== row.root) this.body.insertBefore(row.root, this.body.children[place] ?? null);
    row.root.ariaRowIndex = String(first + place + 2);
    if (anew || !known) this.write(row, entry, scene);
  }

  private clicked(event: Event): void {
    const id = event.target instanceof Element ? event.target.closest<HTMLElement>("tr")?.dataset.alert : undefined;
    if (id) this.orders.pick(id);
  }

  /** One row is a tab stop, the selected one or the first; the arrows go on from there. */
  private rove(entries: readonly Entry[], scene: Scene): void {
    const selected = scene.leadOf(scene.selected?.alert.id ?? "");
    const stop = this.rows.has(selected) ? selected : entries[0]?.alert.id;
    for (const [id, { root }] of this.rows) opener(root).tabIndex = id === stop ? 0 : -1;
  }

  private stepped(event: KeyboardEvent): void {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity }[event.key];
    const at = event.target instanceof Element ? event.target.closest("tr")?.dataset.alert : undefined;
    const entries = this.scene?.entries ?? [];
    if (by === undefined || at === undefined || !entries.length) return;
    const next = Math.max(0, Math.min(entries.length - 1, entries.findIndex((entry) => entry.alert.id === at) + by));
    event.preventDefault();
    this.focus((entries[next] as Entry).alert.id);
  }

  /** What of an alert never changes, short of the language and the day. */
  private writeAlert(row: Row, entry: Entry, scene: Scene, tell: (name: Column, text: string) => void): void {
    row.written = writtenOf(this.period, group(entry, scene));
    const { alert } = entry;
    const { mode, now, language, zoneOf } = scene;
    const zone = zoneOf(alert.instrument);
    const today = mode !== "live" || isoDay(alert.candle_closed_at, zone) === isoDay(now, zone);
    tell("time", `${today ? "" : `${fullDay(alert.candle_closed_at, now, language, zone)} `}${hourMinute(alert.candle_closed_at, zone)}${zoneMark(zone)}`);
    tell("contract", `${alert.contract} ${alert.timeframe}`);
    const members = group(entry, scene);
    const chips = agreeing(members).map((pattern) => h("span", { class: "chip", title: word(pattern, language) }, word(`short_${pattern}`, language)));
    fill(row.root.children[COLUMNS.indexOf("pattern")] as HTMLElement, ...(chips.length > 1 ? chips.flatMap((chip) => [chip, " "]) : [word(alert.pattern, language)]));
    tell("side", `${ARROWS[alert.direction]} ${word(alert.direction, language)}${conflicts(members) ? ` · ${word("both_sides", language)}` : ""}`);
    tell("price", price(alert.price, alert.tick_size, language));
    tell("precision", isChance(alert.chance) ? `${number(100 * alert.chance.p, 0, language)} %` : "-");
  }

  private write(row: Row, entry: Entry, scene: Scene): void {
    const { alert } = entry;
    const state = shownState(entry, scene.now);
    const members = group(entry, scene);
    const selected = scene.selected !== null && scene.leadOf(scene.selected.alert.id) === alert.id;
    const names = ["row", alert.direction, `sev-${alert.severity}`, `is-${state}`, conflicts(members) ? "conflict" : "", selected ? "selected" : "", scene.fresh.has(alert.id) ? "fresh" : ""];
    const key = names.filter(Boolean).join(" ");
    if (row.root.className !== key) row.root.className = key;
    const open = opener(row.root);
    if (open.ariaCurrent !== String(selected)) open.setAttribute("aria-current", String(selected));
    // Cells are found by their place: a page of rows holds nothing but its rows.
    const tell = (name: Column, text: string) => say(name === "time" ? open : row.root.children[COLUMNS.indexOf(name)] as HTMLElement, text);
    if (row.written !== writtenOf(this.period, members)) this.writeAlert(row, entry, scene, tell);
    tell("age", scene.mode === "history" ? outcomeWords(entry, scene) : span(scene.now - alert.detected_at));
    tell("state", stateWords(entry, scene));
    const who = [entry.decision ?? takenOn(entry, scene), ...othersOf(entry)].filter((one) => one && one.decision !== "TIMEOUT");
    const deciders = [...new Set(who.map((one) => scene.nameOf(one?.operator ?? "")))];
    const handed = entry.handed && state === "open" ? `${word(entry.handed.to === scene.me ? "handed_by" : "handed_to", scene.language)} ${scene.nameOf(entry.handed.to === scene.me ? entry.handed.operator : entry.handed.to)}` : "";
    tell("who", [handed, ...deciders].filter(Boolean).join(", ") || "-");
  }
}

/** All of a row's opportunity, the row's own alert first. */
const group = (entry: Entry, scene: Scene): readonly Entry[] => scene.together.get(entry.alert.id) ?? [entry];
const writtenOf = (period: string, members: readonly Entry[]) => `${period} ${members.length}`;
const blocks = (rows: number) => Math.floor(rows / BLOCK) * BLOCK;
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

/** The colleague who is about to decide. */
const takenOn = ({ alert, decision }: Entry, { mode, takenBy }: Scene) => (mode === "live" && !decision ? takenBy(alert.id) : null);

/** Where an alert stands. */
function stateWords(entry: Entry, scene: Scene): string {
  const { language, mode, now, actOf, me } = scene;
  const ours = mode === "live" ? actOf(entry.alert.id) : null;
  if (ours) return `${word(ours.act.decision, language)} …`;
  if (takenOn(entry, scene)) return `${word("took", language)} …`;
  const { decision } = entry;
  const state = shownState(entry, now);
  const told = decision && decision.decision !== "TIMEOUT" && !(state === "open" && decision.operator !== me); // a colleague watches: it is open
  return word(told ? decision.decision : `state_${state}`, language);
}

/** What became of its prices. */
const outcomeWords = ({ outcome }: Entry, { language }: Scene) => (outcome ? `${OUTCOME_MARKS[outcome]} ${word(`outcome_${outcome}`, language)}` : "-");
