import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyDesk, newestFirst, reduce, shownState, type Entry } from "../src/core/desk/desk";
import { EVERYTHING, passes } from "../src/core/desk/filters";
import { readFrame, type Alert } from "../src/core/link/frames";
import { agreeing, conflicts, grouped, listedWords } from "../src/core/desk/opportunity";
import { Session } from "../src/core/link/session";
import { anAlert, aRecord, CLOSED } from "./made";

const one = (id: string, agrees: string[] = [], against: string[] = []) => ({ opportunity: { id, agrees, conflicts: against } });
const below = { why: "below_threshold", score: 0.81, threshold: 1.2 };
const entries = (...alerts: Alert[]): Entry[] =>
  newestFirst(alerts.reduce((desk, alert) => reduce(desk, { kind: "alert", alert, recovered: false }), emptyDesk()).entries.values());
const later = { ...anAlert(2).candle, time: CLOSED };

test("an opportunity is one row: the one that rang, with those that agree as chips", () => {
  const first = anAlert(1, { ...one("o"), listed: below });
  const rang = anAlert(2, { ...one("o", [first.id]), pattern: "unusual_range", direction: "none", candle: later });
  const alone = anAlert(3, { ...one("p"), candle: later });
  const rows = grouped(entries(first, rang, alone, anAlert(4, { candle: later })));
  assert.deepEqual(rows.leads.map((entry) => entry.alert.seq).sort(), [2, 3, 4]);
  const group = rows.together.get(rang.id)!;
  assert.deepEqual(group.map((entry) => entry.alert.seq), [2, 1]);
  assert.deepEqual(agreeing(group), ["unusual_range", "level_break"]);
  assert.equal(conflicts(group), false);
  assert.equal(rows.leadOf(first.id), rang.id);
  assert.equal(rows.leadOf("unknown"), "unknown");
});

test("both sides are one row that says so, also where one of them is not here", () => {
  const short = anAlert(2, { ...one("o", [], ["x"]), direction: "short", pattern: "engulfing" });
  const { leads, together } = grouped(entries(anAlert(1, one("o", [], [short.id])), short));
  assert.equal(leads.length, 1);
  assert.equal(conflicts(together.get(leads[0]!.alert.id)!), true);
  assert.deepEqual(agreeing(together.get(leads[0]!.alert.id)!), ["level_break"]);
  assert.equal(conflicts(entries(short)), true);
});

test("one that did not ring is listed, awaits nothing, and has its own filter", () => {
  const [entry] = entries(anAlert(1, { listed: below }));
  assert.equal(shownState(entry!, CLOSED + 1), "listed");
  assert.equal(shownState(entry!, CLOSED + 999), "listed");
  assert.equal(passes(entry!, { ...EVERYTHING, state: "open" }, CLOSED + 1), false);
  assert.equal(passes(entry!, { ...EVERYTHING, state: "listed" }, CLOSED + 1), true);
  assert.equal(listedWords(entry!, "pt-BR"), "na lista, sem tocar: abaixo do limiar do seu orçamento de toques (0,810 < 1,200)");
  assert.equal(listedWords(entries(anAlert(1, { listed: { why: "joins" } }))[0]!, "en"), "listed, not rung: its opportunity was told before");
  assert.equal(listedWords(entries(anAlert(1))[0]!, "en"), "");
});

test("what is listed is known from the socket, from the HTTP answer, and from whichever tells it later", () => {
  const alert = anAlert(1, { listed: below });
  let desk = reduce(emptyDesk(), { kind: "alert", alert, recovered: false });
  desk = reduce(desk, { kind: "records", records: [aRecord(anAlert(1))] });
  assert.deepEqual(desk.entries.get(alert.id)?.alert.listed, below);
  const asked = reduce(emptyDesk(), { kind: "records", records: [{ ...aRecord(anAlert(1)), listed: below }] });
  assert.deepEqual(asked.entries.get(alert.id)?.alert.listed, below);
  const early = reduce(emptyDesk(), { kind: "records", records: [aRecord(anAlert(1))] });
  const told = reduce(early, { kind: "alert", alert, recovered: false });
  assert.deepEqual(told.entries.get(alert.id)?.alert.listed, below);
});

test("the session's digest is no word of alerts that were held back", () => {
  const frame = { action: "digest", total: 3, reason: "listed", since: 1, until: 2, counts: [] } as const;
  assert.equal(reduce(emptyDesk(), { kind: "digest", frame: { ...frame, counts: [] } }).heldBack, null);
});

test("a frame brings why it did not ring, and nobody waits to hear of it again", () => {
  const session = new Session({ WINZ26: 0 });
  session.opened(0);
  session.hear({ action: "hello", operator: "ana", role: "trader", server_time: 1, cursor: { WINZ26: 0 } }, 0.1);
  const frame = readFrame(JSON.stringify({ action: "alert", alert: anAlert(1), listed: below }))!;
  const [shown] = session.hear(frame, 1);
  assert.deepEqual(shown?.kind === "show" && shown.alert.listed, below);
  assert.deepEqual(session.hear(frame, 2), []);
});
