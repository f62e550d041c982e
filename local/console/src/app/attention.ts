// May a new alert come onto the card unasked?

import { newestFirst, stateOf } from "../core/desk/desk";
import { passes, type Filter } from "../core/desk/filters";
import type { Alert } from "../core/link/frames";
import type { Live } from "./live";

/** The alert to show where nothing was picked yet: the newest that one may decide on, before those that only stand on the list; `over` where stop or target was touched: last of all. */
export function offered(live: Live, filter: Filter, over: (alert: Alert) => boolean): string | null {
  const open = newestFirst(live.desk.entries.values()).filter((entry) => stateOf(entry, live.now()) === "open" && passes(entry, filter, live.now()));
  const possible = open.filter(({ alert }) => !over(alert));
  return (possible.find(({ alert }) => !alert.listed) ?? possible[0] ?? open[0])?.alert.id ?? null;
}

/** Not in the place of one that is still open and rang or was picked by hand, and not where the filter hides it: somebody asked not to see it. */
export function mayTakeTheCard(live: Live, id: string, selected: string | null, filter: Filter, byHand: boolean): boolean {
  const entry = live.desk.entries.get(id);
  const before = selected ? live.desk.entries.get(selected) : undefined;
  const busy = before !== undefined && ((stateOf(before, live.now()) === "open" && (byHand || !before.alert.listed)) || live.acts.of(before.alert.id) !== null);
  return !busy && entry !== undefined && passes(entry, filter, live.now());
}
