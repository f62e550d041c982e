// May a new alert come onto the card unasked?

import { newestFirst, stateOf } from "../core/desk/desk";
import { passes, type Filter } from "../core/desk/filters";
import type { Live } from "./live";

/** The alert to show where nothing was picked yet: the newest that one may decide on, before those that only stand on the list. */
export function offered(live: Live, filter: Filter): string | null {
  const open = newestFirst(live.desk.entries.values()).filter((entry) => stateOf(entry, live.now()) === "open" && passes(entry, filter, live.now()));
  return (open.find(({ alert }) => !alert.listed) ?? open[0])?.alert.id ?? null;
}

/** Not in the place of one that is still open, and not where the filter hides it: somebody asked not to see it. */
export function mayTakeTheCard(live: Live, id: string, selected: string | null, filter: Filter): boolean {
  const entry = live.desk.entries.get(id);
  const before = selected ? live.desk.entries.get(selected) : undefined;
  const busy = before !== undefined && ((stateOf(before, live.now()) === "open" && !before.alert.listed) || live.acts.of(before.alert.id) !== null);
  return !busy && entry !== undefined && passes(entry, filter, live.now());
}
