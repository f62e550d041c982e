// How an alert sounds, without a file: one, two or three notes by severity, rising for a long, falling for a short, level without a side.

import type { Direction, Severity } from "../../core/link/frames";

const NOTES: Record<Severity, number> = { medium: 1, high: 2, critical: 3 };
const PITCH: Record<Severity, number> = { medium: 520, high: 660, critical: 880 };
/** To what part of its pitch a note glides: up for a long, down for a short, nowhere without a side. */
const GLIDES: Record<Direction, number> = { long: 1.33, short: 0.75, none: 1 };
const LENGTH_S = 0.16;
/** A browser without an output never answers; so long one waits for it. */
const WAKE_MS = 1500;

export class Sound {
  private context: AudioContext | null = null;

  /** `changed` is called when the browser stops the sound or gives it back. */
  constructor(private readonly changed: () => void) {}

  get armed(): boolean {
    return this.context !== null;
  }

  /** Whether what is played now can be heard, as far as the browser tells. */
  get ready(): boolean {
    return this.context?.state === "running";
  }

  /** Call it from a click: browsers let nothing sound before one. Says whether there is sound now. */
  async arm(): Promise<boolean> {
    if (this.context && !this.ready) this.disarm(); // a new one is what an interrupted one cannot always become
    if (!this.context) {
      this.context = new AudioContext();
      this.context.onstatechange = this.turned;
    }
    if (await this.wake()) this.play("medium", "long");
    return this.ready;
  }

  disarm(): void {
    const { context } = this;
    this.context = null;
    if (!context) return;
    context.onstatechange = null;
    void context.close().catch(() => undefined);
  }

  /** Ask for a sound that the browser has interrupted or suspended; says whether it is there. */
  async wake(): Promise<boolean> {
    const { context } = this;
    if (!context || this.ready) return this.ready;
    const refused = () => undefined; // as during a phone call
    await Promise.race([context.resume().catch(refused), new Promise((resolve) => window.setTimeout(resolve, WAKE_MS))]);
    return this.ready;
  }

  play(severity: Severity, direction: Direction): void {
    const { context } = this;
    if (!context) return;
    for (let note = 0; note < NOTES[severity]; note += 1) this.note(context, PITCH[severity], direction, note * (LENGTH_S + 0.06));
  }

  private readonly turned = (): void => {
    if (!this.ready) void this.wake();
    this.changed();
  };

  private note(context: AudioContext, pitch: number, direction: Direction, after: number): void {
    const from = context.currentTime + after;
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.type = "triangle";
    tone.frequency.setValueAtTime(pitch, from);
    tone.frequency.exponentialRampToValueAtTime(pitch * GLIDES[direction], from + LENGTH_S);
    loudness.gain.setValueAtTime(0.0001, from);
    loudness.gain.exponentialRampToValueAtTime(0.3, from + 0.015);
    loudness.gain.exponentialRampToValueAtTime(0.0001, from + LENGTH_S);
    tone.connect(loudness).connect(context.destination);
    tone.start(from);
    tone.stop(from + LENGTH_S);
    tone.onended = () => loudness.disconnect();
  }
}
