import assert from "node:assert/strict";
import { test } from "node:test";
import { ANSWER_S, GRACE_S, PING_S, Session, type Effect } from "../src/core/link/session";
import { readFrame, type ServerFrame } from "../src/core/link/frames";
import { anAlert } from "./made";

const hello = (cursor: Record<string, number>): ServerFrame =>
  ({ action: "hello", operator: "ana", role: "trader", server_time: 1, cursor });
const alert = (seq: number): ServerFrame => ({ action: "alert", alert: anAlert(seq) });
const shown = (effects: Effect[]) => effects.flatMap((one) => (one.kind === "show" ? [one.alert.seq] : []));
const sent = (effects: Effect[]) => effects.flatMap((one) => (one.kind === "send" ? [one.frame] : []));

function started(cursor: Record<string, number> = { WINZ26: 0 }): Session {
  const session = new Session();
  session.opened(0);
  session.hear(hello(cursor), 0.1);
  return session;
}

test("it subscribes, starts from the server's cursor and is ready at once when nothing is missing", () => {
  const session = new Session();
  assert.deepEqual(sent(session.opened(0)), [{ action: "subscribe", candles: true, together: true }]);
  const effects = session.hear(hello({ WINZ26: 7 }), 0.1);
  assert.deepEqual(sent(effects), []);
  assert.deepEqual(effects.find((one) => one.kind === "ready"), { kind: "ready", recovered: 0, away: null });
});

test("a server of before, which refuses to tell candles together, is asked again as it knows", () => {
  const session = new Session();
  session.opened(0);
  const refused: ServerFrame = { action: "error", code: "bad_frame", message: "subscribe.together: extra inputs are not permitted" };
  assert.deepEqual(sent(session.hear(refused, 0.1)), [{ action: "subscribe", candles: true }]);
  assert.deepEqual(session.hear(refused, 0.2), [{ kind: "heard", frame: refused }]);
  session.closed(0.3);
  assert.deepEqual(sent(session.opened(1)), [{ action: "subscribe", candles: true }]);
});

test("candles that come together are heard one by one, as those of a server of before", () => {
  const session = started();
  const closed = (instrument: string) =>
    ({ instrument, contract: `${instrument}Z26`, timeframe: "M5", candle: { time: 300, open: 1, high: 2, low: 1, close: 2 } });
  const text = JSON.stringify({ action: "candles", candles: [closed("WIN"), closed("WDO")] });
  const told = session.hear(readFrame(text) as ServerFrame, 1);
  const alone = ["WIN", "WDO"].flatMap((one) => session.hear({ action: "candle", ...closed(one) }, 2));
  assert.deepEqual(told, alone);
  assert.equal(told.length, 2);
  assert.equal(readFrame(JSON.stringify({ action: "candles", candles: [closed("WIN"), { instrument: "WDO" }] })), null);
});

test("an alert that overtook another waits for it, and both show in order", () => {
  const session = started();
  assert.deepEqual(shown(session.hear(alert(2), 1)), []);
  assert.deepEqual(shown(session.hear(alert(1), 1.01)), [1, 2]);
  assert.deepEqual(session.cursor, { WINZ26: 2 });
});

test("prices that come all the time do not keep it from asking what it was not told of", () => {
  const session = started();
  const price: ServerFrame = { action: "quote", instrument: "WIN", contract: "WINZ26", time: 1, bid: 5, ask: 10, last: 10, synthetic: false };
  const asked: number[] = [];
  for (let now = 1; now < 3 * PING_S + 2; now += 2) {
    const effects = [...session.hear(price, now), ...session.tick(now)];
    if (sent(effects).some((one) => one.action === "ping")) asked.push(now);
  }
  assert.equal(asked.length, 2);
  assert.ok(session.trusted(3 * PING_S)); // somebody is there all the while
  const told = session.hear({ action: "pong", server_time: 2, cursor: { WINZ26: 3 } }, 3 * PING_S + 2);
  assert.deepEqual(sent(told), [{ action: "resume", cursor: { WINZ26: 0 } }]);
});

test("what stays missing is asked for after a moment", () => {
  const session = started();
  session.hear(alert(3), 1);
  assert.deepEqual(session.tick(1 + GRACE_S / 2), []);
  assert.deepEqual(sent(session.tick(1 + GRACE_S * 2)), [{ action: "resume", cursor: { WINZ26: 0 } }]);
  session.hear(alert(1), 1.4);
  session.hear(alert(2), 1.5);
  session.hear({ action: "resumed", cursor: { WINZ26: 3 } }, 1.6);
  assert.deepEqual(session.cursor, { WINZ26: 3 });
});

test("numbers the server counts off (not for this operator) free what waits behind them", () => {
  const session = started();
  session.hear(alert(3), 1);
  session.tick(2);
  assert.deepEqual(shown(session.hear({ action: "resumed", cursor: { WINZ26: 2 } }, 2.1)), [3]);
});

test("an answer that moves nothing frees what is held, hole or not", () => {
  const session = started();
  session.hear(alert(3), 1);
  session.tick(2);
  assert.deepEqual(shown(session.hear({ action: "resumed", cursor: { WINZ26: 0 } }, 2.1)), [3]);
  assert.deepEqual(session.cursor, { WINZ26: 0 });
});

test("an alert that comes twice shows once, and its receipt is wanted again", () => {
  const session = started();
  assert.deepEqual(shown(session.hear(alert(1), 1)), [1]);
  assert.deepEqual(session.hear(alert(1), 2), [{ kind: "again", id: anAlert(1).id }]);
});

test("after a cut it asks on until all is there and counts what was recovered", () => {
  const session = started();
  session.hear(alert(1), 1);
  session.closed(10);
  session.opened(40);
  assert.deepEqual(sent(session.hear(hello({ WINZ26: 4 }), 40.1)), [{ action: "resume", cursor: { WINZ26: 1 } }]);
  session.hear(alert(2), 40.2);
  session.hear(alert(3), 40.2);
  const more = session.hear({ action: "resumed", cursor: { WINZ26: 3 } }, 40.3);
  assert.deepEqual(sent(more), [{ action: "resume", cursor: { WINZ26: 3 } }]);
  session.hear(alert(4), 40.4);
  const ready = session.hear({ action: "resumed", cursor: { WINZ26: 4 } }, 40.5).find((one) => one.kind === "ready");
  assert.deepEqual(ready, { kind: "ready", recovered: 3, away: 30.5 });
});

test("contracts are counted apart", () => {
  const session = started({ WINZ26: 5, WDOZ26: 2 });
  const dollar = anAlert(3, { contract: "WDOZ26", id: "d".repeat(64) });
  assert.deepEqual(shown(session.hear({ action: "alert", alert: dollar }, 1)), [3]);
  assert.deepEqual(shown(session.hear(alert(6), 1)), [6]);
});

test("a silent line is pinged, and one that does not answer is dead", () => {
  const session = started();
  assert.deepEqual(session.tick(PING_S), []);
  assert.deepEqual(sent(session.tick(PING_S + 1)), [{ action: "ping" }]);
  assert.deepEqual(session.tick(PING_S + 1 + ANSWER_S), []);
  assert.deepEqual(session.tick(PING_S + 2 + ANSWER_S), [{ kind: "dead" }]);
});

test("a pong that knows of more than the screen was told asks for it", () => {
  const session = started({ WINZ26: 5 });
  session.tick(PING_S + 1);
  assert.deepEqual(sent(session.hear({ action: "pong", server_time: 1, cursor: { WINZ26: 5 } }, PING_S + 1)), []);
  const asked = sent(session.hear({ action: "pong", server_time: 1, cursor: { WINZ26: 6, WDOZ26: 1 } }, PING_S + 2));
  assert.deepEqual(asked, [{ action: "resume", cursor: { WINZ26: 5, WDOZ26: 0 } }]);
  assert.deepEqual(shown(session.hear(alert(6), PING_S + 3)), [6]);
});

test("a slow exchange says too little of the server's clock: it asks again until one is quick, a few times at most", () => {
  const slow = new Session();
  slow.opened(0);
  slow.hear(hello({}), 1.4);
  assert.deepEqual(sent(slow.tick(1.5)), [{ action: "ping" }]);
  slow.hear({ action: "pong", server_time: 1.52 }, 1.54);
  assert.deepEqual(sent(slow.tick(1.6)), []);

  const far = new Session();
  far.opened(0);
  far.hear(hello({}), 1);
  let asked = 0;
  for (let at = 2; sent(far.tick(at)).length && asked < 20; at += 1) {
    far.hear({ action: "pong", server_time: at }, at + 0.5);
    asked += 1;
  }
  assert.equal(asked, 5);
});
