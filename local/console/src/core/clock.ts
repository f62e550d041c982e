// The page's own time, the server's clock as seen from here, and how long things take to the screen.

const APART_S = 0.5;

/** Seconds that never run back, by a monotonic clock: somebody may set the computer's other clock. That one is asked
 *  where it got on by much more, for the monotonic one stands while the computer sleeps. */
export class Steady {
  private at: number | null = null;
  /** What both clocks showed when they last went together. */
  private wall = 0;
  private mono = 0;

  /** Epoch seconds on this clock, given the wall clock's and a monotonic clock's seconds. */
  read(wall: number, mono: number): number {
    const apart = wall - this.wall - (mono - this.mono);
    if (this.at === null || Math.abs(apart) > APART_S) {
      this.at = this.at === null ? wall : this.at + mono - this.mono + Math.max(0, apart);
      this.wall = wall;
      this.mono = mono;
    }
    return this.at + mono - this.mono;
  }
}

const LIFE_S = 600;
const DRIFT_S = 0.5;

/** Skew from the exchange with the shortest way there and back, the one that can be least wrong. */
export class Skew {
  private best: { skew: number; trip: number; at: number } | null = null;

  note(server: number, asked: number, now: number): void {
    const trip = Math.max(0, now - asked);
    const skew = (asked + now) / 2 - server;
    const { best } = this;
    // Each exchange is wrong by half its way at most: where two cannot both be right, the clock was set meanwhile.
    const moved = best !== null && Math.abs(skew - best.skew) > (trip + best.trip) / 2 + DRIFT_S;
    if (best === null || moved || now - best.at > LIFE_S || trip <= best.trip) this.best = { skew, trip, at: now };
  }

  /** Seconds this machine is ahead of the server; null before anything was heard. */
  get ahead(): number | null {
    return this.best?.skew ?? null;
  }

  /** The server's time at a local time. */
  server(now: number): number {
    return now - (this.best?.skew ?? 0);
  }
}

/** The last so many samples and their 95th percentile (nearest rank). */
export class Samples {
  private values: number[] = [];

  constructor(private readonly limit = 200) {}

  add(value: number): void {
    this.values.push(value);
    if (this.values.length > this.limit) this.values.shift();
  }

  get p95(): number | null {
    if (!this.values.length) return null;
    const sorted = [...this.values].sort((a, b) => a - b);
    return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? null;
  }

  get count(): number {
    return this.values.length;
  }
}

const LIVE_S = 300;

/** How long an alert took to the screen, in seconds of the server's clock.
 *  Of a replayed candle the close lies days back: there the way starts where the alert was detected. */
export function wayToScreen(closedAt: number, detectedAt: number, shownAt: number): number {
  const start = detectedAt - closedAt < LIVE_S && detectedAt >= closedAt ? closedAt : detectedAt;
  return Math.max(0, shownAt - start);
}
