// The page's parts in their places.

import { Card } from "../ui/alerts/card";
import { Chart } from "../ui/chart/chart";
import { fill, h } from "../ui/dom";
import { FilterBar } from "../ui/alerts/filterbar";
import { Header, Help } from "../ui/header";
import { HistoryBar } from "../ui/chart/historybar";
import { LevelsDialog } from "../ui/levels";
import { List } from "../ui/alerts/list";
import { Mutes } from "../ui/alerts/mutes";
import { Notices } from "../ui/notices";
import type { Study } from "../core/chart/studies";
import { Scoreboard } from "../ui/alerts/scoreboard";
import type { Orders, Scene } from "../ui/chart/scene";
import { Strip } from "../ui/strip";
import { word } from "../core/words";

const NARROW = "(max-width: 860px)"; // as in console.css

export class Page {
  readonly chart: Chart;
  readonly list: List;
  readonly card: Card;
  readonly notices = new Notices();
  readonly help: Help;
  readonly score = new Scoreboard();
  readonly levels: LevelsDialog;
  private readonly header: Header;
  readonly filters: FilterBar;
  private readonly past: HistoryBar;
  private readonly mutes: Mutes;
  private readonly strip = new Strip();
  private readonly skip = h("a", { class: "skip", href: "#alerts", onclick: (event) => { event.preventDefault(); this.list.root.focus(); } });
  private dressed = "";

  constructor(root: HTMLElement, orders: Orders, scene: () => Scene, studies: readonly Study[]) {
    this.help = new Help(orders);
    this.header = new Header(orders, () => this.help.open(scene()));
    this.filters = new FilterBar(orders);
    this.past = new HistoryBar(orders);
    this.mutes = new Mutes(orders);
    this.chart = new Chart((id) => orders.pick(id), studies, (chosen) => orders.studies(chosen), { ask: (price) => orders.levels(price), move: (id, price) => orders.changeLevel(id, { price }) });
    this.levels = new LevelsDialog(orders);
    this.list = new List(orders);
    this.card = new Card(orders);
    this.chart.root.append(this.notices.toasts); // over the picture: the list and the decision stay free
    // What is said of a trouble takes its room from the picture: the list and the decision stay where they are.
    const sight = h("div", { class: "sight" }, h("div", { class: "news" }, this.notices.replay, this.notices.banners), this.chart.root);
    const left = h("div", { class: "left" }, sight, h("section", { class: "panel" }, this.filters.root, this.mutes.root, this.list.root));
    fill(root, this.skip, this.header.root, this.past.root, h("main", { class: "desk" }, left, this.card.root), this.strip.root,
      this.notices.spoken, this.help.root, this.score.root, this.levels.root);
  }

  update(scene: Scene): void {
    const dress = `${scene.language}|${scene.theme}|${scene.mode}`;
    if (dress !== this.dressed) this.dress(scene, dress);
    this.header.update(scene);
    this.notices.update(scene);
    this.past.update(scene);
    this.filters.update(scene);
    this.mutes.update(scene);
    this.list.update(scene);
    this.card.update(scene);
    this.strip.update(scene);
    this.levels.update(scene);
    this.score.update(scene);
    this.chart.own(scene.mode === "live" ? scene.levels : [], scene.mode === "live" && scene.levelsAtMost !== 0); // not known yet: the dialog says so
  }

  /** On a phone the card stands above the list: what was picked there is brought into sight. */
  showCard(): void {
    if (matchMedia(NARROW).matches) this.card.root.scrollIntoView({ block: "start" });
  }

  /** All alerts that stand somewhere on the page. */
  get rendered(): Set<string> {
    return new Set([...this.list.rendered, ...this.card.rendered, ...this.notices.rendered]);
  }

  close(): void {
    this.list.close();
    this.chart.close();
    delete document.documentElement.dataset.mode;
  }

  private dress(scene: Scene, dress: string): void {
    this.dressed = dress;
    document.documentElement.lang = scene.language;
    document.documentElement.dataset.theme = scene.theme;
    document.documentElement.dataset.mode = scene.mode;
    this.skip.textContent = word("skip", scene.language);
    this.chart.dress(scene.language);
  }
}
