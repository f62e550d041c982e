// Desktop notifications, and the number in the title: what came while nobody looked.

import { planOf, type Alert } from "../../core/link/frames";
import { price, type Language } from "../../core/format";
import { ARROWS, headline, outlookWords } from "../../core/why";
import { word } from "../../core/words";

export type Permission = "granted" | "denied" | "default" | "none";

export const permission = (): Permission => ("Notification" in window ? Notification.permission : "none");

export async function ask(): Promise<Permission> {
  return "Notification" in window ? Notification.requestPermission() : "none";
}

export function notify(alert: Alert, language: Language, opened: () => void): void {
  if (permission() !== "granted") return;
  const plan = planOf(alert);
  const body = plan ? `${word("stop", language)} ${price(plan.stop_loss, alert.tick_size, language)} · ${word("target", language)} ${price(plan.take_profit, alert.tick_size, language)}` : outlookWords(alert, language);
  try {
    // One tag per alert: two tabs make one notification of it.
    const shown = new Notification(`${ARROWS[alert.direction]} ${headline(alert, language)}`, { body, tag: alert.id, lang: language });
    shown.onclick = () => {
      window.focus();
      opened();
      shown.close();
    };
  } catch {
    return; // some phones allow them to service workers alone
  }
}

export class Unread {
  private ids = new Set<string>();
  private mark = "";

  add(id: string): void {
    this.ids.add(id);
    this.show();
  }

  drop(ids: Iterable<string>): void {
    for (const id of ids) this.ids.delete(id);
    this.show();
  }

  /** Nothing may come meanwhile: a hidden tab has its title alone to say so. */
  deaf(deaf: boolean): void {
    this.mark = deaf ? "⚠ " : "";
    this.show();
  }

  private show(): void {
    document.title = `${this.mark}${this.ids.size ? `(${this.ids.size}) ` : ""}Pregão`;
  }
}
