// How an alert ended is told by nobody unasked: it is asked when somebody stays at one whose time is over.

import { stateOf } from "../core/desk/desk";
import type { Live } from "./live";

const STAYED_MS = 400; // who walks the list by key asks for nothing on the way

export function askOutcome(live: Live, id: string, stays: () => boolean): void {
  window.setTimeout(() => {
    const entry = live.desk.entries.get(id);
    if (!entry || !stays() || stateOf(entry, live.now()) === "open") return;
    if (entry.outcome === null || entry.outcome === "open") void live.refresh(id);
  }, STAYED_MS);
}
