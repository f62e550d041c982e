// Who are you? A pasted token, or on a development machine an operator's name.

import { ApiError, login, type Config } from "../link/api";
import type { Language } from "../core/format";
import { word } from "../core/words";
import { fill, h, say } from "./dom";

export function askToken(root: HTMLElement, config: Config, language: Language, message: string, entered: (token: string) => void, turned: () => void): void {
  document.documentElement.lang = language;
  const error = h("p", { class: "error", role: "alert" }, message);
  const title = h("h1", { class: "brand" }, h("span", { "aria-hidden": "true", class: "logo" }, "▞"), "Pregão");
  const forms = [tokenForm(language, entered)];
  if (config.dev_login) forms.unshift(operatorForm(config, language, entered, (text) => say(error, text)));
  const other = h("button", { type: "button", class: "quiet", lang: language === "en" ? "pt-BR" : "en", onclick: turned }, language === "en" ? "Português" : "English");
  fill(root, h("main", { class: "login" }, title, error, ...forms, other));
  root.querySelector<HTMLElement>("input")?.focus();
}

function operatorForm(config: Config, language: Language, entered: (token: string) => void, failed: (text: string) => void): HTMLElement {
  const name = h("input", { name: "operator", autocomplete: "username", autocapitalize: "none", required: true, maxlength: 40 });
  const enter = async (operator: string) => {
    try {
      entered(await login(config.api_url, operator));
    } catch (error) {
      failed(word(error instanceof ApiError && error.status > 0 ? "login_failed" : "server_away", language));
    }
  };
  const submit = (event: Event) => {
    event.preventDefault();
    void enter(name.value.trim());
  };
  const known = config.operators.map((one) => h("button", { type: "button", class: "quiet", onclick: () => void enter(one) }, one));
  return h("form", { onsubmit: submit }, h("label", { class: "field" }, h("span", {}, word("operator", language)), name), h("button", { class: "primary", type: "submit" }, word("sign_in", language)),
    known.length ? h("p", { class: "known" }, word("try_as", language), " ", ...known) : null);
}

function tokenForm(language: Language, entered: (token: string) => void): HTMLElement {
  const token = h("input", { name: "token", type: "password", autocomplete: "off", required: true });
  const submit = (event: Event) => {
    event.preventDefault();
    entered(token.value.trim());
  };
  return h("form", { onsubmit: submit }, h("label", { class: "field" }, h("span", {}, word("token", language)), token),
    h("p", { class: "fine" }, word("token_help", language)), h("button", { type: "submit" }, word("sign_in", language)));
}
