import assert from "node:assert/strict";
import { test } from "node:test";
import { Pendings } from "../src/core/desk/pending";

const said = (operator: string, at: number, decision: "executed" | "rejected" | null = "executed") =>
  ({ action: "pending" as const, alert_id: "a", operator, decision, at, until: decision ? at + 5 : at });

function heard(...frames: ReturnType<typeof said>[]) {
  const pendings = new Pendings();
  for (const frame of frames) pendings.hear(frame);
  return pendings;
}

test("a colleague who is about to decide stands for the grace and a moment, and is gone by itself", () => {
  const pendings = heard(said("bruno", 100));
  assert.equal(pendings.other("a", "ana", 104)?.operator, "bruno");
  assert.equal(pendings.other("a", "ana", 106.9)?.operator, "bruno");
  assert.equal(pendings.other("a", "ana", 107), null);
  assert.equal(pendings.other("b", "ana", 101), null);
  assert.equal(pendings.other("a", "bruno", 101), null);
});

test("taken back or decided, nobody is about to; an older word says nothing", () => {
  assert.equal(heard(said("bruno", 100), said("bruno", 101, null)).other("a", "ana", 102), null);
  assert.equal(heard(said("bruno", 101, null), said("bruno", 100)).other("a", "ana", 102), null);
  const pendings = heard(said("bruno", 100));
  pendings.settled("a");
  assert.equal(pendings.other("a", "ana", 101), null);
});

test("of two the later one yields at both screens, in whatever order they hear it; the same instant goes by name", () => {
  for (const [one, other] of [[said("ana", 100), said("bruno", 100.2)], [said("ana", 100), said("bruno", 100)]] as const) {
    for (const pendings of [heard(one, other), heard(other, one)]) {
      assert.equal(pendings.first("a", "ana", 101), null);
      assert.equal(pendings.first("a", "bruno", 101)?.operator, "ana");
    }
  }
  assert.equal(heard(said("ana", 100)).first("a", "bruno", 101), null);
});
