import assert from "node:assert/strict";
import { test } from "node:test";
import { Socket, stage } from "./stage"; // before what it stands for is used
import { Session, TRUST_S } from "../src/core/link/session";
import type { Line } from "../src/core/truth";
import { Link } from "../src/link/socket";
import { anAlert } from "./made";

const newest = () => Socket.all.at(-1) as Socket;

/** A link whose line is up; ends with the test. */
function online(context: { after(end: () => void): void }): { link: Link; lines: Line[]; socket: Socket } {
  Socket.all = [];
  stage.navigator.onLine = true;
  stage.document.is("visible");
  const lines: Line[] = [];
  const link = new Link({ websocket_url: "wss://x", api_url: "", dev_login: false, operators: [] }, "token", new Session(), {
    effect: () => undefined, line: (line) => lines.push(line), lost: () => undefined, shut: () => undefined,
  });
  context.after(() => link.stop());
  newest().open();
  assert.equal(link.line, "online");
  return { link, lines, socket: newest() };
}

/** Seconds until the page opened another socket. */
function untilLeft(socket: Socket, every: number, limit = 3600): number {
  for (let passed = 0; passed < limit; passed += every) {
    if (newest() !== socket) return passed;
    stage.pass(every, every);
  }
  return Infinity;
}

for (const [name, every, within] of [["seen", 0.1, 40], ["hidden", 1, 41], ["hidden for long", 60, 130], ["hidden on a slow machine", 75, 160]] as const) {
  test(`a line that dies without a word is left: ${name}, a tick every ${every} s`, (context) => {
    const { link, lines, socket } = online(context);
    if (name !== "seen") stage.document.is("hidden");
    stage.pass(10 * every, every);
    assert.equal(newest(), socket, "a healthy line is kept");
    socket.deaf = true;
    const left = untilLeft(socket, every);
    assert.ok(left <= within, `left after ${left} s`);
    newest().open();
    assert.equal(link.line, "online");
    assert.ok(lines.includes("checking"));
  });

  test(`a quiet line that lives is kept for a day: ${name}, a tick every ${every} s`, (context) => {
    const { socket } = online(context);
    if (name !== "seen") stage.document.is("hidden");
    stage.pass(every < 1 ? 3600 : 86_400, every);
    assert.equal(Socket.all.length, 1);
    assert.ok(socket.sent.length > 100);
  });
}

test("nobody calls it online once it was silent for too long, though no timer ran", (context) => {
  const { link } = online(context);
  stage.sleep(TRUST_S + 1);
  assert.equal(link.line, "checking");
});

for (const [name, happens] of [
  ["looked at again", () => stage.document.is("visible")], ["the network is back", () => stage.window.happens("online")],
  ["thawed", () => stage.document.happens("resume")], ["back from the browser's cache", () => stage.window.happens("pageshow")],
] as const) {
  test(`${name}: a dead line is found within seconds, a living one is kept`, (context) => {
    const { link, socket } = online(context);
    stage.document.is("hidden");
    stage.sleep(3600);
    happens();
    assert.equal(link.line, "online", "it answered");
    assert.equal(newest(), socket);
    socket.deaf = true;
    stage.sleep(3600);
    happens();
    assert.equal(link.line, "checking");
    assert.ok(untilLeft(socket, 0.1) < 5);
  });
}

for (const name of ["freeze", "pagehide"]) {
  test(`after ${name} nothing is claimed until somebody is heard`, (context) => {
    const { link, socket } = online(context);
    (name === "freeze" ? stage.document : stage.window).happens(name);
    assert.equal(link.line, "checking");
    socket.tell({ action: "pong", server_time: 1 });
    assert.equal(link.line, "online");
  });
}

test("a socket that was closed while the page was put away is replaced when it returns", (context) => {
  const { socket } = online(context);
  stage.window.happens("pagehide");
  stage.sleep(600);
  socket.readyState = 3; // and nobody said so
  stage.window.happens("pageshow");
  assert.notEqual(newest(), socket);
});

for (const [name, by] of [["back", -3600], ["on", 3600]] as const) {
  test(`a clock set ${name} by an hour loses nothing: a dead line is still left`, (context) => {
    const { link, socket } = online(context);
    stage.pass(5);
    stage.wall += by;
    stage.pass(40);
    assert.equal(newest(), socket);
    assert.equal(link.line, "online");
    socket.deaf = true;
    assert.ok(untilLeft(socket, 0.1) < 40);
  });
}

test("what is asked is answered by whoever is heard: alerts that come keep a line whose ping was lost", (context) => {
  const { socket } = online(context);
  socket.deaf = true; // pings are lost
  for (let step = 0; step < 60; step += 1) {
    stage.pass(5);
    socket.onmessage?.({ data: JSON.stringify({ action: "feed", kind: "recovered", instrument: "WIN", contract: "WINZ26", timeframe: "M5", at: stage.wall }) });
  }
  assert.equal(newest(), socket);
});

test("an alert behind a hole is asked for when the next frame comes, though no timer runs", (context) => {
  const { link, socket } = online(context);
  link.session.cursor = { WINZ26: 1 };
  stage.document.is("hidden");
  const candle = { action: "candle", instrument: "WIN", contract: "WINZ26", timeframe: "M5", candle: { time: 1, open: 1, high: 1, low: 1, close: 1 } };
  socket.tell({ action: "alert", alert: anAlert(3) });
  stage.sleep(2);
  socket.tell(candle);
  assert.equal(socket.sent.at(-1), "resume");
});

for (const [name, state] of [["open", 1], ["opening", 0], ["refused", 3]] as const) {
  test(`a socket that was opened before the program came is taken: ${name} by now`, (context) => {
    Socket.all = [];
    const before = new Socket();
    before.readyState = state;
    let shut = 0;
    const link = new Link({ websocket_url: "wss://x", api_url: "", dev_login: false, operators: [] }, "token", new Session(), {
      effect: () => undefined, line: () => undefined, lost: () => undefined, shut: () => { shut += 1; },
    }, before as unknown as WebSocket);
    context.after(() => link.stop());
    if (state === 0) before.open();
    assert.equal(shut, state === 3 ? 1 : 0);
    if (state === 3) {
      stage.pass(1);
      newest().open();
    }
    assert.equal(link.line, "online");
    assert.equal(Socket.all.length, state === 3 ? 2 : 1);
    assert.equal(newest().sent.filter((one) => one === "subscribe").length, 1);
  });
}
