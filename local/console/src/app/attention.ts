// May a new alert come onto the card unasked?

import { stateOf } from "../core/desk";
import { passes, type Filter } from "../core/filters";
import type { Live } from "./live";

/** Not in the place of one that is still open, and not where the filter hides it: somebody asked not to see it. */
export function mayTakeTheCard(live: Live, id: string, selected: string | null, filter: Filter): boolean {
  const entry = live.desk.entries.get(id);
  const before = selected ? live.desk.entries.get(selected) : undefined;
  const busy = before !== undefined && (stateOf(before, live.now()) === "open" || live.acts.of(before.alert.id) !== null);
  return !busy && entry !== undefined && passes(entry, filter, live.now());
}
