import assert from "node:assert/strict";
import { test } from "node:test";
import { DESK_ZONE } from "../src/core/format";
import type { Candle } from "../src/core/link/frames";
import { decidedLate, enterable, isOver, ticketOf, ticketWords } from "../src/core/desk/ticket";
import { anAlert, aRangeAlert, CLOSED } from "./made";

// Long at 127,900: entry 127,885 to 127,915, stop 127,795, target 128,005; a point is worth R$ 0.20.
const long = anAlert(1, { worth: { point_value: 0.2, currency: "BRL" } });
const short = anAlert(2, { direction: "short", stop_loss: 128_005, take_profit: 127_795 });
const candle = (place: number, low: number, high: number, close: number): Candle => ({ time: CLOSED + 300 * place, open: close, high, low, close });

test("before a candle closed the price is the alert's own, in its entry", () => {
  const ticket = ticketOf(long, [], 300);
  assert.deepEqual(ticket, { place: "in_zone", price: 127_900, at: CLOSED, outside: 0, toStop: 105, risk: { value: 21, currency: "BRL" } });
  assert.ok(enterable(ticket));
});

test("a price that ran away is past the entry, one that fell back is short of it; mirrored for sales", () => {
  const told = (alert: typeof long, close: number) => { const one = ticketOf(alert, [candle(0, 127_880, 127_990, close)], 300); return [one?.place, one?.outside, one?.toStop]; };
  assert.deepEqual(told(long, 127_975), ["escaped", 60, 180]);
  assert.deepEqual(told(long, 127_880), ["short", 5, 85]);
  assert.deepEqual(told(short, 127_975), ["short", 60, 30]);
  assert.deepEqual(told(short, 127_880), ["escaped", 5, 125]);
  assert.ok(!enterable(ticketOf(long, [candle(0, 127_880, 127_990, 127_975)], 300)));
});

test("what was touched stays touched, wherever the price went since", () => {
  const back = candle(1, 127_890, 127_910, 127_900);
  const stopped = ticketOf(long, [candle(0, 127_795, 127_900, 127_890), back], 300);
  assert.deepEqual([stopped?.place, stopped?.at], ["stop", CLOSED + 300]);
  assert.equal(ticketOf(long, [candle(0, 127_890, 128_005, 127_990), back], 300)?.place, "target");
  assert.equal(ticketOf(short, [candle(0, 127_795, 127_900, 127_890), back], 300)?.place, "target");
  assert.equal(ticketOf(short, [candle(0, 127_890, 128_005, 127_990), back], 300)?.place, "stop");
});

test("a candle that touches both is a stop", () => {
  assert.equal(ticketOf(long, [candle(0, 127_700, 128_100, 127_900)], 300)?.place, "stop");
  assert.equal(ticketOf(short, [candle(0, 127_700, 128_100, 127_900)], 300)?.place, "stop");
});

test("the first level that was touched counts", () => {
  assert.equal(ticketOf(long, [candle(0, 127_890, 128_010, 128_000), candle(1, 127_700, 127_990, 127_750)], 300)?.place, "target");
});

test("without a side there is no order and no ticket", () => {
  assert.equal(ticketOf(aRangeAlert(3), [candle(0, 1, 2, 1)], 300), null);
  assert.ok(enterable(null));
});

test("in words: the price and its time, where it is, what the stop costs", () => {
  const words = (candles: Candle[], language: "pt-BR" | "en" = "pt-BR") => ticketWords(long, ticketOf(long, candles, 300)!, language, DESK_ZONE);
  assert.equal(words([]), "127.900 às 08:10 · na entrada · stop a 105 pts (R$ 21,00/contrato)");
  assert.equal(words([candle(0, 127_880, 127_990, 127_975)]), "127.975 às 08:15 · 60 pts além da entrada · stop a 180 pts (R$ 36,00/contrato)");
  assert.equal(words([candle(0, 127_880, 127_910, 127_880)], "en"), "127,880 at 08:15 · 5 pts short of the entry · stop 85 pts away (R$ 17.00/contract)");
  assert.equal(words([candle(0, 127_790, 127_910, 127_880)]), "stop tocado na vela fechada às 08:15");
  assert.equal(words([candle(0, 127_890, 128_010, 127_990)], "en"), "target touched in the candle closed at 08:15");
});

test("an alert that reached neither within its candles is over, whatever the price does after them", () => {
  const quiet = Array.from({ length: 12 }, (_, place) => candle(place, 127_880, 127_920, 127_900));
  assert.equal(ticketOf(long, quiet.slice(0, 11), 300)?.place, "in_zone");
  const over = ticketOf(long, [...quiet, candle(12, 127_700, 128_100, 127_900)], 300);
  assert.deepEqual([over?.place, over?.at, isOver(over), enterable(over)], ["ended", CLOSED + 3600, true, false]);
  assert.equal(over && ticketWords(long, over, "pt-BR", DESK_ZONE).startsWith("prazo encerrado sem stop nem alvo às "), true);
  const quoted = { value: 128_100, at: CLOSED + 3700, heard: 0, synthetic: false };
  assert.equal(ticketOf(long, quiet, 300, [quoted], quoted)?.place, "ended");
  const hour = Array.from({ length: 1 }, () => candle(0, 127_880, 127_920, 127_900));
  assert.equal(ticketOf(long, hour, 3600)?.place, "ended"); // by the candles of a coarser chart, too
});

test("what was executed after the touch was decided late, by the market's time where a session is told again", () => {
  const decided = (alert: typeof long, at: number) => ({ alert, decision: { operator: "ana", decision: "executed" as const, note: null, at } });
  const touched = ticketOf(long, [candle(0, 127_880, 127_920, 127_900), candle(1, 127_890, 128_010, 128_000)], 300); // closed at + 600
  assert.deepEqual([599, 600, 900].map((after) => decidedLate(decided(long, CLOSED + after), touched, null)), [false, true, true]);
  const rang = CLOSED + 86_400;
  const again = { ...long, detected_at: rang };
  assert.deepEqual([9, 10, 30].map((after) => decidedLate(decided(again, rang + after), touched, 60)), [false, true, true]);
  assert.equal(decidedLate(decided(again, rang + 30), touched, null), false);
  assert.equal(decidedLate(decided(long, CLOSED + 900), ticketOf(long, [candle(0, 127_880, 127_920, 127_900)], 300), null), false);
  assert.equal(decidedLate({ alert: long, decision: null }, touched, null), false);
});
