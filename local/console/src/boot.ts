// Asks for what takes longest, then lets the page's head be painted before its program is run: reading the chart library
// takes longer than a frame. A tab that nobody looks at paints nothing, so a timer starts the program there.

import { begin } from "./link/begin";

const PAINT_MS = 150;

const begun = begin();
let started = false;

function start(): void {
  if (started) return;
  started = true;
  void import("./main").then(({ run }) => run(begun));
}

requestAnimationFrame(() => window.setTimeout(start)); // behind the frame
window.setTimeout(start, PAINT_MS);
