import assert from "node:assert/strict";
import { test } from "node:test";
import { stage } from "./stage"; // before what it stands for is used
import { Ringer } from "../src/link/tabs";

type Held = () => Promise<void>;
interface Wait { held: Held; refuse(error: Error): void }

/** Web Locks with one name, as the browser keeps them for all tabs. */
class Locks {
  holder: Wait | null = null;
  queue: Wait[] = [];

  request(_: string, how: { steal?: boolean; signal?: AbortSignal }, held: Held): Promise<void> {
    return new Promise((resolve, refuse) => {
      const wait = { held, refuse };
      how.signal?.addEventListener("abort", () => {
        this.queue = this.queue.filter((one) => one !== wait);
        refuse(new DOMException("", "AbortError"));
      });
      if (how.steal) {
        this.holder?.refuse(new DOMException("", "AbortError"));
        this.holder = null;
        this.queue.unshift(wait);
      } else this.queue.push(wait);
      this.next(resolve);
    });
  }

  private next(ended: () => void = () => undefined): void {
    const first = this.holder ? undefined : this.queue.shift();
    if (!first) return;
    this.holder = first;
    void first.held().then(() => {
      if (this.holder === first) this.holder = null;
      ended();
      this.next();
    });
  }
}

function two(): [Ringer, Ringer] {
  Object.assign(stage.navigator, { locks: new Locks() });
  const tabs = [new Ringer("ana", () => undefined), new Ringer("ana", () => undefined)] as [Ringer, Ringer];
  for (const tab of tabs) tab.join();
  return tabs;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("of two tabs one has the right to ring, and the other takes it at once when it is given up", async () => {
  const [one, other] = two();
  assert.deepEqual([one.holds, other.holds], [true, false]);
  one.leave();
  await settled();
  assert.deepEqual([one.holds, other.holds], [false, true]);
  one.join();
  other.leave();
  await settled();
  assert.deepEqual([one.holds, other.holds], [true, false]);
});

test("the right can be taken from a tab that does not ring; that one waits for its next turn", async () => {
  const [one, other] = two();
  other.take();
  await settled();
  assert.deepEqual([one.holds, other.holds], [false, true]);
  other.leave();
  await settled();
  assert.deepEqual([one.holds, other.holds], [true, false]);
});

test("who waits no more is given nothing", async () => {
  const [one, other] = two();
  other.leave();
  one.leave();
  await settled();
  assert.deepEqual([one.holds, other.holds], [false, false]);
});

test("where the browser refuses locks, every tab rings", async () => {
  Object.assign(stage.navigator, { locks: { request: () => Promise.reject(new DOMException("", "SecurityError")) } });
  const tab = new Ringer("ana", () => undefined);
  tab.join();
  await settled();
  assert.ok(tab.holds);
  tab.leave();
  assert.ok(!tab.holds);
});
