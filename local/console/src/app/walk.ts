// Which alert comes onto the card when somebody walks the list, or has decided on one.

import { GRACE_S } from "../core/desk/acts";
import { passes } from "../core/desk/filters";
import type { Alert } from "../core/link/frames";
import { headline } from "../core/why";
import { word } from "../core/words";
import { now as local } from "../link/beat";
import type { Scene } from "../ui/chart/scene";
import { nextOpen } from "./attention";
import type { Page } from "./page";

/** A key pressed twice decides once, though another alert stands on the card by then. */
const HANDS_OFF_S = 0.7;

export interface Walked {
  scene(): Scene;
  page: Page;
  pick(id: string): void;
  undo(id: string): void;
  /** Whether the trade that an alert tells of has ended. */
  over(alert: Alert): boolean;
}

export class Walk {
  private handsOffUntil = 0;

  constructor(private readonly on: Walked) {}

  /** Another alert took the card just now: what is pressed was meant for the one before. */
  get tooSoon(): boolean {
    return local() < this.handsOffUntil;
  }

  /** What was meant for the alert that stood on the card is not done to the one that took its place. */
  handsOff(): void {
    this.handsOffUntil = local() + HANDS_OFF_S;
  }

  /** The operator chose the alert themself: what is pressed now is meant for it. */
  chosen(): void {
    this.handsOffUntil = 0;
  }

  step(by: 1 | -1): void {
    const { entries, leadOf, selected } = this.on.scene();
    const at = entries.findIndex((entry) => entry.alert.id === leadOf(selected?.alert.id ?? ""));
    this.to(entries[at < 0 ? 0 : Math.min(entries.length - 1, Math.max(0, at + by))]?.alert.id);
  }

  newest(): void {
    const { all, filter, now } = this.on.scene();
    this.to(all.find((entry) => passes(entry, filter, now))?.alert.id);
  }

  private to(id: string | undefined): void {
    if (!id) return;
    this.on.pick(id);
    this.on.page.list.reveal(id);
  }

  /** What was decided can be undone for a while; meanwhile the next alert that is open comes onto the card. True where one did. */
  goOn(decided: string): boolean {
    const scene = this.on.scene(), open = nextOpen(scene, decided, (alert) => this.on.over(alert));
    const { mode, actOf, selected, language } = scene;
    const act = actOf(decided)?.act;
    if (mode !== "live" || !open || !act || !selected || selected.alert.id !== decided) return false;
    this.on.page.notices.undoable(`${word(act.decision, language)} · ${headline(selected.alert, language)}`, GRACE_S, language, () => this.on.undo(decided));
    this.on.pick(open.alert.id);
    this.on.page.list.focus(open.alert.id);
    this.handsOff();
    return true;
  }
}
