// How an alert sounds, without a file: one, two or three notes by severity, rising for a long, falling for a short.

import type { Direction, Severity } from "../core/frames";

const NOTES: Record<Severity, number> = { medium: 1, high: 2, critical: 3 };
const PITCH: Record<Severity, number> = { medium: 520, high: 660, critical: 880 };
const LENGTH_S = 0.16;

export class Sound {
  private context: AudioContext | null = null;

  get armed(): boolean {
    return this.context !== null;
  }

  /** Call it from a click: browsers let nothing sound before one. */
  async arm(): Promise<void> {
    this.context ??= new AudioContext();
    await this.context.resume();
    this.play("medium", "long");
  }

  disarm(): void {
    void this.context?.close();
    this.context = null;
  }

  play(severity: Severity, direction: Direction): void {
    const context = this.context;
    if (!context) return;
    if (context.state === "suspended") void context.resume();
    for (let note = 0; note < NOTES[severity]; note += 1) this.note(context, PITCH[severity], direction, note * (LENGTH_S + 0.06));
  }

  private note(context: AudioContext, pitch: number, direction: Direction, after: number): void {
    const from = context.currentTime + after;
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.type = "triangle";
    tone.frequency.setValueAtTime(pitch, from);
    tone.frequency.exponentialRampToValueAtTime(pitch * (direction === "long" ? 1.33 : 0.75), from + LENGTH_S);
    loudness.gain.setValueAtTime(0.0001, from);
    loudness.gain.exponentialRampToValueAtTime(0.3, from + 0.015);
    loudness.gain.exponentialRampToValueAtTime(0.0001, from + LENGTH_S);
    tone.connect(loudness).connect(context.destination);
    tone.start(from);
    tone.stop(from + LENGTH_S);
    tone.onended = () => loudness.disconnect();
  }
}
