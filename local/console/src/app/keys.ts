// Single keys as commands: only while nobody types, and only where the operator wants them.

import type { Verdict } from "../core/link/frames";
import { KEYS } from "../ui/alerts/card";
import { typing } from "../ui/dom";

export interface Commands {
  enabled(): boolean;
  step(by: 1 | -1): void;
  decide(decision: Verdict): void;
  undo(): void;
  sound(): void;
  help(): void;
  market(place: number): void;
  timeframe(by: 1 | -1): void;
  newest(): void;
  filter(): void;
  score(): void;
}

export function listenKeys(commands: Commands): () => void {
  const pressed = (event: KeyboardEvent) => {
    if (!commands.enabled() || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const verdict = (Object.keys(KEYS) as Verdict[]).find((one) => KEYS[one] === event.key.toUpperCase());
    const command = verdict ? () => commands.decide(verdict) : other(event.key.toLowerCase(), commands);
    if (!command) return;
    event.preventDefault();
    command();
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}

function other(key: string, commands: Commands): (() => void) | undefined {
  if (/^[1-6]$/.test(key)) return () => commands.market(Number(key) - 1);
  return new Map<string, () => void>([
    ["[", () => commands.timeframe(-1)], ["]", () => commands.timeframe(1)], ["n", () => commands.newest()], ["/", () => commands.filter()], ["d", () => commands.score()],
    ["j", () => commands.step(1)], ["k", () => commands.step(-1)], ["u", () => commands.undo()], ["s", () => commands.sound()], ["?", () => commands.help()],
  ]).get(key);
}
