// A browser's outside for the tests of src/link: time that a test lets pass, sockets, locks and channels it can break.

type Listener = (event?: unknown) => void;

class Heard {
  private readonly listeners = new Map<string, Set<Listener>>();

  addEventListener(name: string, listener: Listener): void {
    this.listeners.set(name, (this.listeners.get(name) ?? new Set()).add(listener));
  }

  removeEventListener(name: string, listener: Listener): void {
    this.listeners.get(name)?.delete(listener);
  }

  happens(name: string): void {
    for (const listener of this.listeners.get(name) ?? []) listener();
  }
}

/** One server behind all sockets; `deaf` ones seem open and answer nothing. */
export class Socket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  static all: Socket[] = [];
  readyState = 0;
  deaf = false;
  sent: string[] = [];
  onopen?: () => void;
  onmessage?: (message: { data: string }) => void;
  onclose?: () => void;

  constructor() {
    Socket.all.push(this);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  tell(frame: object): void {
    if (!this.deaf) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  send(text: string): void {
    const { action } = JSON.parse(text) as { action: string };
    this.sent.push(action);
    if (action === "subscribe") this.tell({ action: "hello", operator: "ana", role: "trader", server_time: stage.wall, cursor: {} });
    if (action === "ping") this.tell({ action: "pong", server_time: stage.wall });
  }

  close(): void {
    this.readyState = 3;
  }
}

class Page extends Heard {
  visibilityState = "visible";

  is(state: "visible" | "hidden"): void {
    this.visibilityState = state;
    this.happens("visibilitychange");
  }
}

class Stage {
  wall = 1_800_000_000;
  mono = 50;
  readonly window = Object.assign(new Heard(), {
    setInterval: (listener: Listener) => this.timers.add(listener) && listener, clearInterval: (listener: Listener) => this.timers.delete(listener),
  });
  readonly document = new Page();
  readonly navigator = { onLine: true };
  private readonly timers = new Set<Listener>();

  /** Let seconds pass, with the page's timers every so often. */
  pass(seconds: number, every = 0.1): void {
    for (let passed = 0; passed < seconds - 1e-9; passed += every) {
      this.sleep(every);
      for (const timer of [...this.timers]) timer();
    }
  }

  /** Let seconds pass in which nothing runs. */
  sleep(seconds: number): void {
    this.wall += seconds;
    this.mono += seconds;
  }
}

export const stage = new Stage();
Object.assign(globalThis, { window: stage.window, document: stage.document, WebSocket: Socket });
Object.defineProperty(globalThis, "navigator", { value: stage.navigator, configurable: true });
Date.now = () => stage.wall * 1000;
performance.now = () => stage.mono * 1000;
