// The operator's own price alerts as this page knows them: read at the start and after each change.

import { crossingOf, inOrder, isLevel, NOTE_LIMIT, type Level, type LevelAsked } from "../core/desk/levels";
import type { Language } from "../core/format";
import type { Alert } from "../core/link/frames";
import { headline } from "../core/why";
import { word } from "../core/words";
import { ApiError, type Api } from "../link/api";

export class OwnLevels {
  all: readonly Level[] = [];
  /** How many one may have; 0 where the desk has none, null before the server said so. */
  atMost: number | null = null;
  /** They could not be read, or are not known yet. */
  unread = true;
  private asked = 0;

  constructor(private readonly api: Api, private readonly changed: () => void) {}

  /** Read them; what is asked later overtakes what was asked before. Raises ApiError. */
  async read(): Promise<void> {
    const ask = ++this.asked;
    this.unread = true;
    const { levels, at_most } = await this.api.levels().catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return { levels: [] as unknown[], at_most: 0 }; // a server of before has none
      throw error;
    });
    if (ask !== this.asked) return;
    this.unread = false;
    this.all = inOrder(levels.filter(isLevel));
    this.atMost = at_most;
    this.changed();
  }

  /** Set one, or change the one that has the id; raises ApiError with the server's reason. */
  async save({ id, instrument, timeframe, ...rest }: LevelAsked): Promise<void> {
    await this.done(id === null ? this.api.setLevel({ instrument, timeframe, ...rest }) : this.api.changeLevel(id, rest));
  }

  async change(id: string, change: Partial<Pick<Level, "price" | "paused">>): Promise<void> {
    await this.done(this.api.changeLevel(id, change));
  }

  async remove(id: string): Promise<void> {
    await this.done(this.api.removeLevel(id));
  }

  /** Whatever came of it, what stands is read again: a line that was dragged and refused goes back. */
  private async done(asked: Promise<unknown>): Promise<void> {
    try {
      await asked;
    } finally {
      await this.read().catch(() => undefined);
    }
  }
}

/** An own price alert at a watched alert's price, on its candles, once; `last` is the newest price that is known. */
export function backAt(alert: Alert, last: number | null, language: Language): LevelAsked {
  const { id, instrument, timeframe, price, tick_size: tick } = alert;
  const note = `${word("comes_back", language)}: ${headline(alert, language)}`.slice(0, NOTE_LIMIT);
  return { id: null, instrument, timeframe, price, crossing: crossingOf(price, last, tick), often: "once", note, alert_id: id };
}
