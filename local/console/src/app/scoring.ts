// The scoreboard while it is open: how alerts ended is told by nobody unasked.

import { now as local } from "../link/beat";
import type { Scene } from "../ui/chart/scene";
import type { Scoreboard } from "../ui/alerts/scoreboard";
import type { Live } from "./live";

const AGAIN_S = 10; // between two questions

export class Scoring {
  private askedAt = 0;

  constructor(private readonly board: Scoreboard, private readonly live: Live, private readonly scene: () => Scene) {}

  /** What is known is shown at once, the newest outcomes are asked for. */
  async show(): Promise<void> {
    this.board.open(this.scene());
    if (this.scene().mode === "live") await this.ask();
  }

  again(): void {
    if (this.board.root.open && this.scene().mode === "live" && local() - this.askedAt >= AGAIN_S) void this.ask();
  }

  private ask(): Promise<void> {
    this.askedAt = local();
    return this.live.refresh();
  }
}
