// One look at everything, for the parts of the page to draw.

import { newestFirst, shownState, stateOf } from "../core/desk/desk";
import { heirs } from "../core/desk/handover";
import { grouped } from "../core/desk/opportunity";
import { passes, sorted, type Filter, type View } from "../core/desk/filters";
import { decidedLate } from "../core/desk/ticket";
import { DESK_ZONE, hourMinuteSecond, timeframeSeconds } from "../core/format";
import { silences, troubles } from "../core/truth";
import type { DeskInfo } from "../link/api";
import { now as local } from "../link/beat";
import { permission } from "../ui/device/notify";
import type { Mode, Scene } from "../ui/chart/scene";
import type { Preferences } from "../ui/store";
import type { Board } from "./board";
import { recoveredWords } from "./happenings";
import type { OwnLevels } from "./levels";
import type { Live } from "./live";
import type { Ring } from "./ring";

export interface Parts {
  desk: DeskInfo; names: ReadonlyMap<string, string>; kept: Preferences; live: Live; board: Board; ring: Ring; levels: OwnLevels;
  filter: Filter; views: readonly View[]; selected: string | null; fresh: ReadonlySet<string>; resumed: { at: number; recovered: number } | null;
}

export const languageOf = (kept: Preferences, desk: DeskInfo) => kept.language ?? (desk.operator.language === "en" ? "en" : "pt-BR");
export const themeOf = (kept: Preferences) => kept.theme ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");

export function look(parts: Parts): Scene {
  const { desk, kept, live, board, ring, filter } = parts;
  const { past } = board;
  const machine = board.mode === "history" ? past.machine : null;
  const mode: Mode = machine ? "replay" : board.mode;
  const now = machine ? machine.now : live.now();
  const shown = board.deskOf(live.desk).entries;
  const all = newestFirst(shown.values());
  const passing = sorted(all.filter((entry) => passes(entry, filter, now)), filter.sort, now);
  const { leads: entries, together, leadOf } = grouped(passing);
  const language = languageOf(kept, desk);
  const selected = parts.selected ? shown.get(parts.selected) ?? null : null;
  return {
    language, theme: themeOf(kept), mode, now, today: live.now(), clock: local(), desk, me: desk.operator.id, keys: kept.keys,
    trader: (live.role ?? desk.operator.role) === "trader", nameOf: (operator) => parts.names.get(operator) ?? operator,
    zoneOf: (instrument) => desk.instruments.find((one) => one.name === instrument)?.timezone ?? DESK_ZONE,
    entries, together, leadOf, all, hidden: all.length - passing.length, unconfirmed: all.filter((entry) => live.unconfirmed(entry.alert.id) && !passes(entry, filter, now)).length, selected,
    fresh: parts.fresh, actOf: (id) => live.acts.of(id), comesBack: (id) => live.reminders.get(id) ?? null, mutes: live.mutes, heirs: mode === "live" && live.line === "online" ? heirs(live.desk.entries.values(), desk.operators, desk.operator.id, live.now()) : [], takenBy: (id) => live.pendings.other(id, desk.operator.id, live.now()), filter, views: parts.views,
    ticket: selected && mode === "live" && stateOf(selected, now) === "open" ? board.ticket(selected.alert, local()) : null, sizeOf: (instrument) => kept.sizes[instrument] ?? 1,
    levels: parts.levels.all, levelsAtMost: parts.levels.atMost, quotes: board.quotes, openOf: openOf(live),
    instrument: board.instrument, timeframe: board.timeframe, posted: board.posted, newestCandle: board.heardAt,
    line: live.line, resumed: parts.resumed ? `${hourMinuteSecond(parts.resumed.at)} · ${recoveredWords(parts.resumed.recovered, language)}` : "", health: live.health, healthAt: live.healthAt, healthFailing: live.healthFailing, heldBack: live.desk.heldBack,
    skew: live.clockAhead, p95: live.ways.p95, samples: live.ways.count, troubles: troubles(known(live), language), silences: silences(known(live), language),
    sound: ring.state, permission: permission(), notifying: ring.notifying,
    reading: board.mode === "live" ? live.reading : past.reading, day: past.day, more: past.next !== null,
    replayed: board.mode === "live" ? live.replay.told(all[0], newestClose(board)) : null,
    late: (entry) => board.mode === "live" && decidedLate(entry, board.ticket(entry.alert, local()), live.replay.told(all[0], newestClose(board))?.speed ?? null),
    openLive: (id) => { const entry = live.desk.entries.get(id); return entry !== undefined && stateOf(entry, live.now()) === "open"; },
    replay: machine && { now: machine.now, progress: machine.progress, speed: machine.speed, paused: machine.paused, done: machine.done },
  };
}

/** When the newest candle of the chart closed; 0 without one. */
function newestClose({ candles, timeframe }: Board): number {
  const last = candles.at(-1);
  return last ? last.time + timeframeSeconds(timeframe) : 0;
}

function openOf(live: Live): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const entry of live.desk.entries.values()) if (shownState(entry, live.now()) === "open") found.set(entry.alert.instrument, (found.get(entry.alert.instrument) ?? 0) + 1);
  return found;
}

function known(live: Live) {
  return {
    line: live.line, lineSince: live.skew.server(live.lineSince), health: live.health, healthAt: live.healthAt, healthFailing: live.healthFailing,
    notices: live.desk.notices, skew: live.clockAhead, now: live.now(),
  };
}
