// What is asked of the server before the program is read and run: the answers take longer than that.

import * as store from "../ui/store";
import { Api, loadConfig, type Config, type DeskInfo } from "./api";
import { knock } from "./socket";

/** An operator's way in, asked for already: who and what the desk is, and a socket that opens meanwhile. */
export interface Entry { api: Api; desk: Promise<DeskInfo>; socket: WebSocket }

/** What the page was opened with and has asked since; `entry` fails where the configuration could not be read. */
export interface Begun { alert: string | null; token: string | null; config: Promise<Config>; entry: Promise<Entry> | null }

/** Raises SyntaxError where the token or the socket's address cannot be one. */
export function enter(config: Config, token: string): Entry {
  const socket = knock(config, token);
  const api = new Api(config.api_url, token);
  return { api, desk: awaited(api.desk()), socket };
}

export function begin(): Begun {
  const brought = store.takeFragment();
  if (brought.token) store.saveToken(brought.token);
  const token = store.token();
  const config = awaited(loadConfig());
  return { alert: brought.alert, token, config, entry: token ? awaited(config.then((found) => enter(found, token))) : null };
}

/** It may fail before anybody waits for it. */
function awaited<T>(asked: Promise<T>): Promise<T> {
  asked.catch(() => undefined);
  return asked;
}
