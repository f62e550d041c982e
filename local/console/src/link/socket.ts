// The WebSocket under a Session: opens it, carries its frames, comes back with growing pauses.

import { readFrame, type ClientFrame } from "../core/link/frames";
import { Session, type Effect } from "../core/link/session";
import type { Line } from "../core/truth";
import type { Config } from "./api";
import { now, onBeat } from "./beat";

const PAUSES_S = [0.2, 0.5, 1, 2, 5];
const OPENING_S = 10;
const TICK_MS = 100;

/** The token goes as the second subprotocol: a browser can set no other header, and a query string is logged. */
export const knock = ({ websocket_url }: Config, token: string): WebSocket => new WebSocket(websocket_url, ["pregao.v1", token]);

export interface LinkEvents {
  effect(effect: Effect): void;
  line(line: Line): void;
  /** The line broke: what was sent last may not have arrived. */
  lost(): void;
  /** The door stayed shut, as a network's failure or a refused token; a browser does not tell which. */
  shut(): void;
}

export class Link {
  private socket: WebSocket | null = null;
  private greeted = false;
  private failures = 0;
  private retryAt = 0;
  private openingSince = 0;
  private told: Line | null = null;
  private stopped = false;
  private readonly unlisten: () => void;

  /** `opening` is a socket that was opened for this link already. */
  constructor(private readonly config: Config, private readonly token: string, readonly session: Session, private readonly events: LinkEvents, opening?: WebSocket) {
    this.unlisten = this.listen();
    this.connect(opening);
  }

  get up(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** What is known of the line at this moment, also where nothing ran for a while. */
  get line(): Line {
    if (this.up && this.greeted) return this.session.trusted(now()) ? "online" : "checking";
    return this.failures > 1 || !navigator.onLine ? "offline" : "connecting";
  }

  send(frame: ClientFrame): boolean {
    if (!this.up) return false;
    this.socket?.send(JSON.stringify(frame));
    return true;
  }

  /** Leave this line for a new one, at once: a hidden tab's next tick may be a minute away. */
  renew(): void {
    this.drop();
    if (!this.stopped && navigator.onLine) this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.unlisten();
    this.socket?.close();
  }

  private listen(): () => void {
    const unbeat = onBeat(this.tick);
    const timer = window.setInterval(this.tick, TICK_MS);
    const heard: [EventTarget, string, () => void][] = [
      [window, "online", this.wake], [window, "offline", this.drop], [window, "pageshow", this.wake], [window, "pagehide", this.rest],
      [document, "visibilitychange", this.look], [document, "freeze", this.rest], [document, "resume", this.wake],
    ];
    for (const [target, name, react] of heard) target.addEventListener(name, react);
    return () => {
      window.clearInterval(timer);
      unbeat();
      for (const [target, name, react] of heard) target.removeEventListener(name, react);
    };
  }

  private connect(socket = knock(this.config, this.token)): void {
    this.socket = socket;
    this.greeted = false;
    this.openingSince = now();
    let opened = false;
    socket.onopen = () => {
      if (socket !== this.socket) return;
      opened = true;
      this.run(this.session.opened(now()));
    };
    socket.onmessage = (message) => {
      const frame = socket === this.socket && typeof message.data === "string" ? readFrame(message.data) : null;
      if (frame) this.run([...this.session.hear(frame, now()), ...this.session.tick(now())]);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.ended(opened);
    };
    this.tellLine();
    // One that was opened before may have told already how it went.
    if (this.up) socket.onopen(new Event("open"));
    else if (socket.readyState === WebSocket.CLOSED) this.ended(opened);
  }

  private ended(opened: boolean): void {
    this.socket = null;
    this.greeted = false;
    this.session.closed(now());
    this.events.lost();
    const pause = PAUSES_S[Math.min(this.failures, PAUSES_S.length - 1)] ?? 5;
    this.failures += 1;
    this.retryAt = now() + pause * (0.8 + 0.4 * Math.random()); // a whole desk must not come back in one instant
    if (this.stopped) return;
    this.tellLine();
    if (!opened) this.events.shut();
  }

  private run(effects: Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "send") this.send(effect.frame);
      else if (effect.kind === "dead") this.renew();
      else this.tell(effect);
    }
    this.tellLine();
  }

  /** A socket that opened is a door; somebody is behind it when they greet. */
  private tell(effect: Effect): void {
    if (effect.kind === "heard" && effect.frame.action === "hello") {
      this.failures = 0;
      this.greeted = true;
      this.tellLine();
    }
    this.events.effect(effect);
  }

  private tellLine(): void {
    const { line } = this;
    if (line === this.told || this.stopped) return;
    this.told = line;
    this.events.line(line);
  }

  private readonly tick = (): void => {
    if (this.socket === null) {
      if (this.retryAt <= now()) this.connect();
    } else if (this.up) {
      this.run(this.session.tick(now()));
    } else if (now() - this.openingSince > OPENING_S) {
      this.drop();
    }
  };

  /** The page is back from wherever it was, or the network is: does anybody hear us? */
  private readonly wake = (): void => {
    this.retryAt = 0;
    if (this.up) this.run(this.session.probe(now()));
    else if (this.socket && this.socket.readyState !== WebSocket.CONNECTING) this.renew(); // closed, and nobody said so
    else this.tick();
  };

  private readonly look = (): void => {
    if (document.visibilityState !== "hidden") this.wake();
  };

  private readonly rest = (): void => {
    this.session.doubt();
    this.tellLine();
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
