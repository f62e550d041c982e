import assert from "node:assert/strict";
import { test } from "node:test";
import { handedWords } from "../src/app/happenings";
import { emptyDesk, owed, reduce, shownState, type Desk } from "../src/core/desk/desk";
import { heirs } from "../src/core/desk/handover";
import { readFrame, type HandoverFrame } from "../src/core/link/frames";
import { anAlert, aRecord, CLOSED } from "./made";

const NOW = CLOSED + 60;
const one = anAlert(1);
const two = anAlert(2, { instrument: "WDO", contract: "WDOZ26", symbol: "WDO$N" });
const all = { symbols: ["*"], patterns: ["*"], min_severity: "medium" } as const;
const frame = (operator: string, to: string, at = NOW): HandoverFrame => ({ action: "handover", operator, to, alert_ids: [one.id], at });
const deskOf = (me: string, ...alerts: typeof one[]): Desk => alerts.reduce((desk, alert) => reduce(desk, { kind: "alert", alert, recovered: false }), emptyDesk(me));
const entry = (desk: Desk) => desk.entries.get(one.id)!;

test("it goes to traders whom something open concerns, and says how many", () => {
  const desk = [
    { id: "ana", name: "Ana", interest: all }, { id: "carla", name: "Carla", interest: { ...all, symbols: ["WDO"] } }, { id: "bruno", name: "Bruno", interest: all },
    { id: "dora", name: "Dora", interest: { ...all, min_severity: "critical" as const } }, { id: "vera", name: "Vera", interest: null }, { id: "old", name: "Old" },
  ];
  const entries = () => deskOf("ana", one, two).entries.values();
  assert.deepEqual(heirs(entries(), desk, "ana", NOW), [{ id: "bruno", name: "Bruno", count: 2 }, { id: "carla", name: "Carla", count: 1 }]);
  assert.deepEqual(heirs(entries(), desk, "ana", CLOSED + 301), []);
});

test("whose phone is silent is said of who it may go to, until it rings again", () => {
  const entries = () => deskOf("ana", one).entries.values();
  const desk = [{ id: "bruno", name: "Bruno", interest: all, silent_until: NOW + 60 }, { id: "carla", name: "Carla", interest: all, silent_until: NOW - 1 }];
  assert.deepEqual(heirs(entries(), desk, "ana", NOW), [{ id: "bruno", name: "Bruno", count: 1, silentUntil: NOW + 60 }, { id: "carla", name: "Carla", count: 1 }]);
  assert.deepEqual(heirs(entries(), desk, "ana", NOW + 60).map((it) => it.silentUntil), [undefined, undefined]);
});

test("what is handed over is owed by the colleague, and back again", () => {
  let desk = reduce(deskOf("ana", one), { kind: "handover", frame: frame("ana", "bruno") });
  assert.equal(owed(entry(desk), "ana", NOW), false);
  assert.equal(shownState(entry(desk), NOW), "open");
  assert.deepEqual(reduce(desk, { kind: "handover", frame: frame("ana", "bruno", NOW + 9) }), desk); // twice changes nothing
  desk = reduce(desk, { kind: "handover", frame: frame("bruno", "ana", NOW + 20) });
  assert.equal(owed(entry(desk), "ana", NOW), true);
  desk = reduce(desk, { kind: "records", records: [{ ...aRecord(one), handed: { operator: "ana", to: "bruno", at: NOW } }] });
  assert.equal(entry(desk).handed?.operator, "bruno"); // an older answer forgets nothing
});

test("what was only listed for the colleague is open to them, by the socket or over HTTP", () => {
  const listed = { why: "below_threshold", score: 0.5, threshold: 1 } as const;
  const before = deskOf("bruno", { ...one, listed });
  assert.equal(shownState(entry(before), NOW), "listed");
  assert.equal(shownState(entry(reduce(before, { kind: "handover", frame: frame("ana", "bruno") })), NOW), "open");
  const read = reduce(before, { kind: "records", records: [{ ...aRecord(one), listed: null, handed: { operator: "ana", to: "bruno", at: NOW } }] });
  assert.equal(shownState(entry(read), NOW), "open");
  assert.equal(owed(entry(read), "bruno", NOW), true);
});

test("a note tells both in their words", () => {
  const nameOf = (id: string) => ({ ana: "Ana Souza", bruno: "Bruno Lima" })[id] ?? id;
  assert.equal(handedWords(frame("ana", "bruno"), "bruno", nameOf, "pt-BR"), "Ana Souza passou para você: 1 alerta aberto");
  assert.equal(handedWords({ ...frame("ana", "bruno"), alert_ids: [one.id, two.id] }, "ana", nameOf, "pt-BR"), "Você passou para Bruno Lima: 2 alertas abertos");
  assert.equal(handedWords(frame("ana", "bruno"), "bruno", nameOf, "en"), "Ana Souza handed to you: 1 open alert");
});

test("a frame that does not name its alerts is none", () => {
  assert.equal(readFrame(JSON.stringify({ ...frame("ana", "bruno"), alert_ids: null })), null);
  assert.equal(readFrame(JSON.stringify(frame("ana", "bruno")))?.action, "handover");
});
