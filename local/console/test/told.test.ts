import assert from "node:assert/strict";
import { test } from "node:test";
import { Samples, Skew, Steady, wayToScreen } from "../src/core/clock";
import { countdown, dayMonth, decimalsOf, DESK_ZONE, distance, hourMinute, isoDay, milliseconds, minuteOfDay, number, price, signed, span, timeframeSeconds } from "../src/core/format";
import { Replay } from "../src/core/link/replay";
import { Session, type Effect } from "../src/core/link/session";
import { fromColumns, KEEP, Series } from "../src/core/chart/series";
import { TimeMachine } from "../src/core/link/timemachine";
import { silences, troubles, type Health, type Known } from "../src/core/truth";
import { chanceWords, headline, moneyWords, outlookWords, sentence, why } from "../src/core/why";
import { contextRows } from "../src/core/context";
import { OWN, word } from "../src/core/words";
import shared from "../src/generated/shared.json";
import { feedWords } from "../src/app/happenings";
import type { FeedFrame } from "../src/core/link/frames";
import { anAlert, aRangeAlert, aRecord, CLOSED } from "./made";

const spaces = (text: string) => text.replaceAll("\u00a0", " ");

test("prices are written to the tick, in both languages", () => {
  assert.equal(price(131_250.5, 0.5, "pt-BR"), "131.250,5");
  assert.equal(price(131_250.5, 0.5, "en"), "131,250.5");
  assert.equal(price(127_900, 5, "pt-BR"), "127.900");
  assert.equal(price(1.08215, 0.00001, "pt-BR"), "1,08215");
  assert.equal(decimalsOf(20), 0);
  assert.equal(number(0.274 * 100, 0, "en"), "27");
});

test("times are Brasilia's, whatever the machine's zone", () => {
  assert.equal(hourMinute(Date.UTC(2026, 10, 25, 12, 5) / 1000), "09:05");
  assert.equal(isoDay(Date.UTC(2026, 10, 26, 1, 0) / 1000), "2026-11-25");
  assert.equal(minuteOfDay(Date.UTC(2026, 10, 25, 21, 25) / 1000), 18 * 60 + 25);
  assert.equal(dayMonth(Date.UTC(2026, 10, 25, 12) / 1000, "pt-BR"), "25/11");
  assert.equal(dayMonth(Date.UTC(2026, 10, 25, 12) / 1000, "en"), "Nov 25");
});

test("what is written as nothing has no sign", () => {
  assert.deepEqual([-0.42, 0.42, -0.004, 0.004, 0].map((value) => signed(value, 2, "pt-BR")), ["-0,42", "+0,42", "0,00", "0,00", "0,00"]);
});

test("lengths of time", () => {
  assert.deepEqual([5, 360, 7300, 200_000].map(span), ["5 s", "6 min", "2 h", "2 d"]);
  assert.equal(milliseconds(0.0421, "en"), "42 ms");
  assert.equal(milliseconds(42.04, "pt-BR"), "42 s");
  assert.equal(timeframeSeconds("M5"), 300);
  assert.equal(timeframeSeconds("H1"), 3600);
});

test("the reason in words and numbers, as the e-mails tell it", () => {
  const alert = anAlert(1, { reason: { z: 2.081, mean: 127_784.2, run: 2, pivot_time: CLOSED } });
  assert.deepEqual(why(alert, "pt-BR", DESK_ZONE), [["z", "2,08"], ["média", "127.784"], ["velas seguidas", "2"], ["pivô às", "08:10"]].map(([a, b]) => [a, b === "08:10" ? hourMinute(CLOSED) : b]));
  assert.equal(headline(alert, "pt-BR"), "COMPRA WINZ26 @ 127.900 · Rompimento de nível");
  assert.equal(sentence(anAlert(1, { pattern: "new_one" }), "en"), "");
});

test("an alert without a side tells the range to expect, and what is usual", () => {
  const alert = aRangeAlert(1);
  assert.equal(headline(alert, "pt-BR"), "WINZ26 @ 127.900 · Amplitude incomum · espere 400-700 pontos nos próximos 60 min");
  assert.equal(outlookWords(alert, "en"), "expect 400-700 points in the next 60 min (80 %; usual is 350)");
  assert.deepEqual(why(alert, "en", DESK_ZONE).map(([, value]) => value), ["2.31", "6", "350 pts"]);
  const unknown = aRangeAlert(1, { outlook: null, unmeasured: { outlook: "no_model" } });
  assert.equal(headline(unknown, "en"), "WINZ26 @ 127,900 · Unusual range");
  assert.equal(outlookWords(unknown, "en"), "not measured: too few sessions");
  assert.equal(outlookWords(anAlert(1), "en"), "");
});

test("skew comes from the shortest exchange", () => {
  const skew = new Skew();
  assert.equal(skew.ahead, null);
  skew.note(100, 103, 105);
  skew.note(200, 202, 202.2);
  assert.ok(Math.abs((skew.ahead ?? 0) - 2.1) < 1e-9);
  skew.note(300, 300.5, 306);
  assert.ok(Math.abs(skew.server(310) - 307.9) < 1e-9);
});

test("a clock that was set meanwhile is believed at once, however short the ways before", () => {
  const skew = new Skew();
  skew.note(200, 202, 202.2);
  skew.note(210, 512, 513);
  assert.ok(Math.abs((skew.ahead ?? 0) - 302.5) < 1e-9);
});

test("the page's clock never runs back, and goes on through a sleep", () => {
  const clock = new Steady();
  assert.equal(clock.read(1000, 5), 1000);
  assert.equal(clock.read(1001, 6), 1001);
  assert.equal(clock.read(401, 7), 1002); // set back by ten minutes
  assert.equal(clock.read(402, 8), 1003);
  assert.equal(clock.read(4002, 8), 4603); // slept for an hour: the other clock stood
});

test("a clock that is asked a thousand times a second does not run ahead", () => {
  const clock = new Steady();
  clock.read(1000, 5);
  let read = 0;
  for (let passed = 0; passed < 60; passed += 0.0004) read = clock.read(Math.floor((1000 + passed) * 1000) / 1000, 5 + passed);
  assert.ok(Math.abs(read - 1060) < 0.01, `${read}`);
  assert.ok(clock.read(1059, 65) >= read, "it never runs back");
});

test("p95 and the way to the screen, of live candles and of replayed ones", () => {
  const samples = new Samples(100);
  for (let one = 1; one <= 200; one += 1) samples.add(one);
  assert.equal(samples.p95, 195);
  assert.ok(Math.abs(wayToScreen(CLOSED, CLOSED + 0.3, CLOSED + 0.5) - 0.5) < 1e-6);
  assert.ok(Math.abs(wayToScreen(CLOSED, CLOSED + 86_400, CLOSED + 86_400.2) - 0.2) < 1e-4);
});

test("what is wrong is said in words", () => {
  const known: Known = {
    line: "online", lineSince: 0, healthAt: 1000, healthFailing: false, notices: new Map(), skew: 0.01, now: 1000,
    health: { status: "ok", time: 1000, bridges: [{ bridge_id: "mesa-1", age_s: 10, mute: false, terminal: "live", skew_s: 0 }],
      feeds: [{ instrument: "WIN", timeframe: "M5", contract: "WINZ26", newest: 1, age_s: 400, in_session: true, silent: { since: 640, cause: "unheard_of" } }] },
  };
  assert.deepEqual(troubles(known, "pt-BR").map((one) => spaces(one.text)), ["Sem dados de WIN M5 há 6 min (unheard_of)"]);
  assert.deepEqual(troubles({ ...known, line: "offline", lineSince: 970, health: null }, "en").map((one) => one.text.split(":")[0]),
    ["No connection to the server for 30 s"]);
  assert.equal(troubles({ ...known, health: null, skew: 3 }, "pt-BR")[0]?.level, "warn");
});

const silentAt = (at: number, more: Partial<FeedFrame> = {}): Known["notices"] => new Map([["WIN M5", {
  action: "feed", kind: "silent", id: "x", instrument: "WIN", contract: "WINZ26", timeframe: "M5", symbol: "WIN$N",
  since: at - 60, at, cause: "broker_lost", detail: "last_error -10005", ...more,
} satisfies FeedFrame]]);
const wellAt = (time: number): Health => ({ status: "ok", time, bridges: [{ bridge_id: "mesa-1", age_s: 10, mute: false, terminal: "live", skew_s: 0 }],
  feeds: [{ instrument: "WIN", timeframe: "M5", contract: "WINZ26", newest: 1, age_s: 20, in_session: true, silent: null }] });
const at1000: Known = { line: "online", lineSince: 0, healthAt: 1000, healthFailing: false, notices: new Map(), skew: 0, now: 1000, health: wellAt(1000) };

test("a round of the minute that has stopped is told, and since when", () => {
  const late = (since: number | null): Known => ({ ...at1000, health: { ...wellAt(1000), status: "degraded", problems: [{ what: "watch_late", since }] } });
  assert.deepEqual(troubles(late(820), "pt-BR"), [{ level: "bad", text: "A rotina de cada minuto parou há 3 min: silêncios, prazos e repetições não são avisados" }]);
  assert.deepEqual(troubles(late(null), "en").map((one) => one.text), ["The minute's round has stopped: silences, ends and repeats are not told"]);
  assert.deepEqual(troubles({ ...late(820), healthFailing: true }, "en").map((one) => one.level), ["warn"]);
});

test("what /health tells as of the minute's round is no newer than that", () => {
  const old = { ...at1000, health: { ...wellAt(1000), feeds_at: 960 } };
  assert.equal(silences({ ...old, notices: silentAt(970) }, "en").size, 1);
  assert.equal(silences({ ...old, notices: silentAt(950) }, "en").size, 0);
  const mute = { ...old, health: { ...old.health, bridges: [{ bridge_id: "mesa-1", age_s: 80, mute: true, terminal: "live", skew_s: 0 }] } };
  assert.deepEqual(troubles(mute, "pt-BR").map((one) => one.text), ["A ponte não dá sinal (mesa-1) há 2 min"]);
});

test("of a notice and /health the newer is believed: a return that was missed silences nobody for good", () => {
  assert.deepEqual([...silences({ ...at1000, notices: silentAt(900) }, "pt-BR")], []);
  assert.equal(silences({ ...at1000, notices: silentAt(999) }, "pt-BR").size, 1, "an answer of the same second may not know of it yet");
  assert.deepEqual([...silences({ ...at1000, notices: silentAt(1001) }, "pt-BR").values()], [{ since: 941, because: "o terminal não está conectado à corretora" }]);
  const silent = { ...wellAt(1000), feeds: [{ ...wellAt(1000).feeds![0]!, silent: { since: 700, cause: "not_started" } }] };
  assert.equal(silences({ ...at1000, health: silent }, "en").get("WIN M5")?.because, "the terminal is not running");
  assert.equal(silences({ ...at1000, health: silent, notices: silentAt(1001, { kind: "recovered" }) }, "en").size, 0);
  assert.equal(silences({ ...at1000, health: null, notices: silentAt(900, { cause: null }) }, "en").get("WIN M5")?.because, "last_error -10005");
});

test("an answer that does not come says nothing of a bridge, and one without feeds is no good news", () => {
  const old = { ...at1000, now: 1600 };
  assert.deepEqual(troubles(old, "pt-BR"), []);
  assert.deepEqual(troubles({ ...old, healthFailing: true }, "pt-BR").map((one) => one.text), ["O estado do sistema não pode ser consultado"]);
  assert.deepEqual(troubles({ ...at1000, health: { status: "degraded", time: 1000 } }, "pt-BR").map((one) => one.text), ["O estado do sistema não pode ser consultado"]);
  const gone = { ...wellAt(1000), bridges: [{ bridge_id: "mesa-1", age_s: 181, mute: true, terminal: "live", skew_s: 0 }] };
  assert.deepEqual(troubles({ ...at1000, health: gone }, "pt-BR").map((one) => one.text), ["A ponte não dá sinal (mesa-1) há 3 min"]);
});

test("the bulletin's numbers, in words and with their side; what is not known is not told", () => {
  const context = { trade_date: "2026-11-24", settlement: 130_180, settlement_distance: -2280, settlement_distance_pct: -1.7514,
    open_interest: 1_234_567, open_interest_change: 25_410, volume: 14_000_000 };
  assert.deepEqual(contextRows(anAlert(1, { context }), "pt-BR"), { title: "Boletim da B3 de 24/11", rows: [
    ["Ajuste", "130.180 (2.280 abaixo, 1,75 %)"], ["Contratos em aberto", "1.234.567 (+2,1 %)"], ["Volume, contratos", "14.000.000"]] });
  const little = { ...context, settlement: 5412.1234, settlement_distance: 0, settlement_distance_pct: 0, open_interest_change: null, volume: null };
  assert.deepEqual(contextRows(anAlert(1, { context: little, tick_size: 0.5 }), "en"), { title: "B3's bulletin of Nov 24", rows: [
    ["Settlement", "5,412.1234 (at it)"], ["Open interest", "1,234,567"]] });
  for (const none of [undefined, null, { ...context, trade_date: "<b>" }, { ...context, volume: "many" }]) {
    assert.equal(contextRows({ ...anAlert(1), context: none as never }, "en"), null);
  }
});

test("a series takes candles in any order, once each, and stays bounded", () => {
  const candle = (time: number, close = 1) => ({ time, open: 1, high: 2, low: 0, close });
  const series = new Series();
  assert.equal(series.take(candle(300)), "last");
  assert.equal(series.take(candle(300, 2)), "last");
  assert.equal(series.take(candle(0)), "all");
  assert.deepEqual(series.candles.map((one) => one.close), [1, 2]);
  for (let one = 2; one < KEEP * 3; one += 1) series.take(candle(one * 300));
  assert.ok(series.candles.length <= KEEP);
  assert.equal(fromColumns({ time: [1, 2], open: [1], high: [1], low: [1], close: [1] }).length, 1);
});

test("the time machine tells a session in order, through the protocol, and takes no receipts or decisions", () => {
  const candles = [0, 1, 2, 3].map((row) => ({ time: CLOSED - 900 + row * 300, open: 1, high: 2, low: 0, close: 1 }));
  const decision = { operator: "bruno", decision: "executed" as const, note: null, at: CLOSED + 20 };
  const machine = new TimeMachine({ instrument: "WIN", contract: "WINZ26", timeframe: "M5", candles, records: [aRecord(anAlert(41), decision), aRecord(anAlert(42, { candle_closed_at: CLOSED + 300 }))] });
  const session = new Session();
  const heard: Effect[] = [];
  const say = (effects: Effect[]): void => {
    for (const effect of effects) {
      heard.push(effect);
      if (effect.kind === "send") for (const frame of machine.answer(effect.frame)) say(session.hear(frame, machine.now));
    }
  };
  say(session.opened(machine.now));
  machine.speed = 60;
  for (let step = 0; step < 200 && !machine.done; step += 1) for (const frame of machine.advance(0.5)) say(session.hear(frame, machine.now));
  assert.deepEqual(heard.flatMap((one) => (one.kind === "show" ? [one.alert.seq] : [])), [41, 42]);
  assert.equal(heard.filter((one) => one.kind === "heard" && one.frame.action === "candle").length, 4);
  assert.equal(heard.filter((one) => one.kind === "heard" && one.frame.action === "action").length, 1);
  assert.deepEqual(machine.answer({ action: "act", alert_id: "x", decision: "executed" }), []);
  assert.deepEqual(machine.answer({ action: "receipt", alert_id: "x" }), []);
});

test("what the code's words say already is not said a second time", () => {
  const twice = Object.entries(OWN).filter(([key, words]) => `${(shared.words as Record<string, string[]>)[key]}` === `${words}`);
  assert.deepEqual(twice, []);
});

test("candles of a past day in a row are a replay, with its speed; those of a backfill are none", () => {
  const candle = (time: number) => ({ action: "candle", instrument: "WIN", contract: "WINZ26", timeframe: "M5", candle: { time, open: 1, high: 1, low: 1, close: 1 } }) as const;
  const now = CLOSED + 86_400;
  const backfill = new Replay();
  for (let part = 0; part < 5; part += 1) backfill.hear(candle(CLOSED + part * 250 * 300 - 400_000), now + part);
  assert.equal(backfill.told(undefined), null);
  const replay = new Replay();
  for (let step = 0; step < 3; step += 1) replay.hear(candle(CLOSED + step * 300), now + step * 5);
  assert.deepEqual(replay.told(undefined), { at: CLOSED + 900, speed: 60 });
  replay.hear(candle(now + 300), now + 601);
  assert.equal(replay.told(undefined), null);
  const rung = (detected_at: number) => ({ alert: anAlert(1, { detected_at }), decision: null, acts: [], opens: 0, outcome: null, recovered: false, handed: null });
  assert.deepEqual(replay.told(rung(CLOSED + 86_400)), { at: CLOSED, speed: null });
  assert.equal(replay.told(rung(CLOSED + 1)), null);
});

test("how severe an alert is and a level of price are two words", () => {
  const keys = Object.keys({ ...shared.words, ...OWN });
  const levels = keys.filter((key) => /level/.test(key)).map((key) => word(key, "pt-BR"));
  assert.ok(levels.some((one) => one.includes("nível")));
  for (const key of ["severity", "critical", "high", "medium"]) {
    assert.doesNotMatch(word(key, "pt-BR"), /nível/i);
    assert.doesNotMatch(word(key, "en"), /level/i);
  }
});

test("what is left is counted in seconds, and a way in the market's unit", () => {
  assert.deepEqual([0, 9.2, 249, 3729].map(countdown), ["0:00", "0:10", "4:09", "1:02:09"]);
  assert.equal(distance(105, 5, "pt-BR"), "105 pts");
  assert.equal(distance(10.5, 0.5, "pt-BR"), "10,5 pts");
  assert.equal(distance(0.00058, 0.00001, "pt-BR"), "5,8 pips");
  assert.equal(distance(0.12, 0.001, "en"), "12.0 pips");
});

test("a level is worth what one contract makes to it, as the e-mails say", () => {
  const worth = { point_value: 0.2, currency: "BRL" };
  const long = anAlert(1, { worth });
  assert.deepEqual([long.take_profit, long.stop_loss].map((level) => moneyWords(long, level ?? 0, "pt-BR")), ["+R$ 21,00", "-R$ 21,00"]);
  const short = anAlert(1, { worth, direction: "short", take_profit: long.stop_loss, stop_loss: long.take_profit });
  assert.deepEqual([short.take_profit, short.stop_loss].map((level) => moneyWords(short, level ?? 0, "en")), ["+R$ 21.00", "-R$ 21.00"]);
  assert.equal(moneyWords(anAlert(1, { worth: { point_value: 100_000, currency: "USD" } }), 127_901, "en"), "+US$ 100,000.00");
  assert.equal(moneyWords(anAlert(1), 128_005, "pt-BR"), "");
});

test("a feed that flaps is told once, and that it is whole again; silences and digests are the banner's and the strip's", () => {
  const frame = (kind: FeedFrame["kind"]) => silentAt(1000, { kind, count: 3 }).get("WIN M5")!;
  assert.equal(feedWords(frame("flapping"), "pt-BR"), "WIN M5 oscila (3 silêncios)");
  assert.equal(feedWords(frame("steady"), "en"), "Feed whole for an hour: WIN M5");
  assert.deepEqual((["silent", "still_silent", "flapping_digest"] as const).map((kind) => feedWords(frame(kind), "en")), ["", "", ""]);
});

test("an interval is told with two ends", () => {
  const told = (low: number, high: number) => spaces(chanceWords(anAlert(1, { chance: { p: (low + high) / 2, low, high, n: 504, baseline: 0.41, as_of: "2026-11-26" } }), "en"));
  assert.equal(told(0.48, 0.5), "49 % (48-50 %; 504 cases; any candle: 41 %)");
  assert.equal(told(0.4981, 0.5019), "50.0 % (49.8-50.2 %; 504 cases; any candle: 41.0 %)");
});
