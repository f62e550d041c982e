import assert from "node:assert/strict";
import { test } from "node:test";
import { entryOf, type Entry } from "../src/core/desk/desk";
import type { Decision, Outcome } from "../src/core/link/frames";
import { rings, scores, total } from "../src/core/desk/score";
import { EVERYTHING, filterFrom, filterParams, sorted } from "../src/core/desk/filters";
import { anAlert, CLOSED } from "./made";

const made = (operator: string, decision: Decision["decision"]): Decision => ({ operator, decision, note: null, at: CLOSED });
const entry = (seq: number, decision: Decision | null, outcome: Outcome | null, more = {}): Entry =>
  entryOf(anAlert(seq, more), decision ? [decision] : [], "", { outcome });

const day = [
  entry(1, made("ana", "executed"), "target", { risk_reward: 1.5, worth: { point_value: 0.2, currency: "BRL" } }),
  entry(2, made("ana", "rejected"), "stop", { worth: { point_value: 0.2, currency: "BRL" } }),
  entry(3, made("bruno", "executed"), "expired", { pattern: "engulfing" }),
  entry(4, made("system", "TIMEOUT"), "stop", { pattern: "engulfing" }),
  entry(5, null, null),
];

test("a day is counted by pattern: what was decided, how it ended, what it made", () => {
  const found = new Map(scores(day, "pattern", CLOSED + 10));
  assert.deepEqual([...found.keys()], ["level_break", "engulfing"]);
  const level = found.get("level_break");
  assert.deepEqual([level?.rang, level?.executed, level?.rejected, level?.open, level?.target, level?.stop], [3, 1, 1, 1, 1, 1]);
  assert.equal(level?.result, 0.5);
  assert.equal(Number(level?.money.BRL?.toFixed(2)), Number((0.2 * (105 - 105)).toFixed(2)));
  assert.deepEqual([found.get("engulfing")?.undecided, found.get("engulfing")?.result], [1, -1]);
  assert.equal(total(day, CLOSED + 10).rang, 5);
});

test("what was only listed did not ring; decided on all the same it counts as the others", () => {
  const listed = { listed: { why: "joins" as const } };
  const found = total([...day, entry(6, null, "target", listed), entry(7, made("ana", "executed"), "stop", listed)], CLOSED + 10);
  assert.deepEqual([found.rang, found.listed, found.open, found.target, found.stop], [6, 1, 1, 1, 3]);
});

test("what was said of chances stands beside what came, of those that ended", () => {
  const chance = (p: number) => ({ chance: { p, low: 0.1, high: 0.9, n: 40, baseline: 0.4, as_of: "2026-11-17" } });
  const found = total([entry(1, null, "target", chance(0.5)), entry(2, null, "stop", chance(0.25)), entry(3, null, null, chance(0.9)), entry(4, null, "target")], CLOSED);
  assert.deepEqual([found.judged, found.said, found.got], [2, 0.75, 1]);
});

test("a budget counts opportunities that rang, each once", () => {
  const of = (id: string, more = {}) => ({ opportunity: { id, agrees: [], conflicts: [] }, ...more });
  assert.equal(rings([entry(1, null, null, of("a")), entry(2, null, null, of("a")), entry(3, null, null, of("b", { listed: { why: "joins" } })), entry(4, null, null)]), 2);
});

test("the list is sorted by the precision that it shows", () => {
  const chance = (p: number) => ({ confidence: 1 - p, chance: { p, low: 0.1, high: 0.9, n: 40, baseline: 0.4, as_of: "2026-11-17" } });
  const list = [entry(1, null, null, chance(0.3)), entry(2, null, null, { confidence: 0.9 }), entry(3, null, null, chance(0.6))];
  assert.deepEqual(sorted(list, "-precision", CLOSED).map((one) => one.alert.seq), [3, 1, 2]);
});

test("by operator only what somebody decided counts", () => {
  assert.deepEqual(scores(day, "operator", CLOSED).map(([name, score]) => [name, score.rang]), [["ana", 2], ["bruno", 1]]);
});

test("what is open passes to undecided when its time is over", () => {
  assert.equal(total(day, CLOSED + 10_000).undecided, 2);
});

test("a list is sorted by a column and stays in order where that says nothing", () => {
  const list = [entry(3, null, null, { price: 2 }), entry(2, null, null, { price: 9 }), entry(1, null, null, { price: 2 })];
  const order = (sort: Parameters<typeof sorted>[1]) => sorted(list, sort, CLOSED).map((one) => one.alert.seq);
  assert.deepEqual(order("-time"), [3, 2, 1]);
  assert.deepEqual(order("time"), [1, 2, 3]);
  assert.deepEqual(order("price"), [3, 1, 2]);
  assert.deepEqual(order("-price"), [2, 3, 1]);
});

test("a filter comes back from an address, and an address that makes no sense is no filter", () => {
  const filter = { ...EVERYTHING, direction: "long" as const, sort: "-price" as const };
  assert.deepEqual(filterFrom(new URLSearchParams(filterParams(filter))), filter);
  assert.deepEqual(filterParams(EVERYTHING), []);
  assert.deepEqual(filterFrom(new URLSearchParams("sort=--x&state=gone&severity=")), EVERYTHING);
});

test("where each decides, an alert counts for everybody who decided, by their last word", () => {
  const of = (operator: string, decision: Decision["decision"], at = CLOSED): Decision => ({ ...made(operator, decision), own: true, at });
  const one = entryOf(anAlert(1), [of("ana", "watching"), of("bruno", "rejected"), of("ana", "executed", CLOSED + 9), of("carla", "TIMEOUT")], "bruno", { outcome: "target" });
  const found = new Map(scores([one], "operator", CLOSED + 10));
  assert.deepEqual([...found.keys()].sort(), ["ana", "bruno"]);
  assert.deepEqual([found.get("ana")?.executed, found.get("ana")?.watching, found.get("ana")?.ended], [1, 0, 1]);
  assert.deepEqual([found.get("bruno")?.rejected, found.get("bruno")?.ended], [1, 0]);
  assert.equal(total([one], CLOSED + 10).rejected, 1);
});

test("what somebody executed after its end is counted and makes nothing of theirs", () => {
  const executed = (seq: number) => entry(seq, made("ana", "executed"), "target", { risk_reward: 1.5 });
  const found = scores([executed(1), executed(2)], "operator", CLOSED, ({ alert }) => alert.seq === 2)[0]?.[1];
  assert.deepEqual([found?.executed, found?.ended, found?.result], [2, 1, 1.5]);
  assert.equal(scores([executed(1), executed(2)], "pattern", CLOSED, () => true)[0]?.[1].result, 3);
});
