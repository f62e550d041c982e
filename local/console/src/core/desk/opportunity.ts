// Alerts of one opportunity are one row: the one that rang, and beside it those that agree and those that conflict.

import type { Entry } from "./desk";
import { number, type Language } from "../format";
import { word } from "../words";

export interface Rows {
  /** One entry for each opportunity, in the order of the entries given. */
  leads: readonly Entry[];
  /** All of a lead's opportunity, by the lead's id, the lead first; nothing where it is alone. */
  together: ReadonlyMap<string, readonly Entry[]>;
  /** The id of the row that an alert stands in. */
  leadOf: (id: string) => string;
}

/** Put entries together; the lead is the first that rang, else the first of all. It stands where the first entry of its opportunity did. */
export function grouped(entries: readonly Entry[]): Rows {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = entry.alert.opportunity?.id ?? entry.alert.id;
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  const together = new Map<string, readonly Entry[]>();
  const leads: Entry[] = [];
  const leadOf = new Map<string, string>();
  for (const group of groups.values()) {
    const early = [...group].sort((a, b) => a.alert.candle.time - b.alert.candle.time || a.alert.seq - b.alert.seq);
    const lead = early.find((entry) => !entry.alert.listed) ?? (early[0] as Entry);
    leads.push(lead);
    for (const entry of group) leadOf.set(entry.alert.id, lead.alert.id);
    if (group.length > 1) together.set(lead.alert.id, [lead, ...early.filter((entry) => entry !== lead)]);
  }
  return { leads, together, leadOf: (id) => leadOf.get(id) ?? id };
}

/** Whether both sides stand in one opportunity. */
export const conflicts = (group: readonly Entry[]) =>
  group.some(({ alert }) => (alert.opportunity?.conflicts?.length ?? 0) > 0) || new Set(group.map(({ alert }) => alert.direction).filter((one) => one !== "none")).size > 1;

/** The patterns of an opportunity, each once: those of the lead's side, or without one. */
export const agreeing = (group: readonly Entry[]): string[] => {
  const side = group[0]?.alert.direction;
  return [...new Set(group.filter(({ alert }) => alert.direction === side || alert.direction === "none" || side === "none").map(({ alert }) => alert.pattern))];
};

/** `na lista, sem tocar: abaixo do limiar ... (0,81 < 1,20)`; empty for one that rang. */
export function listedWords({ alert }: Entry, language: Language): string {
  const { listed } = alert;
  if (!listed) return "";
  const known = listed.why === "below_threshold" && Number.isFinite(listed.score) && Number.isFinite(listed.threshold);
  const shown = (value: number) => (value < 1e9 ? number(value, 3, language) : "-");
  const numbers = known ? ` (${shown(listed.score as number)} < ${shown(listed.threshold as number)})` : "";
  return `${word("listed", language)}: ${word(listed.why, language)}${numbers}`;
}
