// What the parts of the page are given to draw, and what they may ask for.

import type { Act } from "../../core/desk/acts";
import type { Entry } from "../../core/desk/desk";
import type { Heir } from "../../core/desk/handover";
import type { Level, LevelAsked } from "../../core/desk/levels";
import type { Filter, Sort, View } from "../../core/desk/filters";
import type { DigestFrame, Mute, PendingFrame, Verdict } from "../../core/link/frames";
import type { Language } from "../../core/format";
import type { Replayed } from "../../core/link/replay";
import type { Ticket } from "../../core/desk/ticket";
import type { Health, Line, Silence, Trouble } from "../../core/truth";
import type { DeskInfo, Instrument, Reached } from "../../link/api";
import type { Permission } from "../device/notify";
import type { Study } from "../../core/chart/studies";

/** `blocked`: armed, but the browser gives no sound. `line`: armed, but no alert can come. `other`: another tab rings. */
export type SoundState = "off" | "on" | "other" | "blocked" | "line";

export type Mode = "live" | "history" | "replay";

export interface Scene {
  language: Language; theme: "dark" | "light"; mode: Mode; now: number; /** The server's clock, also while another day is shown. */ today: number; /** The page's own clock. */ clock: number;
  desk: DeskInfo; me: string; trader: boolean; nameOf(operator: string): string; /** The zone in which an instrument's times are written: its exchange's. */ zoneOf(instrument: string): string;
  /** One for each opportunity; what else it has stands in `together`, and `leadOf` tells the row of any alert. */ entries: readonly Entry[]; together: ReadonlyMap<string, readonly Entry[]>; leadOf: (id: string) => string; all: readonly Entry[]; hidden: number; /** Of the hidden, those that the server still waits to hear of. */ unconfirmed: number; selected: Entry | null; fresh: ReadonlySet<string>;
  actOf(id: string): { act: Act; out: boolean } | null;
  /** When a watched alert comes back; null where no time was chosen. */ comesBack(id: string): number | null;
  /** Colleagues whom something of one's open alerts concerns, and how many. */ heirs: readonly Heir[];
  /** Patterns and markets that do not ring for a while, by one's own choice. */ mutes: readonly Mute[];
  /** The colleague who is about to decide on an alert, within the seconds of the grace. */ takenBy(id: string): PendingFrame | null;
  /** Where the price stands on the selected alert while one may decide; null where there is nothing to enter. */ ticket: Ticket | null;
  /** How many contracts the operator trades of an instrument, by their own word. */ sizeOf(instrument: string): number;
  filter: Filter; views: readonly View[]; instrument: Instrument; timeframe: string; /** The timeframe whose candles are posted: bars of the one that is shown may be made of them. */ posted: string;
  quotes: ReadonlyMap<string, { last: number; change: number | null }>; /** Open alerts by instrument, live. */ openOf: ReadonlyMap<string, number>;
  /** The operator's own price alerts, and how many one may have; null before the server said so. */ levels: readonly Level[]; levelsAtMost: number | null;
  line: Line; resumed: string; health: Health | null; healthAt: number; healthFailing: boolean; heldBack: DigestFrame | null; silences: ReadonlyMap<string, Silence>; newestCandle: ReadonlyMap<string, number>;
  skew: number | null; p95: number | null; samples: number; troubles: readonly Trouble[];
  sound: SoundState; permission: Permission; notifying: boolean; keys: boolean;
  reading: "reading" | "read" | "failed"; day: string; more: boolean; /** A past session that the server tells as if it were now. */ replayed: Replayed | null; /** Was it decided on after its stop or target was touched? */ late(entry: Entry): boolean; /** May one still decide on it, whatever is shown? */ openLive(id: string): boolean;
  replay: { now: number; progress: number; speed: number; paused: boolean; done: boolean } | null;
}

export interface Orders {
  pick(id: string): void;
  decide(id: string, decision: Verdict, note: string, orderId: string): void;
  undo(id: string): void;
  size(instrument: string, contracts: number): void;
  mute(id: string, of: Mute["of"]): void;
  unmute(mute: Mute): void;
  /** Bring a watched alert back in so many minutes, null for no more; or at its price. */
  remind(id: string, minutes: number | null): void;
  backAtPrice(id: string): void;
  /** Hand what one has open over to a colleague, at a change of shift. */
  handOver(to: string): void;
  /** Ask anew how the colleagues are: whose phone is silent. */
  askDesk(): void;
  /** Open the operator's own price alerts, for a new one at a price. */
  levels(price?: number): void;
  saveLevel(asked: LevelAsked): void;
  changeLevel(id: string, change: Partial<Pick<Level, "price" | "paused">>): void;
  removeLevel(id: string): void;
  filter(filter: Filter): void;
  sort(sort: Sort): void;
  saveView(name: string): void;
  removeView(name: string): void;
  market(instrument: string, timeframe: string): void;
  mode(mode: "live" | "history"): void;
  day(day: string): void;
  more(): void;
  replay(): void;
  pause(): void;
  speed(speed: number): void;
  sound(): void;
  notifications(): void;
  phone(): void;
  reached(id: string): Promise<readonly Reached[]>;
  language(): void;
  theme(): void;
  keys(on: boolean): void;
  studies(chosen: readonly Study[]): void;
  score(): void;
  redraw(): void;
  logout(): void;
}
