// Receipts: only for what came over the socket and was rendered in a visible tab. One that was sent into a dying
// line is sent again: until the server says anything after it, nobody knows whether it arrived.

const LIMIT = 1000;

export class Receipts {
  private wanted = new Set<string>();
  private unsure = new Set<string>();

  /** The server waits to hear of this alert. */
  want(id: string): void {
    this.wanted.add(id);
    if (this.wanted.size > LIMIT) this.wanted.delete(this.wanted.values().next().value as string);
  }

  /** What of the rendered may be confirmed now; call it only while the tab is visible and the line is up. */
  take(rendered: ReadonlySet<string>): string[] {
    const ready = [...this.wanted].filter((id) => rendered.has(id));
    for (const id of ready) {
      this.wanted.delete(id);
      this.unsure.add(id);
    }
    return ready;
  }

  /** The server answered something asked later: all before it arrived. */
  answered(): void {
    this.unsure.clear();
  }

  lost(): void {
    for (const id of this.unsure) this.want(id);
    this.unsure.clear();
  }

  get waiting(): number {
    return this.wanted.size;
  }

  /** Is this one still to be confirmed? */
  waitsFor(id: string): boolean {
    return this.wanted.has(id);
  }
}
