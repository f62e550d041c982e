// Made by generate.mjs from infra/schemas: change it there (npm run generate).

export type ServerFrame =
  | Hello
  | AlertFrame
  | Resumed
  | ActionFrame
  | PendingFrame
  | MutedFrame
  | ReminderFrame
  | RemindersFrame
  | HandoverFrame
  | DigestFrame
  | FeedFrame
  | CandleFrame
  | CandlesFrame
  | QuoteFrame
  | Pong
  | ErrorFrame;
/**
 * The patterns, named as in the configuration and on the wire.
 */
export type Pattern = "volatility_extreme" | "engulfing" | "rsi_divergence" | "level_break" | "unusual_range" | "price_level";
/**
 * The side an operator would take; none where only the size of a move is told.
 */
export type Direction = "long" | "short" | "none";
/**
 * How loud an alert is; `rank` orders them.
 */
export type Severity = "critical" | "high" | "medium";
/**
 * What makes a level ring; ROLLED tells its owner that its contract is over, nobody asks for it.
 */
export type Crossing = "cross_up" | "cross_down" | "touch" | "rolled";
/**
 * What decided whether an alert rings.
 */
export type Why =
  "joins" | "conflict" | "below_threshold" | "reached_threshold" | "muted" | "always" | "no_budget" | "no_calibration" | "again";
/**
 * What the desk is told of a feed.
 */
export type Kind = "silent" | "recovered" | "rolled" | "set_aside" | "still_silent" | "flapping" | "flapping_digest" | "steady";
/**
 * Why candles do not come, as far as the newest heartbeat tells.
 *
 * The words between `not_installed` and `failed` are the terminal's conditions, as the bridge names them.
 */
export type Cause =
  | "bridge_silent"
  | "not_installed"
  | "not_started"
  | "logged_out"
  | "broker_lost"
  | "clock_unsure"
  | "symbol_missing"
  | "loading"
  | "no_trades"
  | "failed"
  | "refused"
  | "posting_failed"
  | "set_aside"
  | "unexplained";
/**
 * What became of the candles of a silence, once it is over.
 */
export type Filled = "whole" | "backfilled" | "missing";
export type ClientFrame = Subscribe | Resume | Receipt | Act | Pending | MuteFrame | Unmute | Remind | Handover | Follow | Ping;

export interface Protocol {
  server: ServerFrame;
  client: ClientFrame;
}
/**
 * The answer to `subscribe`: who you are, and where each contract stands.
 */
export interface Hello {
  action: "hello";
  operator: string;
  role: "trader" | "viewer" | "compliance";
  /**
   * Epoch seconds, UTC.
   */
  server_time: number;
  /**
   * Last number seen by contract.
   */
  cursor: {
    [k: string]: number;
  };
}
/**
 * An alert to show and to confirm; one may come twice, its id tells.
 *
 * `listed`: it is shown on the list, in silence, and not confirmed.
 */
export interface AlertFrame {
  action: "alert";
  alert: Alert;
  listed?: Listed | null;
}
/**
 * Alert v2; v1 is the same without the fields from `outlook` on. Times are epoch seconds UTC.
 *
 * Prices stand on the tick grid. An alert of direction `none` has no entry, stop and target: they are None,
 * all five; see `plan`. `seq` counts the admitted alerts of the contract from 1 without a gap; it is 0 until
 * admission and for what was refused. `confidence` is a measured precision or None, never a guess.
 * `context` is what was known of the contract from the bulletins of days before; None where that is
 * nothing. It is no part of the id. `outlook` is the range that is expected next, `chance` how often its
 * target comes first; where one of them is None, `unmeasured` says why under its name. `level` is an
 * operator's own: then the alert is for its owner alone.
 */
export interface Alert {
  id: string;
  version: number;
  instrument: string;
  contract: string;
  symbol: string;
  timeframe: string;
  pattern: Pattern;
  direction: Direction;
  severity: Severity;
  candle: Candle;
  price: number;
  tick_size: number;
  entry_min: number | null;
  entry_max: number | null;
  stop_loss: number | null;
  take_profit: number | null;
  risk_reward: number | null;
  confidence: number | null;
  detected_at: number;
  candle_closed_at: number;
  expires_at: number;
  reason: {
    [k: string]: number | string;
  };
  config_digest: string;
  seq: number;
  context?: Context | null;
  outlook?: Outlook | null;
  chance?: Chance | null;
  opportunity?: Opportunity | null;
  attention?: Attention | null;
  worth?: Worth | null;
  unmeasured: {
    [k: string]: string;
  };
  level?: OwnLevel | null;
}
/**
 * One closed candle; `time` is its open in epoch seconds UTC, prices in the instrument's own numbers.
 */
export interface Candle {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  tick_volume: number;
  real_volume: number;
}
/**
 * What was known of an alert's contract from the bulletin of `trade_date` (ISO), a day before its own.
 *
 * Distances are the alert's price less the settlement, in points and in percent of it. The change of open
 * interest is in contracts, against the trading day before; None where one of the two is not known.
 */
export interface Context {
  trade_date: string;
  settlement?: number | null;
  settlement_distance?: number | null;
  settlement_distance_pct?: number | null;
  open_interest?: number | null;
  open_interest_change?: number | null;
  volume?: number | null;
}
/**
 * The range that the next `horizon` candles are expected to cover, in the instrument's own numbers.
 *
 * low and high hold it `level` of the time; `usual` is the mean of such ranges after this time of day.
 * `expected` is the model's own prediction, before the band's correction; None where an older version told
 * the outlook.
 */
export interface Outlook {
  horizon: number;
  low: number;
  high: number;
  usual: number;
  level: number;
  expected?: number | null;
}
/**
 * The measured share in which the alert's own target comes first, its 95 % interval, and of how many.
 *
 * `baseline` is what any candle has; `as_of` the session (ISO date) up to which it was measured.
 */
export interface Chance {
  p: number;
  low: number;
  high: number;
  n: number;
  baseline: number;
  as_of: string;
}
/**
 * The alerts that belong together: its id, and the ids of those that agree and that conflict.
 *
 * Of the alerts up to the own candle; see domain/alerts/opportunity.py.
 */
export interface Opportunity {
  id: string;
  agrees: string[];
  conflicts: string[];
}
/**
 * How much an alert is worth being rung for; `why` names what the score was made of.
 *
 * "range": how far the expected range is beyond the usual one; "range_and_chance": the chance beside it.
 */
export interface Attention {
  score: number;
  why: string;
}
/**
 * What a point of one contract is worth, in money of `currency` (ISO 4217).
 */
export interface Worth {
  point_value: number;
  currency: string;
}
/**
 * The level that an alert of pattern `price_level` is about; the alert is for its owner alone.
 *
 * It rings once in all candles that open at `since` or later (epoch seconds).
 */
export interface OwnLevel {
  id: string;
  owner: string;
  price: number;
  crossing: Crossing;
  since: number;
  note: string;
}
/**
 * Why an alert did not ring its operator: score and threshold where they were known.
 */
export interface Listed {
  why: Why;
  score?: number | null;
  threshold?: number | null;
}
/**
 * The end of an answer to `resume`: how far it went.
 */
export interface Resumed {
  action: "resumed";
  /**
   * Last number seen by contract.
   */
  cursor: {
    [k: string]: number;
  };
}
/**
 * Somebody decided, or nobody in time (operator "system", decision "TIMEOUT").
 *
 * With `own` that is so for this operator alone, else for the desk. Who is `watching` may decide yet.
 */
export interface ActionFrame {
  action: "action";
  alert_id: string;
  operator: string;
  decision: "executed" | "rejected" | "watching" | "false_alarm" | "TIMEOUT";
  note: string | null;
  order_id?: string | null;
  /**
   * Epoch seconds, UTC.
   */
  at: number;
  own: boolean;
}
/**
 * Somebody is about to decide, until when they may take it back; with null they have taken it back.
 *
 * Nothing of it is recorded. Of two who are about to, the earlier `at` goes on, then the lesser operator id.
 */
export interface PendingFrame {
  action: "pending";
  alert_id: string;
  operator: string;
  decision: ("executed" | "rejected" | "watching" | "false_alarm") | null;
  /**
   * Epoch seconds, UTC.
   */
  at: number;
  /**
   * Epoch seconds, UTC.
   */
  until: number;
}
/**
 * All that the operator has muted; what is not named any more rings again.
 */
export interface MutedFrame {
  action: "muted";
  mutes: MutedUntil[];
}
/**
 * A pattern or an instrument that does not ring until then.
 */
export interface MutedUntil {
  of: "pattern" | "instrument";
  name: string;
  /**
   * Epoch seconds, UTC.
   */
  until: number;
}
/**
 * An alert that the operator watches comes back: its time has come.
 */
export interface ReminderFrame {
  action: "reminder";
  alert_id: string;
  /**
   * Epoch seconds, UTC.
   */
  at: number;
}
/**
 * All alerts that come back to the operator at a time; what is not named does not.
 */
export interface RemindersFrame {
  action: "reminders";
  reminders: ComesBack[];
}
/**
 * An alert that comes back then.
 */
export interface ComesBack {
  alert_id: string;
  /**
   * Epoch seconds, UTC.
   */
  at: number;
}
/**
 * An operator handed these open alerts over to a colleague; told to both.
 *
 * Who asks again hears it again.
 */
export interface HandoverFrame {
  action: "handover";
  operator: string;
  to: string;
  alert_ids: string[];
  /**
   * Epoch seconds, UTC.
   */
  at: number;
}
/**
 * Alerts that were held back, counted.
 */
export interface DigestFrame {
  action: "digest";
  total: number;
  reason: string;
  /**
   * Epoch seconds, UTC.
   */
  since: number;
  /**
   * Epoch seconds, UTC.
   */
  until: number;
  counts: HeldBackCount[];
}
/**
 * So many alerts of one contract, pattern and side.
 */
export interface HeldBackCount {
  instrument: string;
  contract: string;
  pattern: string;
  direction: string;
  count: number;
}
/**
 * A feed fell silent, recovered, flaps, rolled, or set candles aside; one may come twice, its id tells.
 *
 * `since` is when the first candle that is missing opened, `at` when it was noticed, `cause` why it fell
 * silent, `detail` the bridge's own words; `filled` tells of a recovery what became of the missing candles,
 * `previous` of a roll the contract before. Of candles set aside (they cannot be, so they are not judged)
 * `count` is how many they are and `since` the open of the newest. Of a feed that flaps `count` is how many
 * silences began from `since` to `at`, and `missing` of the `expected` candles were not there in time.
 */
export interface FeedFrame {
  action: "feed";
  kind: Kind;
  id: string;
  instrument: string;
  contract: string;
  timeframe: string;
  symbol: string;
  /**
   * Epoch seconds, UTC.
   */
  since: number;
  /**
   * Epoch seconds, UTC.
   */
  at: number;
  cause: Cause | null;
  detail: string | null;
  filled: Filled | null;
  previous: string | null;
  count?: number | null;
  missing?: number | null;
  expected?: number | null;
}
/**
 * A candle has closed. After a hole the screen asks for those between (GET /api/candles).
 */
export interface CandleFrame {
  action: "candle";
  instrument: string;
  contract: string;
  timeframe: string;
  candle: Candle;
}
/**
 * Several candles have closed; told to a screen that said `together`, others get a frame for each.
 */
export interface CandlesFrame {
  action: "candles";
  candles: ClosedCandle[];
}
/**
 * One of several candles of a frame, as a `candle` frame tells it.
 */
export interface ClosedCandle {
  instrument: string;
  contract: string;
  timeframe: string;
  candle: Candle;
}
/**
 * Where the price of an instrument that this screen follows stands; nothing was judged on it.
 *
 * `time` is the price's last change. `synthetic`: a replay made it of a candle; it was never the price.
 */
export interface QuoteFrame {
  action: "quote";
  instrument: string;
  contract: string;
  /**
   * Epoch seconds, UTC.
   */
  time: number;
  bid: number;
  ask: number;
  last: number | null;
  synthetic: boolean;
}
/**
 * The answer to `ping`; `cursor` as in `hello`, so that a screen sees what it was not told of.
 */
export interface Pong {
  action: "pong";
  /**
   * Epoch seconds, UTC.
   */
  server_time: number;
  cursor?: {
    [k: string]: number;
  } | null;
}
/**
 * A frame that was not understood or must not be obeyed; nothing was changed.
 */
export interface ErrorFrame {
  action: "error";
  code: string;
  message: string;
}
/**
 * Show me these; omitted means everything the operator is entitled to.
 */
export interface Subscribe {
  action: "subscribe";
  /**
   * @maxItems 100
   */
  symbols?: string[];
  /**
   * @maxItems 10
   */
  patterns?:
    | []
    | [Pattern | "*"]
    | [Pattern | "*", Pattern | "*"]
    | [Pattern | "*", Pattern | "*", Pattern | "*"]
    | [Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*"]
    | [Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*"]
    | [Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*"]
    | [Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*"]
    | [Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*", Pattern | "*"]
    | [
        Pattern | "*",
        Pattern | "*",
        Pattern | "*",
        Pattern | "*",
        Pattern | "*",
        Pattern | "*",
        Pattern | "*",
        Pattern | "*",
        Pattern | "*"
      ]
    | [
        Pattern | "*",
        Pattern | "*",
        Pattern | "*",
        Pattern | "*",
        Pattern | "*",
        Pattern | "*",
        Pattern | "*",
        Pattern | "*",
        Pattern | "*",
        Pattern | "*"
      ];
  /**
   * How loud an alert is; `rank` orders them.
   */
  min_severity?: "critical" | "high" | "medium";
  /**
   * Candles too, as they close: for charts.
   */
  candles?: boolean;
  /**
   * I take several candles in one frame, `candles`.
   */
  together?: boolean;
}
/**
 * I have seen up to these numbers, by contract.
 */
export interface Resume {
  action: "resume";
  cursor: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[\w$@*.-]+$".
     */
    [k: string]: number;
  };
}
/**
 * The alert is on a screen.
 */
export interface Receipt {
  action: "receipt";
  alert_id: string;
}
/**
 * My decision on this alert.
 */
export interface Act {
  action: "act";
  alert_id: string;
  decision: "executed" | "rejected" | "watching" | "false_alarm";
  note?: string | null;
  order_id?: string | null;
}
/**
 * I have decided so and may still take it back; with null I have taken it back.
 */
export interface Pending {
  action: "pending";
  alert_id: string;
  decision: ("executed" | "rejected" | "watching" | "false_alarm") | null;
}
/**
 * Do not ring me for alerts of this one's pattern, or market, for MUTE_S.
 */
export interface MuteFrame {
  action: "mute";
  alert_id: string;
  of: "pattern" | "instrument";
}
/**
 * Ring me again for this pattern or market.
 */
export interface Unmute {
  action: "unmute";
  of: "pattern" | "instrument";
  name: string;
}
/**
 * Bring this alert, which I watch, back in so many minutes; with null no more.
 */
export interface Remind {
  action: "remind";
  alert_id: string;
  minutes: number | null;
}
/**
 * I hand all my open alerts that concern this colleague over to them.
 */
export interface Handover {
  action: "handover";
  to: string;
}
/**
 * I look at these instruments: send me their quotes for the next FOLLOW_S seconds; none: no more.
 */
export interface Follow {
  action: "follow";
  /**
   * @maxItems 50
   */
  instruments: string[];
}
/**
 * Keeps the socket from idling out.
 */
export interface Ping {
  action: "ping";
}

export const PATTERNS = ["volatility_extreme","engulfing","rsi_divergence","level_break","unusual_range","price_level"] as const;
export const SEVERITIES = ["medium","high","critical"] as const;
export const VERDICTS = ["executed","rejected","watching","false_alarm"] as const;

export const NOTE_LIMIT = 500;
export const ORDER_LIMIT = 40;
