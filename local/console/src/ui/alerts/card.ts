// The selected alert: what to do at which prices, why, and the decision.

import { othersOf, stateOf, type Entry } from "../../core/desk/desk";
import { contextRows } from "../../core/context";
import { agreeing, conflicts, listedWords } from "../../core/desk/opportunity";
import { NOTE_LIMIT, ORDER_LIMIT } from "../../generated/frames";
import { isChance, planOf, verdictsFor, type PendingFrame, type Verdict } from "../../core/link/frames";
import { countdown, distance, fullDay, hourMinute, hourMinuteSecond, money, number, price, span, zoneMark } from "../../core/format";
import { isReplayed } from "../../core/link/replay";
import { atRisk, enterable, isOver, ticketWords, type Ticket } from "../../core/desk/ticket";
import { ARROWS, chanceWords, moneyWords, outlookWords, sentence, why } from "../../core/why";
import { word } from "../../core/words";
import { fill, h, say, type Child } from "../dom";
import { mutedName } from "./mutes";
import { ReachedRows } from "./reached";
import type { Orders, Scene } from "../chart/scene";

export const KEYS: Record<Verdict, string> = { executed: "E", rejected: "R", watching: "O", false_alarm: "F" };

const membersOf = (entry: Entry, scene: Scene): readonly Entry[] => scene.together.get(scene.leadOf(entry.alert.id)) ?? [entry];

/** What may still be decided: who watches an alert may do all but watch it. */
const offered = ({ alert, decision }: Entry, me: string): Verdict[] =>
  verdictsFor(alert).filter((one) => one !== "watching" || decision?.decision !== "watching" || decision.operator !== me);

/** Minutes in which a watched alert comes back. */
const BACK_MIN = [15, 30];

const DOUBLE_CLICK_MS = 500;
/** A first press that was followed by nothing is forgotten: the price moves on. */
const ARMED_MS = 6000;

export class Card {
  readonly root = h("section", { class: "card", "aria-labelledby": "card-title", tabindex: "-1", id: "card" });
  private drawn = "";
  private shown = "";
  private readonly countdown = h("span", { class: "countdown" });
  private readonly age = h("span");
  /** Where the price stands, and what the stop costs: they change with each quote, and nothing else is drawn anew for that. */
  private readonly priceNow = h("span", { class: "price-now" });
  private readonly risk = h("output", { class: "risk" });
  /** What is being typed, by alert: the card may be drawn anew meanwhile. */
  private draft = { id: "", note: "", order: "" };
  private ticket: Ticket | null = null;
  /** The colleague who is about to decide: nobody else sends an order meanwhile. */
  private taken: PendingFrame | null = null;
  private readonly takenFor = h("span");
  /** The alert whose order was pressed once outside its entry; the second press executes. */
  private pressed = { id: "", at: 0 };

  private me = "";

  private readonly reached: ReachedRows;

  constructor(private readonly orders: Orders) {
    this.reached = new ReachedRows((id) => orders.reached(id));
  }

  update(scene: Scene): void {
    const entry = scene.selected;
    this.reached.update(entry, scene);
    this.me = scene.me;
    const ours = entry && scene.mode === "live" ? scene.actOf(entry.alert.id) : null;
    this.ticket = scene.ticket;
    if (this.pressed.id && performance.now() - this.pressed.at > ARMED_MS) this.pressed = { id: "", at: 0 };
    this.taken = entry && scene.mode === "live" ? scene.takenBy(entry.alert.id) : null;
    const key = !entry ? scene.language : [scene.language, scene.mode, entry.alert.id, stateOf(entry, scene.now), entry.outcome, entry.acts.length, entry.handed?.at, scene.comesBack(entry.alert.id), scene.levels.length, entry.decision?.at,
      entry.decision?.operator, ours?.act.decision, ours?.out, membersOf(entry, scene).length, scene.trader, scene.line === "online", scene.keys, this.taken?.operator, this.taken?.decision, ...scene.mutes.map((one) => one.name), this.pressed.id, scene.ticket?.place, scene.ticket?.quote?.synthetic].join("|");
    if (key !== this.drawn) this.draw(entry, scene, key);
    if (entry) this.count(entry, scene);
  }

  /** The alert that stands here now. */
  get rendered(): readonly string[] {
    return this.shown ? [this.shown] : [];
  }

  decide(entry: Entry, decision: Verdict): void {
    if (this.taken || !offered(entry, this.me).includes(decision)) return;
    if (decision === "executed" && !enterable(this.ticket) && !this.pressedBefore(entry.alert.id)) return;
    const mine = this.draft.id === entry.alert.id ? this.draft : { note: "", order: "" };
    this.orders.decide(entry.alert.id, decision, mine.note.trim(), decision === "executed" ? mine.order.trim() : "");
  }

  /** Outside its entry an order is not that of the alert: it wants a second press, and a double click is one. */
  private pressedBefore(id: string): boolean {
    const now = performance.now();
    if (this.pressed.id === id) return now - this.pressed.at > DOUBLE_CLICK_MS;
    this.pressed = { id, at: now };
    this.orders.redraw();
    return false;
  }

  private draw(entry: Entry | null, scene: Scene, key: string): void {
    const inside = this.root.contains(document.activeElement) && document.activeElement !== this.root;
    const typing = inside && document.activeElement instanceof HTMLInputElement && this.shown === entry?.alert.id ? document.activeElement : null;
    const marked = typing && ([typing.selectionStart, typing.selectionEnd] as const);
    this.drawn = key;
    if (entry && entry.alert.id !== this.shown) this.root.scrollTop = 0; // its side and price come first
    this.shown = entry?.alert.id ?? "";
    if (!entry) {
      fill(this.root, h("h2", { id: "card-title", class: "visually-hidden" }, word("selected", scene.language)), h("p", { class: "empty" }, word("pick_alert", scene.language)));
      this.root.className = "card";
      return;
    }
    if (this.draft.id !== entry.alert.id) this.draft = { id: entry.alert.id, note: "", order: "" };
    if (this.pressed.id !== entry.alert.id || enterable(scene.ticket) || scene.actOf(entry.alert.id)) this.pressed = { id: "", at: 0 };
    this.root.className = `card ${entry.alert.direction} sev-${entry.alert.severity}`;
    fill(this.root, ...this.head(entry, scene), this.prices(entry, scene), ...this.decision(entry, scene), this.reason(entry, scene), this.context(entry, scene), this.reached.root, this.quiet(entry, scene),
      h("p", { class: "fine" }, word("disclaimer", scene.language)));
    const field = typing && this.root.querySelector<HTMLInputElement>(`input[name="${typing.name}"]`); // who types goes on typing
    if (field) field.value = typing.value;
    if (inside) (field ?? this.root.querySelector<HTMLElement>(".decide button") ?? this.root).focus({ preventScroll: true });
    if (marked) field?.setSelectionRange(...marked);
  }

  private head({ alert, recovered }: Entry, { language, today, zoneOf }: Scene): Child[] {
    const zone = zoneOf(alert.instrument);
    const candle = `${fullDay(alert.candle.time, today, language, zone)}, ${word("opened", language)} ${hourMinute(alert.candle.time, zone)}, `
      + `${word("closed", language)} ${hourMinute(alert.candle_closed_at, zone)}${zoneMark(zone)}`;
    const tag = (name: string) => h("span", { class: "tag" }, word(name, language));
    return [
      h("header", {},
        h("h2", { id: "card-title" }, h("span", { class: "side" }, `${ARROWS[alert.direction]} ${word(alert.direction === "none" ? alert.pattern : alert.direction, language)}`), ` ${alert.contract}`),
        h("span", { class: "badge", title: word("about_severity", language) }, word(alert.severity, language))),
      h("p", { class: "big" }, price(alert.price, alert.tick_size, language)),
      h("p", { class: "what" }, `${word(alert.pattern, language)} · ${alert.timeframe} · ${candle}`, recovered ? tag("recovered") : null, isReplayed(alert) ? tag("replayed") : null),
    ];
  }

  private prices(entry: Entry, scene: Scene): HTMLElement {
    const { language, mode, now } = scene;
    const { alert, outcome } = entry;
    const at = (value: number) => price(value, alert.tick_size, language);
    const row = (name: string, value: string, kind = "", aside = "", below: Child = "") => h("div", { class: kind }, h("dt", {}, word(name, language)), h("dd", {}, value, aside && h("small", {}, aside), below));
    const away = (value: number) => ` ${distance(Math.abs(value - alert.price), alert.tick_size, language)}`;
    const money = (value: number) => { const told = moneyWords(alert, value, language); return told && h("span", { class: "worth" }, told, h("small", {}, ` ${word("per_contract", language)}`)); };
    const plan = planOf(alert);
    const levels = plan ? [row("entry", `${at(plan.entry_min)} - ${at(plan.entry_max)}`), row("risk_reward", number(plan.risk_reward, 2, language)), row("target", at(plan.take_profit), "good", away(plan.take_profit), money(plan.take_profit)), row("stop", at(plan.stop_loss), "bad", away(plan.stop_loss), money(plan.stop_loss))] : [];
    const members = membersOf(entry, scene);
    const silent = listedWords(entry, language);
    const others = [members.length > 1 ? agreeing(members).map((one) => word(one, language)).join(" + ") : "", conflicts(members) ? word("both_sides", language) : ""].filter(Boolean).join(" · ");
    const chance = chanceWords(alert, language);
    const ahead = outlookWords(alert, language);
    const { ticket } = scene;
    const now_at = ticket ? h("div", { class: `wide now ${ticket.place}` }, h("dt", {}, word("price_now", language)), h("dd", {}, this.priceNow)) : null;
    const size = ticket?.risk ? this.size(alert.instrument, scene) : null;
    return h("dl", { class: "prices" },
      now_at, ...levels, size, plan && chance ? row("chance", chance, "wide") : null, ahead ? row("outlook", ahead, "wide") : null, others ? row("opportunity", others, "wide") : null, silent ? row("state", silent, "wide") : null,
      // While one may decide there is no outcome yet, whatever a replay's market says; a past day has been read as it ended.
      outcome && (mode === "history" || (outcome !== "open" && stateOf(entry, now) !== "open")) ? row("outcome", word(`outcome_${outcome}`, language), "wide") : null);
  }

  private reason({ alert }: Entry, { language, zoneOf }: Scene): HTMLElement {
    return h("div", { class: "why" }, h("h3", {}, word("why", language)), h("p", {}, sentence(alert, language)), pairs(why(alert, language, zoneOf(alert.instrument))));
  }

  private context({ alert }: Entry, { language }: Scene): HTMLElement | null {
    const told = contextRows(alert, language);
    return told && h("div", { class: "why context" }, h("h3", {}, told.title), pairs(told.rows));
  }

  /** Not to be rung for its pattern or its market for a while. */
  private quiet({ alert }: Entry, { language, mode, mutes }: Scene): HTMLElement | null {
    if (mode !== "live" || alert.pattern === "price_level") return null; // one's own level always rings
    const button = (of: "pattern" | "instrument", name: string) => {
      const told = `${word("mute_for", language)}: ${mutedName({ of, name }, language)}`;
      const over = mutes.some((one) => one.of === of && one.name === name);
      return h("button", { type: "button", class: "quiet", "data-mute": of, disabled: over, onclick: () => this.orders.mute(alert.id, of) }, told);
    };
    return h("div", { class: "mute", role: "group", "aria-label": word("mute_for", language) }, button("pattern", alert.pattern), button("instrument", alert.instrument));
  }

  /** What may be decided stands at the foot of the card, whatever else it holds: the buttons stay where they are. */
  private decision(entry: Entry, scene: Scene): Child[] {
    const { language } = scene;
    const id = entry.alert.id;
    const ours = scene.mode === "live" ? scene.actOf(id) : null;
    if (ours) {
      const undo = ours.out ? null : h("button", { type: "button", class: "undo", onclick: () => this.orders.undo(id) }, word("undo", language), key("U", scene));
      return [h("div", { class: "decide pending" }, h("p", { class: "made" }, word(ours.act.decision, language), " · ", this.countdown), undo)];
    }
    const state = stateOf(entry, scene.now);
    if (state !== "open" || scene.mode !== "live") return [h("div", { class: "decide" }, ...this.made(entry, scene), this.others(entry, scene))];
    if (!scene.trader) return [h("div", { class: "decide" }, h("p", { class: "made" }, word("only_traders", language)), this.others(entry, scene))];
    const button = (one: Verdict) => h("button", { type: "button", class: `act ${one}`, "data-act": one, "aria-disabled": this.taken ? "true" : null, onclick: () => this.decide(entry, one) }, word(`do_${one}${one === "executed" && this.pressed.id === id ? "_anyway" : ""}`, language), key(KEYS[one], scene));
    const { chance } = entry.alert;
    const weak = isChance(chance) && chance.p < chance.baseline; // worse than any candle: nothing invites
    const acts = ["acts", enterable(scene.ticket) ? "" : "passed", weak ? "weak" : ""].filter(Boolean).join(" ");
    const decide = h("div", { class: "decide" },
      h("p", { class: "until" }, word("expires_in", language), " ", this.countdown, ` · ${word("age", language).toLowerCase()} `, this.age),
      this.others(entry, scene),
      this.taken?.decision ? h("p", { class: "taken", role: "status" }, `${scene.nameOf(this.taken.operator)} ${word("took", language)}: ${word(`do_${this.taken.decision}`, language)} `, this.takenFor) : null,
      enterable(scene.ticket) ? null : h("p", { class: "outside", role: "status" }, word(isOver(scene.ticket) ? `over_${scene.ticket?.place}` : "outside_entry", language)),
      h("div", { class: acts, role: "group", "aria-label": word("state", language) }, ...offered(entry, scene.me).map(button)),
      this.back(entry, scene));
    return [decide, h("div", { class: "fields" }, this.field("note", NOTE_LIMIT, language), planOf(entry.alert) ? this.field("order", ORDER_LIMIT, language) : null), this.ready(scene)];
  }

  private made({ decision }: Entry, { language, nameOf }: Scene): Child[] {
    if (!decision || decision.decision === "TIMEOUT") return [h("p", { class: "made" }, word(decision ? "timed_out" : "no_decision", language))];
    const when = `${word("by", language)} ${nameOf(decision.operator)} ${word("at", language)} ${hourMinuteSecond(decision.at)}`;
    return [h("p", { class: `made ${decision.decision}` }, h("strong", {}, word(decision.decision, language)), ` ${when}`), decision.order_id ? h("p", { class: "order" }, `${word("field_order", language)}: ${decision.order_id}`) : null,
      decision.note ? h("p", { class: "note" }, decision.note) : null];
  }

  /** What was decided beside what stands here: of colleagues, or that one watched it before; of an open alert that it is watched. */
  private others(entry: Entry, { language, mode, now, nameOf, me }: Scene): HTMLElement | null {
    const watched = stateOf(entry, now) === "open" && mode === "live" && entry.decision ? [entry.decision] : [];
    const told = [...watched, ...othersOf(entry)];
    const chip = (one: (typeof told)[number]) => h("span", { class: "chip", title: `${word("at", language)} ${hourMinuteSecond(one.at)}${one.note ? ` · ${one.note}` : ""}` },
      `${one.operator === me ? word("you", language) : nameOf(one.operator)}: ${word(one.decision, language)}`);
    const handed = entry.handed && h("span", { class: "chip handed", title: `${word("at", language)} ${hourMinuteSecond(entry.handed.at)}` },
      entry.handed.to === me ? `${word("handed_by", language)} ${nameOf(entry.handed.operator)}` : `${word("handed_to", language)} ${nameOf(entry.handed.to)}`);
    return told.length || handed ? h("p", { class: "others" }, handed, handed && " ", ...told.flatMap((one) => [chip(one), " "])) : null;
  }

  /** With how many contracts one trades this instrument; remembered, and nothing is sent of it. */
  private size(instrument: string, { language, sizeOf }: Scene): HTMLElement {
    const input = h("input", {
      // No number field: it tells nobody where its caret stands, and what is typed while the card is drawn anew would be put elsewhere.
      type: "text", name: "contracts", maxlength: 4, inputmode: "numeric", autocomplete: "off", value: sizeOf(instrument), "aria-label": word("contracts", language),
      oninput: () => { const asked = Number(input.value); if (Number.isInteger(asked) && asked >= 1) this.orders.size(instrument, asked); },
      onchange: () => { const asked = Math.min(9999, Math.max(1, Math.round(Number(input.value)) || 1)); input.value = String(asked); this.orders.size(instrument, asked); },
    });
    return h("div", { class: "wide size" }, h("dt", {}, word("contracts", language)), h("dd", {}, input, this.risk));
  }

  /** What is watched comes back at a time or at its price; a time that was chosen is taken back by a second press. */
  private back({ alert, decision }: Entry, { language, me, comesBack, levels, levelsAtMost }: Scene): HTMLElement | null {
    if (decision?.decision !== "watching" || decision.operator !== me) return null;
    const at = comesBack(alert.id);
    const times = at !== null
      ? [h("button", { type: "button", class: "quiet", "aria-pressed": "true", "data-back": "off", onclick: () => this.orders.remind(alert.id, null) }, `${word("at", language)} ${hourMinute(at)} ✕`)]
      : BACK_MIN.map((minutes) => h("button", { type: "button", class: "quiet", "data-back": minutes, onclick: () => this.orders.remind(alert.id, minutes) }, `${word("in_time", language)} ${minutes} min`));
    const set = levels.some((one) => one.alert_id === alert.id);
    const price_ = levelsAtMost ? h("button", { type: "button", class: "quiet", "data-back": "price", disabled: set, onclick: () => this.orders.backAtPrice(alert.id) }, `${word("at_price", language)} ${price(alert.price, alert.tick_size, language)}`) : null;
    return h("div", { class: "ready back", role: "group", "aria-label": word("comes_back", language) }, h("span", {}, `${word("comes_back", language)}:`), ...times, price_);
  }

  /** Notes that the desk makes often: one press fills the field, what is typed there is replaced. */
  private ready({ desk, language }: Scene): HTMLElement | null {
    const notes = desk.notes ?? [];
    const fillIn = (note: string) => {
      this.draft.note = note;
      const input = this.root.querySelector<HTMLInputElement>("input[name=note]");
      if (input) input.value = note;
    };
    return notes.length ? h("div", { class: "ready", role: "group", "aria-label": word("ready_notes", language) }, ...notes.map((note) => h("button", { type: "button", class: "quiet", onclick: () => fillIn(note) }, note))) : null;
  }

  private field(name: "note" | "order", longest: number, language: Scene["language"]): HTMLElement {
    const input = h("input", { type: "text", name, maxlength: longest, autocomplete: "off", value: this.draft[name], oninput: () => { this.draft[name] = input.value; } });
    return h("label", { class: "field" }, h("span", {}, word(`field_${name}`, language)), input);
  }

  private count(entry: Entry, scene: Scene): void {
    const ours = scene.mode === "live" ? scene.actOf(entry.alert.id) : null;
    const { language } = scene;
    const waiting = scene.line === "online" ? word("sending", language) : word("waits_for_line", language);
    if (!ours) say(this.countdown, countdown(entry.opens - scene.now));
    else say(this.countdown, ours.out ? waiting : `${word("sending_in", language)} ${Math.max(0, Math.ceil(ours.act.dueAt - scene.clock))} s`);
    const { alert } = entry;
    if (scene.ticket) say(this.priceNow, ticketWords(alert, scene.ticket, language, scene.zoneOf(alert.instrument)));
    const risk = scene.ticket && atRisk(scene.ticket, scene.sizeOf(alert.instrument));
    say(this.risk, risk ? `${money(risk.value, risk.currency, language)} ${word("at_risk", language)}` : "");
    if (this.taken) say(this.takenFor, `(${Math.max(0, Math.ceil(this.taken.until - scene.now))} s)`);
    say(this.age, span(scene.now - entry.alert.detected_at));
  }
}

const pairs = (rows: readonly (readonly [string, string])[]) => h("dl", {}, ...rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
const key = (name: string, scene: Scene) => (scene.keys ? h("kbd", { "aria-hidden": "true" }, name) : null);
