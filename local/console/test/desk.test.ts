import assert from "node:assert/strict";
import { test } from "node:test";
import { ALERT_LIMIT, emptyDesk, entryOf, newestFirst, othersOf, reduce, stateOf, type Desk, type Entry } from "../src/core/desk/desk";
import { planOf, readFrame, verdictsFor, type FeedFrame } from "../src/core/link/frames";
import { EVERYTHING, passes, readViews, withView } from "../src/core/desk/filters";
import { Acts, GRACE_S } from "../src/core/desk/acts";
import { Receipts } from "../src/core/desk/receipts";
import { anAlert, aRangeAlert, aRecord, CLOSED } from "./made";

const first = anAlert(1);
const withFirst = (): Desk => reduce(emptyDesk(), { kind: "alert", alert: first, recovered: false });
const acted = (operator: string) => ({ action: "action", alert_id: first.id, operator, decision: "executed", note: null, at: CLOSED + 9 } as const);

test("the first decision on an alert stands", () => {
  let desk = reduce(withFirst(), { kind: "action", frame: acted("bruno") });
  desk = reduce(desk, { kind: "action", frame: acted("ana") });
  assert.equal(desk.entries.get(first.id)?.decision?.operator, "bruno");
});

test("a decision that overtook its alert is on it when it comes", () => {
  let desk = reduce(emptyDesk(), { kind: "action", frame: acted("bruno") });
  desk = reduce(desk, { kind: "alert", alert: first, recovered: false });
  assert.equal(desk.entries.get(first.id)?.decision?.operator, "bruno");
  assert.equal(desk.early.size, 0);
});

test("an HTTP answer does not forget what the socket told", () => {
  let desk = reduce(withFirst(), { kind: "action", frame: acted("bruno") });
  desk = reduce(desk, { kind: "records", records: [aRecord(first)] });
  assert.equal(desk.entries.get(first.id)?.decision?.operator, "bruno");
});

test("an alert expires by its own clock, a replayed one from its detection", () => {
  const entry = withFirst().entries.get(first.id)!;
  assert.equal(stateOf(entry, CLOSED + 299), "open");
  assert.equal(stateOf(entry, CLOSED + 301), "expired");
  const replayed = entryOf(anAlert(2, { detected_at: CLOSED + 86_400 }), [], "");
  assert.equal(stateOf(replayed, CLOSED + 86_500), "open");
});

test("it keeps the newest alerts, and no more than it may", () => {
  let desk = emptyDesk();
  for (let seq = 1; seq <= ALERT_LIMIT + 20; seq += 1) {
    desk = reduce(desk, { kind: "alert", alert: anAlert(seq, { candle_closed_at: CLOSED + seq }), recovered: false });
  }
  assert.equal(desk.entries.size, ALERT_LIMIT);
  assert.equal(newestFirst(desk.entries.values())[0]?.alert.seq, ALERT_LIMIT + 20);
});

test("of each feed the newest notice is known, and of what was held back the newest word", () => {
  const notice = { action: "feed", kind: "silent", id: "x", instrument: "WIN", contract: "WINZ26", timeframe: "M5", symbol: "WIN$N",
    since: 1, at: 2, cause: "bridge_silent", detail: "" } satisfies FeedFrame;
  let desk = reduce(emptyDesk(), { kind: "feed", frame: notice });
  desk = reduce(desk, { kind: "feed", frame: { ...notice, kind: "recovered", at: 3 } });
  assert.deepEqual([...desk.notices.values()].map((one) => one.kind), ["recovered"]);
  desk = reduce(desk, { kind: "digest", frame: { action: "digest", total: 12, reason: "queue_full", since: 1, until: 2, counts: [] } });
  assert.equal(desk.heldBack?.total, 12);
});

test("frames that are none are dropped", () => {
  for (const text of ["", "null", "[]", "{}", '{"action":"news"}', '{"action":"alert","alert":{}}', '{"action":"constructor"}', '{"message":"Internal server error"}']) {
    assert.equal(readFrame(text), null, text);
  }
  assert.equal(readFrame(JSON.stringify({ action: "alert", alert: first }))?.action, "alert");
});

test("filters and saved views", () => {
  const entry = withFirst().entries.get(first.id)!;
  assert.ok(passes(entry, EVERYTHING, CLOSED));
  assert.ok(!passes(entry, { ...EVERYTHING, severity: "critical" }, CLOSED));
  assert.ok(!passes(entry, { ...EVERYTHING, direction: "short" }, CLOSED));
  const views = withView(withView([], "compras", { ...EVERYTHING, direction: "long" }), "compras", EVERYTHING);
  assert.deepEqual(views, [{ name: "compras", filter: EVERYTHING }]);
  assert.deepEqual(readViews(JSON.stringify(views)), views);
  assert.deepEqual(readViews('[{"name":"x","filter":{"severity":"<b>"}},{"name":1},null]')[0]?.filter, EVERYTHING);
  assert.deepEqual(readViews("not json"), []);
});

test("a decision can be undone inside its grace, and is sent once after it", () => {
  const acts = new Acts();
  acts.decide("a", "executed", 0);
  assert.deepEqual(acts.due(GRACE_S - 0.1, true), []);
  assert.ok(acts.undo("a"));
  assert.deepEqual(acts.due(GRACE_S + 1, true), []);
  acts.decide("a", "rejected", 10);
  assert.equal(acts.due(10 + GRACE_S, true)[0]?.decision, "rejected");
  assert.deepEqual(acts.due(11 + GRACE_S, true), []);
  assert.ok(!acts.undo("a"));
});

test("decisions go out one by one, and again after a cut", () => {
  const acts = new Acts();
  acts.decide("a", "executed", 0);
  acts.decide("b", "rejected", 0);
  assert.deepEqual(acts.due(6, true).map((act) => act.alertId), ["a"]);
  acts.lost();
  assert.deepEqual(acts.due(7, false), []);
  assert.deepEqual(acts.due(8, true).map((act) => act.alertId), ["a"]);
  acts.settled("a");
  assert.deepEqual(acts.due(9, true).map((act) => act.alertId), ["b"]);
  assert.equal(acts.refused()?.alertId, "b");
});

test("an undo without a name means the decision whose grace ends last", () => {
  const acts = new Acts();
  for (const [at, id] of ["a", "b", "a"].entries()) acts.decide(id, "rejected", at);
  assert.equal(acts.newest, "a");
});

test("receipts go for what was rendered, and again when the line died before an answer", () => {
  const receipts = new Receipts();
  receipts.want("a");
  receipts.want("b");
  assert.deepEqual(receipts.take(new Set(["a"])), ["a"]);
  receipts.lost();
  assert.deepEqual(receipts.take(new Set(["a", "b"])), ["b", "a"]);
  receipts.answered();
  receipts.lost();
  assert.equal(receipts.waiting, 0);
});

test("an alert without a side is read without prices to act on, and there is nothing to execute", () => {
  const frame = (alert: object) => readFrame(JSON.stringify({ action: "alert", alert }));
  const ranged = aRangeAlert(3);
  assert.equal(frame(ranged)?.action, "alert");
  assert.equal(planOf(ranged), null);
  assert.deepEqual(verdictsFor(ranged), ["rejected", "watching", "false_alarm"]);
  assert.deepEqual(verdictsFor(anAlert(1)), ["executed", "rejected", "watching", "false_alarm"]);
  assert.equal(frame({ ...anAlert(1), stop_loss: null }), null, "one with a side has them all");
});

const did = (operator: string, decision: "executed" | "rejected" | "watching" | "TIMEOUT", more = {}) => ({ action: "action", alert_id: first.id, operator, decision, note: null, at: CLOSED + 9, ...more } as const);
const heard = (me: string, ...frames: ReturnType<typeof did>[]) => {
  const desk = reduce(emptyDesk(me), { kind: "alert", alert: first, recovered: false });
  return frames.reduce((so, frame) => reduce(so, { kind: "action", frame }), desk).entries.get(first.id)!;
};

test("where each decides, a colleague's decision stands beside one's own", () => {
  const frames = [did("bruno", "rejected", { own: true }), did("ana", "executed", { own: true, at: CLOSED + 10 })];
  const [ana, bruno, carla] = ["ana", "bruno", "carla"].map((me) => heard(me, ...frames)) as [Entry, Entry, Entry];
  assert.deepEqual([ana.decision?.decision, bruno.decision?.decision, carla.decision], ["executed", "rejected", null]);
  assert.deepEqual([ana, bruno, carla].map((one) => stateOf(one, CLOSED + 20)), ["decided", "decided", "open"]);
  assert.deepEqual([ana, bruno, carla].map((one) => othersOf(one).map(({ operator }) => operator)), [["bruno"], ["ana"], ["bruno", "ana"]]);
});

test("who did not decide in time is told of alone", () => {
  const frames = [did("bruno", "TIMEOUT", { own: true }), did("ana", "executed", { own: true })];
  assert.equal(stateOf(heard("bruno", ...frames), CLOSED + 400), "expired");
  assert.equal(stateOf(heard("ana", ...frames), CLOSED + 400), "decided");
  assert.deepEqual(othersOf(heard("ana", ...frames)), []);
});

test("what is watched stays open for an hour to who watches it, and keeps that as its last word", () => {
  for (const own of [false, true]) {
    const ana = heard("ana", did("ana", "watching", { own }));
    assert.deepEqual([CLOSED + 400, CLOSED + 3608, CLOSED + 3610].map((at) => stateOf(ana, at)), ["open", "open", "decided"]);
    const bruno = heard("bruno", did("ana", "watching", { own }));
    assert.deepEqual([stateOf(bruno, CLOSED + 299), stateOf(bruno, CLOSED + 301)], ["open", own ? "expired" : "decided"]);
    const executed = heard("ana", did("ana", "watching", { own }), did("ana", "executed", { own, at: CLOSED + 900 }));
    assert.deepEqual([executed.decision?.decision, othersOf(executed).map((one) => one.decision)], ["executed", ["watching"]]);
  }
});

test("the socket and HTTP tell the same decisions once", () => {
  const desk = [did("bruno", "watching", { own: true }), did("ana", "executed", { own: true })].reduce((so, frame) => reduce(so, { kind: "action", frame }), reduce(emptyDesk("ana"), { kind: "alert", alert: first, recovered: false }));
  const asRead = (operator: string, decision: "watching" | "executed" | "rejected") => ({ operator, decision, note: null, at: CLOSED + 8.9, own: true });
  const record = { ...aRecord(first, asRead("ana", "executed")), others: [asRead("bruno", "watching"), asRead("bruno", "rejected")] };
  const entry = reduce(desk, { kind: "records", records: [record] }).entries.get(first.id)!;
  assert.deepEqual(entry.acts.map(({ operator, decision }) => `${operator} ${decision}`).sort(), ["ana executed", "bruno rejected", "bruno watching"]);
});
