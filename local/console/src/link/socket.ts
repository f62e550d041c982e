// The WebSocket under a Session: opens it, carries its frames, comes back with growing pauses.

import { readFrame, type ClientFrame } from "../core/frames";
import { Session, type Effect } from "../core/session";
import type { Line } from "../core/truth";
import type { Config } from "./api";

const PAUSES_S = [0.2, 0.5, 1, 2, 5];
const OPENING_S = 10;
/** So long without a tick: the machine slept, and nobody knows what became of the line. */
const SLEPT_S = 15;

export interface LinkEvents {
  effect(effect: Effect): void;
  line(line: Line): void;
  /** The line broke: what was sent last may not have arrived. */
  lost(): void;
  /** The door stayed shut, as a network's failure or a refused token; a browser does not tell which. */
  shut(): void;
}

const now = () => Date.now() / 1000;

export class Link {
  private socket: WebSocket | null = null;
  private failures = 0;
  private retryAt = 0;
  private openingSince = 0;
  private ticked = now();
  private timer: number;
  private stopped = false;

  constructor(private readonly config: Config, private readonly token: string, readonly session: Session, private readonly events: LinkEvents) {
    this.timer = window.setInterval(() => this.tick(), 100);
    window.addEventListener("online", this.wake);
    window.addEventListener("offline", this.drop);
    document.addEventListener("visibilitychange", this.wake);
    this.connect();
  }

  get up(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  send(frame: ClientFrame): boolean {
    if (!this.up) return false;
    this.socket?.send(JSON.stringify(frame));
    return true;
  }

  /** Leave this line for a new one. */
  renew(): void {
    this.drop();
  }

  stop(): void {
    this.stopped = true;
    window.clearInterval(this.timer);
    window.removeEventListener("online", this.wake);
    window.removeEventListener("offline", this.drop);
    document.removeEventListener("visibilitychange", this.wake);
    this.socket?.close();
  }

  private connect(): void {
    this.events.line("connecting");
    const socket = this.knock();
    this.socket = socket;
    this.openingSince = now();
    let opened = false;
    socket.onopen = () => {
      if (socket !== this.socket) return;
      opened = true;
      this.run(this.session.opened(now()));
    };
    socket.onmessage = (message) => {
      const frame = socket === this.socket && typeof message.data === "string" ? readFrame(message.data) : null;
      if (frame) this.run(this.session.hear(frame, now()));
    };
    socket.onclose = () => {
      if (socket === this.socket) this.ended(opened);
    };
  }

  /** The token goes as the second subprotocol: a browser can set no other header, and a query string is logged. */
  private knock(): WebSocket {
    return new WebSocket(this.config.websocket_url, ["pregao.v1", this.token]);
  }

  private ended(opened: boolean): void {
    this.socket = null;
    this.session.closed(now());
    this.events.lost();
    const pause = PAUSES_S[Math.min(this.failures, PAUSES_S.length - 1)] ?? 5;
    this.failures += 1;
    this.retryAt = now() + pause * (0.8 + 0.4 * Math.random()); // a whole desk must not come back in one instant
    if (this.stopped) return;
    this.events.line(this.failures > 1 || !navigator.onLine ? "offline" : "connecting");
    if (!opened) this.events.shut();
  }

  private run(effects: Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "send") this.send(effect.frame);
      else if (effect.kind === "dead") this.drop();
      else this.tell(effect);
    }
  }

  /** A socket that opened is a door; somebody is behind it when they greet. */
  private tell(effect: Effect): void {
    if (effect.kind === "heard" && effect.frame.action === "hello") {
      this.failures = 0;
      this.events.line("online");
    }
    this.events.effect(effect);
  }

  private tick(): void {
    const slept = now() - this.ticked > SLEPT_S;
    this.ticked = now();
    if (this.socket === null) {
      if (this.retryAt <= now()) this.connect();
    } else if (this.up) {
      this.run(slept ? this.session.probe(now()) : this.session.tick(now()));
    } else if (now() - this.openingSince > OPENING_S) {
      this.drop();
    }
  }

  private readonly wake = (): void => {
    if (document.visibilityState === "hidden") return;
    this.retryAt = 0;
    if (this.up) this.run(this.session.probe(now()));
  };

  /** Leave a line that is of no use; closing alone may take minutes on one that is dead. */
  private readonly drop = (): void => {
    const socket = this.socket;
    if (!socket) return;
    const opened = socket.readyState === WebSocket.OPEN;
    this.ended(opened);
    socket.close();
  };
}
