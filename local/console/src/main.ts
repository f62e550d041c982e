// Starts the console: its configuration, a token, the desk.

import { App } from "./app/app";
import { word } from "./core/words";
import { Api, ApiError, loadConfig, type Config } from "./link/api";
import { fill, h } from "./ui/dom";
import { askToken } from "./ui/login";
import * as store from "./ui/store";

const PAUSES_MS = [200, 500, 1000, 2000]; // one hiccup must not cost a trader two seconds
const root = document.getElementById("root") as HTMLElement;
const language = () => store.preferences().language ?? "pt-BR";

async function start(): Promise<void> {
  const theme = store.preferences().theme ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");
  document.documentElement.dataset.theme = theme;
  const brought = store.takeFragment();
  if (brought.token) store.saveToken(brought.token);
  const config = await patiently(loadConfig);
  const token = store.token();
  if (token) await enter(config, token, brought.alert);
  else ask(config, "", brought.alert);
}

function ask(config: Config, reason: string, alert: string | null): void {
  askToken(root, config, language(), reason && word(reason, language()), (token) => {
    store.saveToken(token);
    void enter(config, token, alert);
  }, () => {
    store.savePreferences({ ...store.preferences(), language: language() === "en" ? "pt-BR" : "en" });
    ask(config, reason, alert);
  });
}

async function enter(config: Config, token: string, alert: string | null): Promise<void> {
  const api = new Api(config.api_url, token);
  try {
    const desk = await patiently(api.desk);
    const app = new App(root, config, token, api, desk, (reason) => ask(config, reason, null));
    if (alert) await app.openLink(alert);
  } catch {
    store.saveToken(null);
    ask(config, "token_refused", alert);
  }
}

/** Ask until somebody answers; what was refused is refused. */
async function patiently<T>(asked: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await asked();
    } catch (error) {
      if (error instanceof ApiError && error.unauthorised) throw error;
      if (failures) fill(root, h("main", { class: "login" }, h("p", { role: "status" }, word("server_away", language()))));
      await new Promise((resolve) => window.setTimeout(resolve, PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)]));
    }
  }
}

void start();
