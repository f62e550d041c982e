// Elements without markup: all text goes in as text, so what others wrote can never become more than that.

export type Child = Node | string | null | false | undefined;
type Props = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

/** Make an element. Functions become listeners (`onclick`), true an empty attribute, false, null and undefined none. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  fill(made, ...children);
  return made;
}

/** Replace what stands in an element. */
export function fill(into: Element, ...children: Child[]): void {
  into.replaceChildren(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
}

/** Set text only where it differs: a screen reader and the layout are left in peace. */
export function say(into: Element, text: string): void {
  if (into.textContent !== text) into.textContent = text;
}

export function option(value: string, label: string, selected: boolean): HTMLOptionElement {
  const made = h("option", { value }, label);
  made.selected = selected;
  return made;
}

/** A labelled select. */
export function select(label: string, choices: readonly (readonly [string, string])[], value: string, changed: (value: string) => void, name: string): HTMLElement {
  const box = h("select", { name, onchange: () => changed(box.value) }, ...choices.map(([key, text]) => option(key, text, key === value)));
  return h("label", { class: "field" }, h("span", {}, label), box);
}

/** Nobody types here: may one key be a command? */
export function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|select|textarea)$/i.test(target.tagName));
}
