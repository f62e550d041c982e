// The other tabs of the same operator: one of them rings, all of them show.

const HERE = "pregao-here";
const TELL_MS = 20_000;
/** A tab that said nothing for so long is gone, however it went. */
const FORGET_MS = 70_000;

/** Who rings: of the tabs whose sound is armed, the one that holds the lock; it passes on when that one closes. */
export class Ringer {
  private release: (() => void) | null = null;
  private abort: AbortController | null = null;
  holds = false;

  constructor(private readonly name: string, private readonly changed: () => void) {}

  join(): void {
    if (this.abort) return;
    // Without locks (an insecure origin) every tab rings: twice is better than never.
    if (!navigator.locks) {
      this.holds = true;
      return;
    }
    const abort = (this.abort = new AbortController());
    const held = () => new Promise<void>((resolve) => {
      this.release = resolve;
      this.holds = true;
      this.changed();
    });
    navigator.locks.request(`pregao-ring-${this.name}`, { signal: abort.signal }, held).catch(() => undefined);
  }

  leave(): void {
    this.abort?.abort();
    this.release?.();
    this.abort = this.release = null;
    this.holds = false;
  }
}

/** Which tabs are visible, and what was seen in one of them. */
export class Tabs {
  private channel: BroadcastChannel;
  private visible = new Map<string, number>();
  private readonly me = Math.random().toString(36).slice(2);
  private readonly timer = window.setInterval(() => this.tell(), TELL_MS);

  constructor(operator: string, private readonly seen: (ids: string[]) => void) {
    this.channel = new BroadcastChannel(`${HERE}-${operator}`);
    this.channel.onmessage = (message) => this.hear(message.data);
    document.addEventListener("visibilitychange", this.tell);
    window.addEventListener("pagehide", this.gone);
    this.channel.postMessage({ kind: "who" });
    this.tell();
  }

  /** Does the operator look at any of the tabs? */
  get looking(): boolean {
    const fresh = Date.now() - FORGET_MS;
    return document.visibilityState === "visible" || [...this.visible.values()].some((at) => at > fresh);
  }

  tellSeen(ids: string[]): void {
    this.channel.postMessage({ kind: "seen", ids });
  }

  stop(): void {
    window.clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.tell);
    window.removeEventListener("pagehide", this.gone);
    this.gone();
    this.channel.close();
  }

  private hear(said: unknown): void {
    const { kind, from, ids } = (said ?? {}) as { kind?: string; from?: string; ids?: unknown };
    if (kind === "who") this.tell();
    else if (kind === "visible" && from) this.visible.set(from, Date.now());
    else if (kind === "hidden" && from) this.visible.delete(from);
    else if (kind === "seen" && Array.isArray(ids)) this.seen(ids.filter((id): id is string => typeof id === "string"));
  }

  private readonly tell = (): void => {
    this.channel.postMessage({ kind: document.visibilityState === "visible" ? "visible" : "hidden", from: this.me });
  };

  private readonly gone = (): void => {
    this.channel.postMessage({ kind: "hidden", from: this.me });
  };
}
