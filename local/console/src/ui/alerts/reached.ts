// Of the alert on the card: who got it where and when, and who did not yet.

import { stateOf, type Entry } from "../../core/desk/desk";
import { hourMinuteSecond, moment } from "../../core/format";
import { word } from "../../core/words";
import type { Reached } from "../../link/api";
import { fill, h } from "../dom";
import type { Scene } from "../chart/scene";

const AGAIN_MS = 10_000; // while one may still decide

export class ReachedRows {
  readonly root = h("div", { class: "why reached", hidden: true });
  private id = "";
  private askedAt = -Infinity;
  private drawn = "";
  private known: readonly Reached[] = [];

  constructor(private readonly ask: (id: string) => Promise<readonly Reached[]>) {}

  update(entry: Entry | null, scene: Scene): void {
    const id = entry && scene.mode === "live" ? entry.alert.id : "";
    if (id !== this.id) {
      this.id = id;
      this.askedAt = -Infinity;
      this.known = [];
    }
    const again = entry !== null && stateOf(entry, scene.now) === "open" && performance.now() - this.askedAt > AGAIN_MS;
    if (id && (again || this.askedAt < 0)) void this.read(id);
    const key = JSON.stringify([this.id, scene.language, this.known]);
    if (key !== this.drawn) this.draw(scene, key);
  }

  private async read(id: string): Promise<void> {
    this.askedAt = performance.now();
    const known = await this.ask(id);
    if (id === this.id) this.known = known;
  }

  private draw({ language, nameOf, now }: Scene, key: string): void {
    this.drawn = key;
    this.root.hidden = this.known.length === 0;
    const silent = (until: number | undefined) => (until === undefined ? "" : ` · ${word("phone_silent_till", language)} ${moment(until, now, language)}`);
    const said = ({ steps, silent_until: until }: Reached) => (steps.map((one) => `${word(`by_${one.channel}`, language)} ${hourMinuteSecond(one.at)}`).join(", ") || word("nowhere_yet", language)) + silent(until);
    fill(this.root, h("h3", {}, word("who_got_it", language)), h("dl", {}, ...this.known.map((one) => h("div", {}, h("dt", {}, nameOf(one.operator)), h("dd", {}, said(one))))));
  }
}
