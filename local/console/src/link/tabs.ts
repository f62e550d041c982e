// The other tabs of the same operator: one of them rings, all of them show.

import { now, onBeat } from "./beat";

const HERE = "pregao-here";
const TELL_S = 20;
/** A tab that said nothing for so long is gone, however it went. */
const FORGET_S = 70;
const RANG_LIMIT = 200;

/** The right to ring: of the tabs that could, the one that holds the lock. It passes on when that one gives it up or closes. */
export class Ringer {
  holds = false;
  private drop: (() => void) | null = null;

  constructor(private readonly name: string, private readonly changed: () => void) {}

  join(): void {
    if (!this.drop) this.request(false);
  }

  /** Take the right from a tab that has it and does not ring. */
  take(): void {
    this.leave();
    this.request(true);
  }

  leave(): void {
    this.drop?.();
    this.drop = null;
    this.holds = false;
  }

  private request(steal: boolean): void {
    const waiting = new AbortController();
    let release = () => waiting.abort();
    const mine = (this.drop = () => release());
    const gained = () => {
      this.holds = true;
      this.changed();
    };
    // Without locks (an insecure origin) every tab rings: twice is better than never.
    if (!navigator.locks) return gained();
    const held = () => new Promise<void>((resolve) => {
      if (this.drop !== mine) return resolve();
      release = resolve;
      gained();
    });
    const lost = (error: unknown) => {
      if (this.drop !== mine) return; // given up by ourselves
      const taken = (error as Error | undefined)?.name === "AbortError";
      this.leave();
      if (taken) this.join(); // another tab rings now: wait for the next turn
      else this.drop = () => undefined;
      this.holds = !taken; // locks that the browser refuses are none
      this.changed();
    };
    navigator.locks.request(`pregao-ring-${this.name}`, steal ? { steal } : { signal: waiting.signal }, held).catch(lost);
  }
}

/** What the tabs tell each other: which of them is looked at and hears the server, what was seen, what has rung. */
export class Tabs {
  private readonly channel: BroadcastChannel;
  private readonly looked = new Map<string, number>();
  private readonly rung = new Set<string>();
  private readonly me = Math.random().toString(36).slice(2);
  private readonly unbeat: () => void;
  private hearing = false;
  private toldAt = 0;

  constructor(operator: string, private readonly seen: (ids: string[]) => void) {
    this.channel = new BroadcastChannel(`${HERE}-${operator}`);
    this.channel.onmessage = (message) => this.hear(message.data);
    this.unbeat = onBeat(() => now() - this.toldAt >= TELL_S && this.tell());
    document.addEventListener("visibilitychange", this.tell);
    window.addEventListener("pagehide", this.gone);
    document.addEventListener("freeze", this.gone);
    this.channel.postMessage({ kind: "who" });
    this.tell();
  }

  /** Does the operator look at any of the tabs? Another one counts while it hears the server. */
  get looking(): boolean {
    const fresh = now() - FORGET_S;
    return document.visibilityState === "visible" || [...this.looked.values()].some((at) => at > fresh);
  }

  /** Whether an alert has rung in one of the tabs. */
  hasRung(id: string): boolean {
    return this.rung.has(id);
  }

  hears(hearing: boolean): void {
    this.hearing = hearing;
    this.tell();
  }

  tellSeen(ids: string[]): void {
    this.channel.postMessage({ kind: "seen", ids });
  }

  tellRung(id: string): void {
    this.note(id);
    this.channel.postMessage({ kind: "rung", ids: [id] });
  }

  stop(): void {
    this.unbeat();
    document.removeEventListener("visibilitychange", this.tell);
    window.removeEventListener("pagehide", this.gone);
    document.removeEventListener("freeze", this.gone);
    this.gone();
    this.channel.close();
  }

  private hear(said: unknown): void {
    const { kind, from, ids } = (said ?? {}) as { kind?: string; from?: string; ids?: unknown };
    const named = Array.isArray(ids) ? ids.filter((id): id is string => typeof id === "string") : [];
    if (kind === "who") this.tell();
    else if (kind === "visible" && from) this.looked.set(from, now());
    else if (kind === "hidden" && from) this.looked.delete(from);
    else if (kind === "seen") this.seen(named);
    else if (kind === "rung") named.forEach((id) => this.note(id));
  }

  private note(id: string): void {
    this.rung.add(id);
    if (this.rung.size > RANG_LIMIT) this.rung.delete(this.rung.values().next().value as string);
  }

  private readonly tell = (): void => {
    this.toldAt = now();
    this.channel.postMessage({ kind: this.hearing && document.visibilityState === "visible" ? "visible" : "hidden", from: this.me });
  };

  private readonly gone = (): void => {
    this.channel.postMessage({ kind: "hidden", from: this.me });
  };
}
