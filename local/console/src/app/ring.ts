// Being heard: sound in one tab of the operator, notifications when they look at none, and the number in the title.

import { SEVERITIES, type Alert, type Severity } from "../core/link/frames";
import type { Language } from "../core/format";
import type { Line } from "../core/truth";
import { now, onBeat } from "../link/beat";
import { Ringer, Tabs } from "../link/tabs";
import { ask, notify, permission, Unread } from "../ui/device/notify";
import type { SoundState } from "../ui/chart/scene";
import { Sound } from "../ui/device/sound";

const BREATH_S = 0.7; // of many at once the loudest rings, not all
/** An alert that no tab has rung after so long is rung here, whoever has the right to. */
const MUTE_S = 1;

export class Ring {
  notifying = true;
  private readonly sound: Sound;
  private readonly unread = new Unread();
  private readonly unseen = new Set<string>();
  private readonly waiting = new Map<string, { alert: Alert; at: number }>();
  private readonly tabs: Tabs;
  private readonly ringer: Ringer;
  private readonly unbeat: () => void;
  private hearing = false;
  private last: { at: number; severity: Severity } = { at: 0, severity: "medium" };

  constructor(operator: string, private readonly changed: () => void) {
    this.sound = new Sound(() => this.settle());
    this.ringer = new Ringer(operator, changed);
    this.tabs = new Tabs(operator, (ids) => this.unread.drop(ids));
    this.unbeat = onBeat(this.ringMute);
    document.addEventListener("visibilitychange", this.look);
    document.addEventListener("pointerdown", this.wake);
  }

  get state(): SoundState {
    if (!this.sound.armed) return "off";
    if (!this.sound.ready) return "blocked";
    if (!this.hearing) return "line";
    return this.ringer.holds ? "on" : "other";
  }

  /** What is known of the line: a tab that does not hear the server leaves the ringing to another. */
  lineIs(line: Line): void {
    this.hearing = line === "online";
    this.tabs.hears(this.hearing);
    this.unread.deaf(line === "offline" || line === "checking");
    this.settle();
  }

  /** Arm the sound or disarm it; false where it was wanted and the browser gives none. */
  async toggleSound(): Promise<boolean> {
    const wanted = !this.sound.ready;
    if (!wanted || !(await this.sound.arm())) this.sound.disarm();
    this.settle();
    return this.sound.armed === wanted;
  }

  async toggleNotifications(): Promise<void> {
    if (permission() === "default") await ask();
    else this.notifying = !this.notifying;
    this.changed();
  }

  ring(alert: Alert, language: Language, opened: () => void): void {
    if (this.sound.armed) this.sing(alert);
    if (document.visibilityState === "visible") return;
    this.unseen.add(alert.id);
    this.unread.add(alert.id);
    if (this.notifying && !this.tabs.looking) notify(alert, language, opened);
  }

  stop(): void {
    this.unbeat();
    document.removeEventListener("visibilitychange", this.look);
    document.removeEventListener("pointerdown", this.wake);
    this.sound.disarm();
    this.ringer.leave();
    this.tabs.stop();
    this.unread.deaf(false);
    this.unread.drop(this.unseen);
  }

  /** Take or give up the right to ring, by what this tab can hear and make heard. */
  private settle(): void {
    if (this.hearing && this.sound.ready) this.ringer.join();
    else this.ringer.leave();
    this.changed();
  }

  private sing(alert: Alert): void {
    if (this.ringer.holds && this.sound.ready) return this.play(alert);
    this.waiting.set(alert.id, { alert, at: now() });
    window.setTimeout(this.ringMute, MUTE_S * 1000 + 50);
    void this.sound.wake();
  }

  private play(alert: Alert): void {
    if (this.due(alert.severity)) this.sound.play(alert.severity, alert.direction);
    this.tabs.tellRung(alert.id);
  }

  /** The tab that has the right may be frozen, or on a line that died unnoticed. */
  private readonly ringMute = (): void => {
    for (const [id, { alert, at }] of this.waiting) {
      if (now() - at < MUTE_S) continue;
      this.waiting.delete(id);
      if (!this.sound.ready || this.tabs.hasRung(id)) continue;
      if (!this.ringer.holds) this.ringer.take();
      this.play(alert);
    }
  };

  private due(severity: Severity): boolean {
    const louder = SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(this.last.severity);
    if (now() - this.last.at < BREATH_S && !louder) return false;
    this.last = { at: now(), severity };
    return true;
  }

  private readonly wake = (): void => {
    if (this.sound.armed && !this.sound.ready) void this.sound.wake();
  };

  private readonly look = (): void => {
    if (document.visibilityState !== "visible") return;
    this.wake();
    if (!this.unseen.size) return;
    this.unread.drop(this.unseen);
    this.tabs.tellSeen([...this.unseen]);
    this.unseen.clear();
  };
}
