// The questions, one answer as a table, one alert's story on a time line. Names come with the answer, from the map.

import type { Language } from "../core/format";
import { fill, h, option, say } from "../ui/dom";
import { type Answer, type AuditApi, type Cell, type Filters, type PageInfo, Refused } from "./api";
import { columnName, counted, fieldName, questionName, STATES, stateName, value, word } from "./words";

const PSEUDONYMS = new Set(["operator", "audit_id"]);
const LONG = new Set(["detail", "note", "reason", "why", "asked"]);
const HIDDEN = new Set(["hash", "outcome_hash"]); // in every file, and in the proof
const DESK = "America/Sao_Paulo";

const NO_ANSWER = ["not_recorded", "out_of_time", "too_large"] as const;
const whyNot = (error: string) => NO_ANSWER.find((one) => one === error) ?? "away";

export class AuditPage {
  private readonly alertBox = h("p", { role: "alert" });
  private readonly result = h("section", { "aria-live": "polite" });
  private readonly story = h("section", {});
  private readonly form: HTMLFormElement;
  private asked = 0;

  constructor(root: HTMLElement, private readonly api: AuditApi, private readonly info: PageInfo, private readonly language: Language,
    turned: (to: Language) => void, private readonly left: (reason: string) => void) {
    document.documentElement.lang = language;
    document.title = `Pregão: ${this.word("title")}`;
    this.form = this.filters();
    fill(root, this.header(turned), h("main", { class: "audit" }, this.verified(), this.form, this.alertBox, this.story, this.result));
    this.restore();
  }

  private word = (key: Parameters<typeof word>[0]) => word(key, this.language);

  private header(turned: (to: Language) => void): HTMLElement {
    const other: Language = this.language === "en" ? "pt-BR" : "en";
    return h("header", { class: "top" },
      h("h1", { class: "brand" }, h("span", { "aria-hidden": "true", class: "logo" }, "▞"), `Pregão: ${this.word("title")}`),
      h("span", { class: "space" }), h("span", {}, this.info.officer.name),
      h("button", { type: "button", class: "quiet", lang: other, onclick: () => turned(other) }, other === "en" ? "English" : "Português"),
      h("button", { type: "button", onclick: () => this.left("") }, this.word("sign_out")));
  }

  private verified(): HTMLElement {
    const last = this.info.verification;
    const told = last ? `${this.word("verified")} (${this.moment(last.at)}, ${this.word("by")} ${last.by}): ${this.language === "en" ? last.en : last.pt}` : this.word("never_verified");
    return h("p", { class: "verified" }, told);
  }

  private filters(): HTMLFormElement {
    const field = (label: string, control: HTMLElement, of = "") => h("label", { class: "field", "data-of": of }, h("span", {}, label), control);
    const question = h("select", { name: "question", onchange: () => this.fit() }, ...this.info.questions.map((one) => option(one.name, questionName(one.name, this.language), one.name === "unanswered")));
    const operator = h("select", { name: "operator" }, option("", this.word("all"), true), ...this.info.operators.map((one) => option(one.audit_id, one.name, false)));
    const instrument = h("select", { name: "instrument" }, option("", this.word("all"), true), ...this.info.instruments.map((one) => option(one, one, false)));
    const date = (name: string) => h("input", { name, type: "date", required: true, value: this.info.today, max: this.info.today });
    return h("form", { class: "questions", onsubmit: (event) => { event.preventDefault(); void this.ask(); } },
      field(this.word("question"), question), field(this.word("first"), date("from")), field(this.word("last"), date("to")),
      field(this.word("operator"), operator, "operator"), field(this.word("instrument"), instrument), field(this.word("state"), h("select", { name: "state" }), "state"),
      field(this.word("alert"), h("input", { name: "alert", maxlength: 64, autocapitalize: "none", spellcheck: "false" }), "alert"),
      h("button", { class: "primary", type: "submit" }, this.word("ask")), h("p", { class: "means" }));
  }

  private control = (name: string) => this.form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement;

  /** Show the fields that the question takes, and say what it answers. */
  private fit(): void {
    const name = this.control("question").value;
    const question = this.info.questions.find((one) => one.name === name);
    const states = STATES[name] ?? [];
    fill(this.control("state"), option("", this.word("all"), true), ...states.map((one) => option(one, stateName(one, this.language), false)));
    this.shown("state", states.length > 0);
    this.shown("alert", question?.asks_for.includes("alert") ?? false);
    this.shown("operator", !["suppressed", "silences", "accesses"].includes(name));
    const means = this.form.querySelector(".means") as HTMLElement;
    say(means, `${(this.language === "en" ? question?.en : question?.pt) ?? ""} ${this.word("times")} ${this.word("recorded")}`);
  }

  private shown(of: string, needed: boolean): void {
    const label = this.form.querySelector(`[data-of="${of}"]`) as HTMLElement;
    label.hidden = !needed;
    if (!needed) this.control(of).value = "";
  }

  /** Take the filters out of the address, so that a link asks the same. */
  private restore(): void {
    const found = new URLSearchParams(location.hash.slice(1));
    if (found.has("question")) this.control("question").value = found.get("question") ?? "";
    this.fit();
    for (const name of ["from", "to", "operator", "instrument", "state", "alert"]) if (found.has(name)) this.control(name).value = found.get(name) ?? "";
    if (found.has("question")) void this.ask();
  }

  private chosen(): { question: string; filters: Filters } {
    const filters: Filters = {};
    for (const name of ["from", "to", "operator", "instrument", "state", "alert"]) filters[name] = this.control(name).value.trim();
    return { question: this.control("question").value, filters };
  }

  private async ask(): Promise<void> {
    const { question, filters } = this.chosen();
    history.replaceState(null, "", `#${new URLSearchParams([["question", question], ...Object.entries(filters).filter(([, one]) => one !== "")])}`);
    const number = ++this.asked;
    fill(this.story);
    fill(this.result, h("p", { role: "status" }, this.word("looking")));
    const answer = await this.attempt(() => this.api.ask(question, filters));
    if (number !== this.asked) return; // another question was asked meanwhile
    fill(this.result);
    if (answer) this.answered(answer, question, filters);
  }

  /** Return what was asked for, null where it was refused: the page says why. */
  private async attempt<T>(asked: () => Promise<T>): Promise<T | null> {
    say(this.alertBox, "");
    try {
      return await asked();
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused(0, []);
      if (refused.status === 401) this.left(this.word("refused"));
      else say(this.alertBox, refused.reasons.join(" ") || this.word(whyNot(refused.error)));
      return null;
    }
  }

  private answered(answer: Answer, question: string, filters: Filters): void {
    const searched = Object.entries(answer.searched.records).map(([table, count]) => `${table} ${count}`).join(", ");
    const files = this.info.formats.map((kind) => h("button", { type: "button", "data-format": kind, onclick: () => void this.save(question, { ...filters, format: kind }, kind) }, `${this.word("download")} ${kind === "xlsx" ? "Excel" : kind.toUpperCase()}`));
    fill(this.result, h("div", { class: "told" },
      h("strong", {}, answer.rows.length ? counted(answer.rows.length, "row", this.language) : this.word("nothing")),
      h("span", { class: "fine" }, `${this.word("searched")}: ${searched}; ${counted(answer.searched.days, "day", this.language)}`),
      answer.more ? h("span", { class: "missing" }, this.word("more")) : null,
      answer.missing.length ? h("span", { class: "missing" }, `${this.word("missing")}: ${answer.missing.join(", ")}`) : null,
      h("span", { class: "space" }), ...(answer.rows.length ? files : [])),
    answer.rows.length ? this.table(answer, question) : null);
    if (question === "alert" && answer.rows.length) this.told(filters.alert ?? "", answer);
  }

  private table(answer: Answer, question: string): HTMLElement {
    const places = answer.columns.map((name, at) => ({ name, at })).filter(({ name }) => !HIDDEN.has(name));
    const numeric = (at: number) => answer.rows.every((row) => row[at] === null || typeof row[at] === "number") && answer.rows.some((row) => row[at] !== null);
    const numbers = new Set(places.filter(({ at }) => numeric(at)).map(({ at }) => at));
    const head = h("tr", {}, ...places.map(({ name, at }) => h("th", { scope: "col", class: numbers.has(at) ? "number" : null }, columnName(name, this.language))));
    const written = (row: Cell[], name: string) => name === "detail" && row[answer.columns.indexOf("kind")] === "action" ? "note" : name; // a person's own words
    const rows = answer.rows.map((row) => h("tr", {}, ...places.map(({ name, at }) =>
      h("td", { class: numbers.has(at) ? "number" : LONG.has(name) ? "long" : null }, this.cell(written(row, name), row[at] ?? null, answer)))));
    return h("div", { class: "rows", role: "region", tabindex: 0, "aria-label": questionName(question, this.language) }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)));
  }

  private cell(name: string, found: Cell, answer: Answer): Node | string {
    if (found === null) return "";
    if (typeof found === "object") return Object.entries(found).map(([key, one]) => `${fieldName(key, this.language)}: ${one}`).join("; ");
    if (typeof found === "number") return found.toLocaleString(this.language, { maximumFractionDigits: 6 });
    const text = String(found);
    if (name.endsWith("_at") || name === "since") return h("time", { datetime: text, title: `${text} UTC` }, this.moment(text));
    if (PSEUDONYMS.has(name)) return h("span", { title: text }, answer.names[text] ?? text);
    if (name === "alert_id") return h("button", { type: "button", class: "quiet", title: text, "data-alert": text, onclick: () => void this.open(text) }, `${text.slice(0, 8)}…`);
    return value(name, text, this.language);
  }

  /** Show one alert's story; its days are those that were asked about, and the days after in which it may end. */
  private async open(alert: string): Promise<void> {
    const { filters } = this.chosen();
    const asked = { from: filters.from ?? "", to: filters.to ?? "", alert };
    const answer = await this.attempt(() => this.api.ask("alert", asked));
    if (answer) this.told(alert, answer);
  }

  private told(alert: string, answer: Answer): void {
    const { filters } = this.chosen();
    const at = (row: Cell[], name: string) => row[answer.columns.indexOf(name)] ?? null;
    const proof = h("button", { type: "button", onclick: () => void this.save("proof", { alert, from: filters.from ?? "", to: filters.to ?? "" }, "json") }, this.word("proof"));
    const steps = answer.rows.map((row) => h("li", { class: `is-${String(at(row, "kind"))}` },
      this.cell("happened_at", at(row, "happened_at"), answer),
      h("strong", {}, [at(row, "kind"), at(row, "channel")].filter((one) => one !== null).map((one) => value("kind", value("channel", String(one), this.language), this.language)).join(" · ")),
      h("span", {}, this.cell("operator", at(row, "operator"), answer), " ", this.cell("outcome", at(row, "outcome"), answer), " ", this.cell(at(row, "kind") === "action" ? "note" : "detail", at(row, "detail"), answer))));
    const heading = h("h2", { tabindex: -1 }, `${this.word("story")} ${alert.slice(0, 8)}…`);
    fill(this.story, h("div", { class: "story" }, h("div", { class: "told" }, heading, h("span", { class: "space" }), proof,
      h("button", { type: "button", onclick: () => fill(this.story) }, this.word("close"))), h("ol", {}, ...steps)));
    heading.focus();
  }

  private async save(question: string, filters: Filters, kind: string): Promise<void> {
    const content = await this.attempt(() => this.api.file(question, filters));
    if (!content) return;
    const link = h("a", { href: URL.createObjectURL(content), download: `pregao-${question}-${filters.from}_${filters.to}.${kind}` });
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  private moment(iso: string): string {
    const at = new Date(iso);
    if (Number.isNaN(at.getTime())) return iso;
    return new Intl.DateTimeFormat(this.language, { timeZone: DESK, dateStyle: "short", timeStyle: "medium" }).format(at);
  }
}
