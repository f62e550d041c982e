// The day in numbers: what rang, what was decided, how it ended; by pattern or by operator.

import type { Entry } from "./desk";
import { shownState, standing, stateOf } from "./desk";
import { isChance, planOf } from "../link/frames";

export interface Score {
  rang: number; /** Told in the list alone, and left there: nobody was asked to decide. */ listed: number; open: number; executed: number; rejected: number; watching: number; false_alarm: number; undecided: number;
  target: number; stop: number; expired: number;
  /** Of what reached its target or its stop: gains less losses, in risks (R), as if each had been taken at its price. */ result: number; /** How many that is of. */ ended: number;
  /** Of what reached its target or its stop and told a chance: how many, the sum of the chances told, the targets. */ judged: number; said: number; got: number;
  /** The same for one contract, by currency; of alerts that tell what a point is worth. */ money: Record<string, number>;
}

const nothing = (): Score => ({ rang: 0, listed: 0, open: 0, executed: 0, rejected: 0, watching: 0, false_alarm: 0, undecided: 0, target: 0, stop: 0, expired: 0, result: 0, ended: 0, judged: 0, said: 0, got: 0, money: {} });

export type By = "pattern" | "operator";

/** Scores by name, those that rang most first; by operator only what somebody decided, its result of what they executed, but for what was over by then (`late`). */
export function scores(entries: Iterable<Entry>, by: By, now: number, late: (entry: Entry) => boolean = () => false): [string, Score][] {
  const found = new Map<string, Score>();
  for (const entry of entries) {
    for (const [name, one] of by === "pattern" ? [[entry.alert.pattern, entry] as const] : deciders(entry)) {
      const score = found.get(name) ?? nothing();
      found.set(name, score);
      add(score, one, now, by === "pattern" || (one.decision?.decision === "executed" && !late(one)));
    }
  }
  return [...found].sort(([a, one], [b, other]) => other.rang - one.rang || (a < b ? -1 : 1));
}

export function total(entries: Iterable<Entry>, now: number): Score {
  const sum = nothing();
  for (const entry of entries) add(sum, entry, now);
  return sum;
}

/** How many opportunities rang, of all the alerts that are known: what a budget counts. */
export const rings = (entries: Iterable<Entry>): number =>
  new Set([...entries].filter(({ alert }) => !alert.listed).map(({ alert }) => alert.opportunity?.id ?? alert.id)).size;

/** Everybody's last word on an alert. */
const deciders = (entry: Entry): [string, Entry][] =>
  [...new Set(entry.acts.filter((one) => one.decision !== "TIMEOUT").map((one) => one.operator))].map((name) => [name, { ...entry, decision: standing(entry.acts.filter((one) => one.operator === name), name) }]);

/** `counts` where what it made belongs to the score. */
function add(score: Score, entry: Entry, now: number, counts = true): void {
  const { decision, outcome, alert } = entry;
  if (shownState(entry, now) === "listed") {
    score.listed += 1;
    return;
  }
  score.rang += 1;
  if (decision && decision.decision !== "TIMEOUT") score[decision.decision] += 1;
  else score[stateOf(entry, now) === "open" ? "open" : "undecided"] += 1;
  if (outcome === "target" || outcome === "stop" || outcome === "expired") score[outcome] += 1;
  const plan = planOf(alert);
  if (!counts || !plan || (outcome !== "target" && outcome !== "stop")) return;
  const won = outcome === "target";
  score.ended += 1;
  score.result += won ? plan.risk_reward : -1;
  if (isChance(alert.chance)) {
    score.judged += 1;
    score.said += alert.chance.p;
    score.got += won ? 1 : 0;
  }
  if (!alert.worth) return;
  const { currency, point_value: value } = alert.worth;
  const points = Math.abs((won ? plan.take_profit : plan.stop_loss) - alert.price);
  score.money[currency] = (score.money[currency] ?? 0) + (won ? 1 : -1) * points * value;
}
