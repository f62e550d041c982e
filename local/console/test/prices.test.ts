import assert from "node:assert/strict";
import { test } from "node:test";
import { DESK_ZONE } from "../src/core/format";
import { FRESH_S, Prices } from "../src/core/desk/prices";
import { atRisk, enterable, ticketOf, ticketWords } from "../src/core/desk/ticket";
import { readFrame, type Candle, type QuoteFrame } from "../src/core/link/frames";
import { AGAIN_S, Following } from "../src/core/link/following";
import { anAlert, CLOSED } from "./made";

// Long at 127,900: entry 127,885 to 127,915, stop 127,795, target 128,005; a point is worth R$ 0.20.
const long = anAlert(1, { worth: { point_value: 0.2, currency: "BRL" } });
const short = anAlert(2, { direction: "short", stop_loss: 128_005, take_profit: 127_795 });
const HERE = 5000; // the page's own clock has nothing to do with the market's

const quote = (at: number, last: number | null, more: Partial<QuoteFrame> = {}): QuoteFrame =>
  ({ action: "quote", instrument: "WIN", contract: "WINZ26", time: CLOSED + at, bid: (last ?? 10) - 5, ask: last ?? 15, last, synthetic: false, ...more });

const candle = (place: number, low: number, high: number, close: number): Candle => ({ time: CLOSED + 300 * place, open: close, high, low, close });

/** What the card says after these quotes, one each two seconds, `later` seconds after the last. */
function told(values: number[], later = 0, candles: Candle[] = [], alert = long, more: Partial<QuoteFrame> = {}) {
  const prices = new Prices();
  values.forEach((value, place) => prices.hear(quote(2 * place, value, more), HERE + 2 * place));
  const now = HERE + 2 * (values.length - 1) + later;
  return ticketOf(alert, candles, 300, prices.since("WIN", "WINZ26", alert.candle_closed_at), prices.now("WIN", "WINZ26", now))!;
}

const words = (...of: Parameters<typeof told>) => ticketWords(of[3] ?? long, told(...of), "pt-BR", DESK_ZONE);

test("the card lives with the price: where it is, how far beyond the entry, what the stop costs", () => {
  assert.equal(words([127_900]), "agora 127.900 · na entrada · stop a 105 pts (R$ 21,00/contrato)");
  assert.equal(words([127_900, 127_975]), "agora 127.975 · 60 pts além da entrada · stop a 180 pts (R$ 36,00/contrato)");
  assert.equal(words([127_880]), "agora 127.880 · 5 pts aquém da entrada · stop a 85 pts (R$ 17,00/contrato)");
  assert.equal(ticketWords(long, told([127_900]), "en", DESK_ZONE), "now 127,900 · in the entry · stop 105 pts away (R$ 21.00/contract)");
  assert.deepEqual([enterable(told([127_915])), enterable(told([127_920]))], [true, false]);
});

test("a quote is nearer to the truth than the candle that closed before it, in either direction", () => {
  const escaped = [candle(0, 127_880, 127_990, 127_975)];
  assert.equal(ticketOf(long, escaped, 300)?.place, "escaped");
  const prices = new Prices();
  prices.hear(quote(310, 127_905), HERE);
  const ticket = ticketOf(long, escaped, 300, prices.since("WIN", "WINZ26", CLOSED), prices.now("WIN", "WINZ26", HERE + 1))!;
  assert.deepEqual([ticket.place, ticket.price], ["in_zone", 127_905]);
});

test("a price that reached stop or target stays so, wherever it went since; mirrored for sales", () => {
  assert.equal(words([127_900, 127_795, 127_900]), "stop tocado às 08:10:02");
  assert.equal(words([127_900, 128_005, 127_700]), "alvo tocado às 08:10:02");
  assert.equal(told([127_795], 0, [], short).place, "target");
  assert.equal(told([128_010], 0, [], short).place, "stop");
  assert.equal(told([127_900, 127_795], 3600).place, "stop");
});

test("what a closed candle says of a touch goes before the quotes that saw less of it", () => {
  assert.equal(words([127_900, 128_005], 0, [candle(0, 127_790, 128_010, 127_900)]), "stop tocado na vela fechada às 08:15");
});

test("when quotes end the card says of which moment its price is, until a candle knows better", () => {
  assert.equal(words([127_900, 127_975], FRESH_S), "agora 127.975 · 60 pts além da entrada · stop a 180 pts (R$ 36,00/contrato)");
  assert.equal(words([127_900, 127_975], FRESH_S + 0.1), "127.975 às 08:10:02 · 60 pts além da entrada · stop a 180 pts (R$ 36,00/contrato) · sem cotação desde então");
  assert.equal(words([127_900], FRESH_S + 0.1, [candle(0, 127_880, 127_990, 127_975)]), "127.975 às 08:15 · 60 pts além da entrada · stop a 180 pts (R$ 36,00/contrato)");
});

test("a replay's price says that it is made up, and goes by the replay's clock", () => {
  assert.equal(words([127_900], 0, [], long, { synthetic: true }), "agora 127.900 · na entrada · stop a 105 pts (R$ 21,00/contrato) · preço simulado");
  assert.equal(words([127_900, 127_795], 0, [], long, { synthetic: true }), "stop tocado às 08:10:02 · preço simulado");
});

test("a quote from before the alert's candle closed, and one of another contract, are none of its", () => {
  const prices = new Prices();
  prices.hear(quote(-1, 127_700), HERE);
  assert.deepEqual(prices.since("WIN", "WINZ26", CLOSED), []);
  prices.hear(quote(5, 127_700, { contract: "WING27" }), HERE + 1);
  assert.equal(prices.now("WIN", "WINZ26", HERE + 1), null);
  assert.equal(prices.now("WDO", "WINZ26", HERE + 1), null);
});

test("a market without a last price stands between bid and ask", () => {
  const prices = new Prices();
  prices.hear(quote(0, null, { bid: 1.0830, ask: 1.0834 }), HERE);
  assert.equal(prices.now("WIN", "WINZ26", HERE)?.value, 1.0832);
});

test("a price that was overtaken on its way is left out; a replay that begins anew is not", () => {
  const prices = new Prices();
  prices.hear(quote(4, 127_910), HERE);
  prices.hear(quote(2, 127_905), HERE + 1);
  assert.equal(prices.now("WIN", "WINZ26", HERE + 1)?.value, 127_910);
  prices.hear(quote(-3600, 127_500), HERE + 30);
  assert.equal(prices.now("WIN", "WINZ26", HERE + 30)?.value, 127_500);
  assert.equal(prices.since("WIN", "WINZ26", CLOSED).length, 0);
});

test("what the stop costs with one's own contracts, from where the price stands", () => {
  assert.deepEqual(atRisk(told([127_975]), 3), { value: 108, currency: "BRL" });
  assert.equal(atRisk(told([127_975], 0, [], anAlert(1)), 3), null);
});

test("only a quote's shape is a quote", () => {
  const text = (more: object) => readFrame(JSON.stringify({ ...quote(0, 127_900), ...more }));
  assert.equal(text({})?.action, "quote");
  assert.equal(text({ last: null })?.action, "quote");
  for (const more of [{ time: "now" }, { bid: null }, { ask: "5" }, { last: "5" }, { contract: 5 }, { synthetic: 1 }, { instrument: undefined }]) assert.equal(text(more), null);
});

test("whose prices are wanted is said when it changes, again before the server forgets, and anew on a new line", () => {
  const following = new Following();
  assert.equal(following.due([], 0), null);
  assert.deepEqual(following.due(["WIN", "WDO", "WIN"], 1), ["WDO", "WIN"]);
  assert.equal(following.due(["WDO", "WIN"], AGAIN_S), null);
  assert.deepEqual(following.due(["WDO", "WIN"], AGAIN_S + 1), ["WDO", "WIN"]);
  following.forget();
  assert.deepEqual(following.due(["WDO", "WIN"], AGAIN_S + 2), ["WDO", "WIN"]);
  assert.deepEqual(following.due([], AGAIN_S + 3), []);
  assert.equal(following.due([], AGAIN_S + 900), null);
  following.refuse();
  assert.equal(following.due(["WIN"], 4000), null);
  following.forget();
  assert.equal(following.due(Array.from({ length: 30 }, (_, n) => `I${n}`), 5000)?.length, 20);
});
