// What a person's attention is asked for: which alert comes onto the card, unasked or after another, and whose price is wanted.

import { newestFirst, shownState, stateOf, type Entry } from "../core/desk/desk";
import { passes, type Filter } from "../core/desk/filters";
import type { Alert } from "../core/link/frames";
import type { Scene } from "../ui/chart/scene";
import type { Live } from "./live";

/** The alert to show where nothing was picked yet: the newest that one may decide on, before those that only stand on the list; `over` where stop or target was touched: last of all. */
export function offered(live: Live, filter: Filter, over: (alert: Alert) => boolean): string | null {
  const open = newestFirst(live.desk.entries.values()).filter((entry) => stateOf(entry, live.now()) === "open" && passes(entry, filter, live.now()) && !ended(live, entry));
  const possible = open.filter(({ alert }) => !over(alert));
  return (possible.find(({ alert }) => !alert.listed) ?? possible[0] ?? open[0])?.alert.id ?? null;
}

/** Whether its opportunity was decided on already: what is left of it wants nothing more. */
function ended(live: Live, { alert: { id, opportunity } }: Entry): boolean {
  if (!opportunity) return false;
  return [...live.desk.entries.values()].some((one) => one.alert.id !== id && one.alert.opportunity?.id === opportunity.id && stateOf(one, live.now()) === "decided");
}

/** Not in the place of one that is still open and rang or was picked by hand, and not where the filter hides it: somebody asked not to see it. */
export function mayTakeTheCard(live: Live, id: string, selected: string | null, filter: Filter, byHand: boolean): boolean {
  const entry = live.desk.entries.get(id);
  const before = selected ? live.desk.entries.get(selected) : undefined;
  const busy = before !== undefined && ((stateOf(before, live.now()) === "open" && (byHand || (!before.alert.listed && before.decision?.decision !== "watching"))) || live.acts.of(before.alert.id) !== null);
  return !busy && entry !== undefined && passes(entry, filter, live.now());
}

/** Another of its opportunity rang here: a page that comes back may hear of one before the server has decided whom it rings. */
export function rangBefore(live: Live, { id, opportunity }: Alert): boolean {
  if (!opportunity) return false;
  return [...live.desk.entries.values()].some((one) => one.alert.id !== id && one.alert.opportunity?.id === opportunity.id && !one.alert.listed);
}

/** Whose price is wanted: of what one looks at, null where that is nothing, and of what one may decide on, looked at or not. */
export function wanted(live: Live, looked: string | null): string[] {
  const open = [...live.desk.entries.values()].filter((one) => shownState(one, live.now()) === "open").map(({ alert }) => alert.instrument);
  return looked === null ? open : [...open, looked];
}

/** The next alert of the list that is open and not about to be decided, from the place of one on, round to it: none that is
 *  watched or `over`, as long as there is another. */
export function nextOpen({ entries, leadOf, now, actOf }: Scene, id: string, over: (alert: Alert) => boolean): Entry | undefined {
  const at = entries.findIndex((entry) => entry.alert.id === leadOf(id));
  const open = [...entries.slice(at + 1), ...entries.slice(0, Math.max(0, at))].filter((entry) => shownState(entry, now) === "open" && !actOf(entry.alert.id));
  return open.find(({ alert, decision }) => !decision && !over(alert)) ?? open[0];
}
