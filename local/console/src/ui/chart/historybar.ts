// Past days: which one, and its replay. It stands out, so that nobody takes yesterday for now.

import { hourMinute, isoDay, dayMonth, weekdayBefore } from "../../core/format";
import { word } from "../../core/words";
import { fill, h, say, select } from "../dom";
import type { Orders, Scene } from "./scene";

const SPEEDS = [1, 10, 60, 300] as const;

export class HistoryBar {
  readonly root = h("section", { class: "historybar", hidden: true });
  private readonly clock = h("output", { class: "replay-clock" });
  private readonly bar = h("progress", { max: 1, value: 0 });
  private drawn = "";

  constructor(private readonly orders: Orders) {}

  update(scene: Scene): void {
    this.root.hidden = scene.mode === "live";
    if (scene.mode === "live") return;
    const { language, replay } = scene;
    const key = [language, scene.mode, scene.day, replay?.speed, replay?.paused, replay?.done].join("|");
    if (key !== this.drawn) {
      this.drawn = key;
      this.root.setAttribute("aria-label", word("history", language));
      this.root.className = `historybar ${scene.mode}`;
      fill(this.root, ...(replay ? this.player(scene) : this.days(scene)));
    }
    if (!replay) return;
    say(this.clock, `${dayMonth(replay.now, language)} ${hourMinute(replay.now)}${replay.done ? ` · ${word("replay_done", language)}` : ""}`);
    this.bar.value = replay.progress;
    this.bar.setAttribute("aria-label", word("time", language));
  }

  private days(scene: Scene): HTMLElement[] {
    const { language } = scene;
    const ago = (days: number) => isoDay(scene.today - days * 86_400);
    const date = h("input", { type: "date", name: "day", value: scene.day, max: ago(0), onchange: () => date.value && this.orders.day(date.value) });
    const jump = (day: string, name: string) => h("button", { type: "button", class: "quiet", onclick: () => this.orders.day(day) }, word(name, language));
    return [
      h("strong", {}, word("history_banner", language)), h("label", { class: "field" }, h("span", {}, word("day", language)), date), jump(weekdayBefore(scene.today), "session_before"), jump(ago(7), "week_ago"),
      h("button", { type: "button", class: "primary", onclick: () => this.orders.replay() }, `▶ ${word("play", language)} ${scene.instrument.name} ${scene.timeframe}`),
      h("button", { type: "button", class: "quiet", onclick: () => this.orders.mode("live") }, word("leave_replay", language)),
    ];
  }

  private player(scene: Scene): HTMLElement[] {
    const { language } = scene;
    const replay = scene.replay as NonNullable<Scene["replay"]>;
    const speeds = SPEEDS.map((one) => [String(one), `${one}×`] as const);
    return [
      h("strong", {}, `◀◀ ${word("replay_banner", language)}`), this.clock, this.bar,
      h("button", { type: "button", class: "quiet", onclick: () => this.orders.pause(), disabled: replay.done }, replay.paused ? `▶ ${word("play", language)}` : `❚❚ ${word("pause", language)}`),
      select(word("speed", language), speeds, String(replay.speed), (value) => this.orders.speed(Number(value)), "speed"),
      h("button", { type: "button", class: "primary", onclick: () => this.orders.mode("live") }, word("leave_replay", language)),
    ];
  }
}
