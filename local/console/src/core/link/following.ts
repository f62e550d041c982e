// Whose prices this page asks for: said when it changes, and again before the server forgets.

/** The server keeps a word for 150 s. */
export const AGAIN_S = 60;
const AT_MOST = 20;

export class Following {
  private told = "";
  private at = -Infinity;
  private refused = false;

  /** A new line: the server knows nothing of it. */
  forget(): void {
    this.told = "";
    this.refused = false;
  }

  /** A server of before does not know the word: on this line it is not said again. */
  refuse(): void {
    this.refused = true;
  }

  /** What is to be said now; null where nothing is. */
  due(wanted: Iterable<string>, now: number): string[] | null {
    const names = [...new Set(wanted)].sort().slice(0, AT_MOST);
    const said = names.join();
    if (this.refused || (said === this.told && (!said || now - this.at < AGAIN_S))) return null;
    this.told = said;
    this.at = now;
    return names;
  }
}
