// A worker that does nothing but beat: browsers slow a hidden page's own timers to one a minute, a worker's they leave.

const BEAT_MS = 1000;

setInterval(() => postMessage(0), BEAT_MS);
