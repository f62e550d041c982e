// What the live desk tells the page that shows it.

import type { Act } from "../core/desk/acts";
import type { ActionFrame, Alert, CandleFrame, ErrorFrame, FeedFrame, HandoverFrame, PendingFrame, QuoteFrame } from "../core/link/frames";
import type { Line } from "../core/truth";

export interface LiveEvents {
  changed(): void;
  /** What is known of the line has changed. */
  line(line: Line): void;
  alert(alert: Alert, recovered: boolean): void;
  candle(frame: CandleFrame): void;
  quote(frame: QuoteFrame): void;
  /** The instruments whose quotes are wanted now. */
  follows(): string[];
  feed(frame: FeedFrame): void;
  /** Nobody is without e-mail any more. */
  mailBack(): void;
  ready(recovered: number, away: number | null): void;
  acted(frame: ActionFrame, ours: Act | null): void;
  /** A watched alert comes back: its time has come. */
  reminded(id: string): void;
  /** Open alerts were handed over, by this operator or to them; of those that are `fresh` it was not known. */
  handed(frame: HandoverFrame, fresh: readonly Alert[]): void;
  /** A colleague was about to decide before: ours is taken back. */
  yielded(to: PendingFrame): void;
  refused(error: ErrorFrame, act: Act | null): void;
  heldBack(total: number, reason: string): void;
  signedOut(reason: string): void;
  /** The endpoints answer again after they did not: what was asked meanwhile is missing. */
  answering(): void;
}
