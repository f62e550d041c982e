// Starts the compliance page: an officer's token, the questions, their answers.

import { AuditApi, Refused } from "./compliance/api";
import { AuditPage } from "./compliance/page";
import { word } from "./compliance/words";
import type { Language } from "./core/format";
import { fill, h } from "./ui/dom";

const TOKEN = "pregao.officer";
const root = document.getElementById("root") as HTMLElement;
let language: Language = localStorage.getItem("pregao.officer.language") === "en" ? "en" : "pt-BR";

interface Config { api_url: string; dev_login: boolean; officers: string[] }

async function start(): Promise<void> {
  if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.dataset.theme = "dark";
  const found = (await (await fetch("config.json", { cache: "no-store" })).json()) as Partial<Config>;
  const config = { api_url: String(found.api_url ?? ""), dev_login: found.dev_login === true, officers: Array.isArray(found.officers) ? found.officers.map(String) : [] };
  const fragment = new URLSearchParams(location.hash.slice(1));
  const brought = fragment.get("token");
  fragment.delete("token"); // it must not stay in the address for others to read
  if (brought !== null) history.replaceState(null, "", location.pathname + location.search + (fragment.size ? `#${fragment}` : ""));
  if (brought) sessionStorage.setItem(TOKEN, brought);
  const token = sessionStorage.getItem(TOKEN);
  if (token) await enter(config, token);
  else login(config, "");
}

async function enter(config: Config, token: string): Promise<void> {
  const api = new AuditApi(config.api_url, token);
  try {
    const info = await api.page();
    sessionStorage.setItem(TOKEN, token);
    if (localStorage.getItem("pregao.officer.language") === null) language = info.officer.language === "en" ? "en" : "pt-BR";
    new AuditPage(root, api, info, language, (to) => { turn(to); void enter(config, token); }, (reason) => leave(config, reason));
  } catch (error) {
    const status = error instanceof Refused ? error.status : 0;
    if (status === 401) leave(config, word("refused", language));
    else login(config, word(status === 503 ? "not_recorded" : "away", language));
  }
}

function leave(config: Config, reason: string): void {
  sessionStorage.removeItem(TOKEN);
  login(config, reason);
}

function turn(to: Language): void {
  language = to;
  localStorage.setItem("pregao.officer.language", to);
}

function login(config: Config, reason: string): void {
  document.documentElement.lang = language;
  document.title = `Pregão: ${word("title", language)}`;
  const token = h("input", { name: "token", type: "password", autocomplete: "off", required: true });
  const submit = (event: Event) => {
    event.preventDefault();
    void enter(config, token.value.trim());
  };
  const known = config.dev_login ? config.officers.map((one) => h("button", { type: "button", class: "quiet", onclick: () => void dev(config, one) }, one)) : [];
  const other: Language = language === "en" ? "pt-BR" : "en";
  fill(root, h("main", { class: "login" },
    h("h1", { class: "brand" }, h("span", { "aria-hidden": "true", class: "logo" }, "▞"), `Pregão: ${word("title", language)}`),
    h("p", { class: "error", role: "alert" }, reason),
    h("form", { onsubmit: submit }, h("label", { class: "field" }, h("span", {}, word("token", language)), token),
      h("p", { class: "fine" }, word("token_help", language)), h("button", { class: "primary", type: "submit" }, word("sign_in", language)),
      known.length ? h("p", { class: "known" }, word("try_as", language), " ", ...known) : null),
    h("button", { type: "button", class: "quiet", lang: other, onclick: () => { turn(other); login(config, ""); } }, other === "en" ? "English" : "Português")));
  token.focus();
}

/** On a development machine, a token by an officer's name. */
async function dev(config: Config, officer: string): Promise<void> {
  const body = JSON.stringify({ officer });
  const answer = await fetch(`${config.api_url}/login`, { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => null);
  const found = answer?.ok ? ((await answer.json()) as { token?: unknown }) : {};
  if (found.token) await enter(config, String(found.token));
  else login(config, word(answer ? "refused" : "away", language));
}

void start();
