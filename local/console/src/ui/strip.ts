// The strip that tells the truth: every part with its state in words, a mark and a colour.

import { feedKey } from "../core/desk/desk";
import { dayMonth, hourMinute, hourMinuteSecond, isoDay, milliseconds, span, timeframeSeconds } from "../core/format";
import { causeWord, deadLetters, feedsReadAt } from "../core/truth";
import { ago, knows, troubleWord, word } from "../core/words";
import { fill, h, say } from "./dom";
import type { Scene } from "./chart/scene";

type Level = "good" | "warn" | "bad" | "idle";
interface Item { key: string; label: string; value: string; level: Level }

const MARKS: Record<Level, string> = { good: "●", warn: "▲", bad: "■", idle: "○" };

export class Strip {
  readonly root = h("footer", { class: "strip", role: "contentinfo" });
  private readonly list = h("ul", { tabindex: "0" });
  private readonly items = new Map<string, { root: HTMLElement; mark: HTMLElement; label: HTMLElement; value: HTMLElement }>();

  constructor() {
    fill(this.root, this.list);
  }

  update(scene: Scene): void {
    this.list.setAttribute("aria-label", word("truth", scene.language));
    const items = itemsOf(scene);
    const wanted = new Set(items.map((item) => item.key));
    for (const [key, item] of this.items) {
      if (wanted.has(key)) continue;
      item.root.remove();
      this.items.delete(key);
    }
    items.forEach((item, place) => this.write(item, place));
  }

  private write(item: Item, place: number): void {
    let made = this.items.get(item.key);
    if (!made) {
      const [mark, label, value] = [h("span", { class: "mark", "aria-hidden": "true" }), h("span", { class: "label" }), h("span", { class: "value" })];
      made = { root: h("li", { "data-item": item.key }, mark, label, " ", value), mark, label, value };
      this.items.set(item.key, made);
    }
    if (this.list.children[place] !== made.root) this.list.insertBefore(made.root, this.list.children[place] ?? null);
    if (made.root.className !== item.level) made.root.className = item.level;
    say(made.mark, MARKS[item.level]);
    say(made.label, item.label);
    say(made.value, item.value);
  }
}

function itemsOf(scene: Scene): Item[] {
  const { language, skew, p95 } = scene;
  const say = (key: string) => word(key, language);
  const line: Level = scene.line === "online" ? "good" : scene.line === "offline" ? "bad" : "warn";
  const off = skew !== null && Math.abs(skew) >= 2;
  const items: Item[] = [
    { key: "line", label: say("connection"), value: say(scene.line), level: line },
    ...unreachedOf(scene), ...phonesOf(scene), ...deadOf(scene), // on a narrow strip the end is out of sight
    { key: "resume", label: say("last_resume"), value: scene.resumed || "-", level: scene.resumed ? "good" : "idle" },
    ...feeds(scene), ...bridges(scene), ...feedsRead(scene),
    { key: "skew", label: say("skew"), value: skew === null ? "-" : `${skew >= 0 ? "+" : ""}${milliseconds(skew, language)}`, level: skew === null ? "idle" : off ? "warn" : "good" },
    { key: "p95", label: say("p95"), value: p95 === null ? "-" : milliseconds(p95, language), level: p95 === null ? "idle" : p95 > 2 ? "warn" : "good" },
  ];
  if (scene.heldBack) items.push({ key: "held", label: say("held_back"), value: `${scene.heldBack.total} · ${say(scene.heldBack.reason)} · ${hourMinuteSecond(scene.heldBack.until)}`, level: "warn" });
  if (uncalibrated(scene)) items.push({ key: "calibration", label: say("opportunity"), value: say("no_calibration_yet"), level: "idle" });
  return [...items, mailOf(scene)];
}

/** Whether the newest alert was judged without a calibration: then a budget rings nobody less. */
const uncalibrated = ({ mode, all }: Scene) => mode === "live" && all[0]?.alert.unmeasured?.outlook === "no_calibration";

/** `1 operador sem e-mail desde 10:12 (recusado)`: only while it is so. */
function unreachedOf({ language, health, today }: Scene): Item[] {
  const lost = health?.unreached;
  if (!lost) return [];
  const reason = word(knows(`unreached_${lost.reason}`) ? `unreached_${lost.reason}` : lost.reason, language);
  const who = `${lost.operators} ${word(lost.operators === 1 ? "operator_without" : "operators_without", language)}`;
  return [{ key: "unreached", label: who, value: `${word("since_when", language)} ${onDay(lost.since, today, language)}${hourMinute(lost.since)} (${reason})`, level: "bad" }];
}

/** `1 operador fora do alcance no celular desde 10:12 (bloqueado)`: the e-mail came all the same. */
function phonesOf({ language, health, today }: Scene): Item[] {
  const lost = health?.phones;
  if (!lost) return [];
  const who = `${lost.operators} ${word(lost.operators === 1 ? "operator_off_phone" : "operators_off_phone", language)}`;
  const since = `${word("since_when", language)} ${onDay(lost.since, today, language)}${hourMinute(lost.since)}`;
  return [{ key: "phones", label: who, value: `${since} (${word(`by_${lost.channel}`, language)}: ${troubleWord(lost.reason, language)})`, level: "warn" }];
}

function deadOf({ language, health }: Scene): Item[] {
  const dead = health && deadLetters(health);
  return dead ? [{ key: "dead", label: word("dead_letters", language), value: String(dead), level: "bad" }] : [];
}

const onDay = (at: number, today: number, language: Scene["language"]) => (isoDay(at) === isoDay(today) ? "" : `${dayMonth(at, language)} `);

/** The last e-mail: somebody of the desk had no screen that confirmed. */
function mailOf({ language, health, today }: Scene): Item {
  const at = health?.last_mail?.at;
  const value = at === undefined ? word(health?.last_mail === null && health.feeds ? "no_mail" : "unknown", language) // one that reads nothing knows of no e-mail
    : `${onDay(at, today, language)}${hourMinuteSecond(at)}`;
  return { key: "mail", label: word("desk_mail", language), value, level: "idle" };
}

/** The age of each feed: since its newest closed candle, or as the server counts it where that is another day's. */
function feeds(scene: Scene): Item[] {
  const known = scene.health?.feeds;
  if (!scene.health || !known) return [nobodySays("feed", "feed", scene)];
  const readAt = feedsReadAt(scene.health, scene.healthAt);
  if (!known.length) return replayedFeeds(scene);
  return known.map((feed) => {
    const key = feedKey(feed);
    const heard = scene.newestCandle.get(key);
    const polled = feed.age_s === null ? null : feed.age_s + scene.today - readAt;
    const since = heard === undefined ? null : scene.today - heard;
    const age = since === null ? polled : polled === null ? since : Math.min(since, polled);
    const silence = scene.silences.get(key);
    const late = age !== null && feed.in_session && age > 2 * timeframeSeconds(feed.timeframe) + 30;
    const value = silence ? `${word("no_data_short", scene.language)} ${ago(span(scene.today - silence.since), scene.language)}` : age === null ? "-" : ago(span(age), scene.language);
    const idle = feed.in_session ? "" : ` (${word("out_of_session", scene.language)})`;
    const aside = feed.set_aside?.count ? ` · ${feed.set_aside.count} ${word(feed.set_aside.count === 1 ? "candle_aside" : "candles_aside", scene.language)}` : "";
    const flaps = feed.flapping ? ` · ${word("feed_flaps", scene.language)}` : "";
    const level = silence ? "bad" : late || aside || flaps ? "warn" : feed.in_session ? "good" : "idle";
    return { key: `feed-${key}`, label: key, value: value + idle + aside + flaps, level } satisfies Item;
  });
}

/** Of many feeds the server tells what the minute's round found: then this says how old all of it is. */
function feedsRead({ language, health, healthAt, today }: Scene): Item[] {
  if (!health || healthAt - feedsReadAt(health, healthAt) <= 5) return [];
  return [{ key: "feeds-read", label: word("feeds_read", language), value: ago(span(today - feedsReadAt(health, healthAt)), language), level: "idle" }];
}

/** A session told again is no feed of the server's: what this page has heard of it is what there is. */
function replayedFeeds({ language, newestCandle, replayed, today }: Scene): Item[] {
  const heard = replayed ? [...newestCandle] : [];
  if (!heard.length) return [{ key: "feed", label: word("feed", language), value: word("none_yet", language), level: "idle" }];
  return heard.map(([key, at]) => ({ key: `feed-${key}`, label: key, value: `${ago(span(today - at), language)} (${word("replayed", language)})`, level: "idle" }));
}

/** Before the first answer, and where none comes: that is no good news. */
function nobodySays(key: string, name: string, { language, health, healthFailing }: Scene): Item {
  const asking = health === null && !healthFailing;
  return { key, label: word(name, language), value: word(asking ? "asking" : "unknown", language), level: asking ? "idle" : "warn" };
}

function bridges(scene: Scene): Item[] {
  const known = scene.health?.bridges;
  if (!scene.health || !known || scene.healthFailing) return [nobodySays("bridge", "bridge", scene)];
  const readAt = feedsReadAt(scene.health, scene.healthAt);
  if (!known.length) return [{ key: "bridge", label: word("bridge", scene.language), value: word("no_sign_yet", scene.language), level: "idle" }];
  return known.map((bridge) => {
    const age = bridge.age_s + scene.today - readAt;
    const fine = bridge.terminal === "live";
    return { key: `bridge-${bridge.bridge_id}`, label: `${word("bridge", scene.language)} ${bridge.bridge_id}`,
      value: `${ago(span(age), scene.language)}${fine ? "" : ` (${causeWord(bridge.terminal, scene.language)})`}`, level: bridge.mute ? "bad" : fine ? "good" : "warn" } satisfies Item;
  });
}
