// Being heard: sound in one tab of the operator, notifications when they look at none, and the number in the title.

import { SEVERITIES, type Alert, type Severity } from "../core/frames";
import type { Language } from "../core/format";
import { Ringer, Tabs } from "../link/tabs";
import { ask, notify, permission, Unread } from "../ui/notify";
import { Sound } from "../ui/sound";

const BREATH_MS = 700; // of many at once the loudest rings, not all

export class Ring {
  notifying = true;
  private readonly sound = new Sound();
  private readonly unread = new Unread();
  private readonly unseen = new Set<string>();
  private readonly tabs: Tabs;
  private readonly ringer: Ringer;
  private last: { at: number; severity: Severity } = { at: 0, severity: "medium" };

  constructor(operator: string, private readonly changed: () => void) {
    this.ringer = new Ringer(operator, changed);
    this.tabs = new Tabs(operator, (ids) => this.unread.drop(ids));
    document.addEventListener("visibilitychange", this.look);
  }

  get state(): "off" | "on" | "other" {
    return this.sound.armed ? (this.ringer.holds ? "on" : "other") : "off";
  }

  async toggleSound(): Promise<void> {
    if (this.sound.armed) {
      this.sound.disarm();
      this.ringer.leave();
    } else {
      await this.sound.arm();
      this.ringer.join();
    }
    this.changed();
  }

  async toggleNotifications(): Promise<void> {
    if (permission() === "default") await ask();
    else this.notifying = !this.notifying;
    this.changed();
  }

  ring(alert: Alert, language: Language, opened: () => void): void {
    if (this.ringer.holds && this.due(alert.severity)) this.sound.play(alert.severity, alert.direction);
    if (document.visibilityState === "visible") return;
    this.unseen.add(alert.id);
    this.unread.add(alert.id);
    if (this.notifying && !this.tabs.looking) notify(alert, language, opened);
  }

  stop(): void {
    document.removeEventListener("visibilitychange", this.look);
    this.sound.disarm();
    this.ringer.leave();
    this.tabs.stop();
    this.unread.drop(this.unseen);
  }

  private due(severity: Severity): boolean {
    const louder = SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(this.last.severity);
    if (Date.now() - this.last.at < BREATH_MS && !louder) return false;
    this.last = { at: Date.now(), severity };
    return true;
  }

  private readonly look = (): void => {
    if (document.visibilityState !== "visible" || !this.unseen.size) return;
    this.unread.drop(this.unseen);
    this.tabs.tellSeen([...this.unseen]);
    this.unseen.clear();
  };
}
