// What does not ring for a while, until when, and how to have it ring again.

import type { Mute } from "../../core/link/frames";
import { hourMinute } from "../../core/format";
import { word } from "../../core/words";
import { fill, h } from "../dom";
import type { Orders, Scene } from "../chart/scene";

export class Mutes {
  readonly root = h("p", { class: "mutes", role: "status", hidden: true });
  private drawn = "";

  constructor(private readonly orders: Orders) {}

  update({ language, mode, mutes }: Scene): void {
    const shown = mode === "live" ? mutes : [];
    const key = JSON.stringify([language, shown]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.root.hidden = shown.length === 0;
    const one = (mute: Mute) => h("button", { type: "button", class: "quiet", title: word("mute_lift", language), "aria-label": `${word("mute_lift", language)}: ${mutedName(mute, language)}`, onclick: () => this.orders.unmute(mute) },
      `${mutedName(mute, language)} ${word("until", language)} ${hourMinute(mute.until)} ✕`);
    fill(this.root, `${word("mutes", language)}: `, ...shown.map(one));
  }
}

export const mutedName = ({ of, name }: Pick<Mute, "of" | "name">, language: Scene["language"]) => (of === "pattern" ? word(name, language) : name);
