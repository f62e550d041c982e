// The last prices that the server tells of what this page follows. A price is worth something for a moment only.

import type { QuoteFrame } from "../link/frames";

/** The bridge posts a price that stands still every ten seconds: after so long without one nobody knows where it is. */
export const FRESH_S = 15;
/** A price of an earlier moment that comes within this was overtaken on its way; later, a replay began anew. */
const OVERTAKEN_S = 10;
const KEPT = 600;

/** `at`: the market's moment of it, `heard`: when it came, by the page's clock; both epoch seconds. */
export interface Price { value: number; at: number; heard: number; synthetic: boolean }

interface Known { contract: string; prices: Price[] }

export class Prices {
  private readonly known = new Map<string, Known>();

  hear({ instrument, contract, time, bid, ask, last, synthetic }: QuoteFrame, now: number): void {
    let known = this.known.get(instrument);
    const before = known?.contract === contract ? known.prices.at(-1) : undefined;
    if (before && time < before.at && now - before.heard < OVERTAKEN_S) return;
    if (!known || !before || time < before.at) this.known.set(instrument, (known = { contract, prices: [] }));
    known.prices.push({ value: last ?? (bid + ask) / 2, at: time, heard: now, synthetic });
    if (known.prices.length > KEPT) known.prices.shift();
  }

  /** Where the price is now; null where that is not known. */
  now(instrument: string, contract: string, now: number): Price | null {
    const last = this.since(instrument, contract, -Infinity).at(-1);
    return last && now - last.heard <= FRESH_S ? last : null;
  }

  /** The prices that were told of a contract since a moment of the market, oldest first. */
  since(instrument: string, contract: string, moment: number): readonly Price[] {
    const known = this.known.get(instrument);
    return known?.contract === contract ? known.prices.filter(({ at }) => at >= moment) : [];
  }
}
