// Starts the console: its configuration, a token, the desk.

import { App } from "./app/app";
import { word } from "./core/words";
import { ApiError, loadConfig, type Config } from "./link/api";
import { enter, type Begun, type Entry } from "./link/begin";
import { fill, h } from "./ui/dom";
import { askToken } from "./ui/login";
import * as store from "./ui/store";

const PAUSES_MS = [200, 500, 1000, 2000]; // one hiccup must not cost a trader two seconds
const root = document.getElementById("root") as HTMLElement;
const language = () => store.preferences().language ?? "pt-BR";

/** Run the page on what was asked for before it. */
export async function run(begun: Begun): Promise<void> {
  const theme = store.preferences().theme ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");
  document.documentElement.dataset.theme = theme;
  const config = await patiently(loadConfig, begun.config);
  if (begun.token) await open(config, begun.token, begun.alert, begun.entry);
  else ask(config, "", begun.alert);
}

function ask(config: Config, reason: string, alert: string | null): void {
  askToken(root, config, language(), reason && word(reason, language()), (token) => {
    store.saveToken(token);
    void open(config, token, alert);
  }, () => {
    store.savePreferences({ ...store.preferences(), language: language() === "en" ? "pt-BR" : "en" });
    ask(config, reason, alert);
  });
}

async function open(config: Config, token: string, alert: string | null, entering: Promise<Entry> | null = null): Promise<void> {
  let entry: Entry | null = null;
  try {
    // Nobody enters by a configuration that could not be read: what was asked by it is asked anew.
    entry = (await entering?.catch(() => null)) ?? enter(config, token);
    const desk = await patiently(entry.api.desk, entry.desk);
    const app = new App(root, config, token, entry.api, desk, (reason) => ask(config, reason, null), entry.socket);
    if (alert) await app.openLink(alert);
  } catch {
    entry?.socket.close();
    store.saveToken(null);
    ask(config, "token_refused", alert);
  }
}

/** Ask until somebody answers, `first` being asked already; what was refused is refused. */
async function patiently<T>(asked: () => Promise<T>, first: Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await (failures ? asked() : first);
    } catch (error) {
      if (error instanceof ApiError && error.unauthorised) throw error;
      if (failures) fill(root, h("main", { class: "login" }, h("p", { role: "status" }, word("server_away", language()))));
      await new Promise((resolve) => window.setTimeout(resolve, PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)]));
    }
  }
}
