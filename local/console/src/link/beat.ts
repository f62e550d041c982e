// Time for the page: a clock that never runs back, and a beat that goes on while the tab is hidden.

import { Steady } from "../core/clock";

const BEAT_MS = 1000;
const steady = new Steady();

/** Epoch seconds on the page's own clock; see Steady. */
export const now = (): number => steady.read(Date.now() / 1000, performance.now() / 1000);

const listeners = new Set<() => void>();
let stop: (() => void) | null = null;

/** Call about once a second; returns how to end it. Where the browser gives no worker, a hidden tab's beat is as slow
 *  as its timers. */
export function onBeat(listener: () => void): () => void {
  listeners.add(listener);
  stop ??= start();
  return () => {
    listeners.delete(listener);
    if (listeners.size) return;
    stop?.();
    stop = null;
  };
}

const beat = () => listeners.forEach((listener) => listener());

function start(): () => void {
  if (typeof Worker === "undefined") return byTimer();
  let end: () => void;
  try {
    const worker = new Worker("beat.js");
    worker.onmessage = beat;
    worker.onerror = () => { end = byTimer(); }; // the file does not come
    end = () => worker.terminate();
  } catch {
    return byTimer(); // forbidden here
  }
  return () => end();
}

function byTimer(): () => void {
  const timer = window.setInterval(beat, BEAT_MS);
  return () => window.clearInterval(timer);
}
