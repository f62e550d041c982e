// The service worker: keeps the page's shell, shows notifications, and opens an alert where one is clicked.
// What the API answers is never kept, and a notification that was opened is no receipt: the page confirms what it shows.

import { alertAddress, readMessage } from "./core/push";

declare const self: ServiceWorkerGlobalScope;
interface PushSubscriptionChangeEvent extends ExtendableEvent { readonly oldSubscription?: PushSubscription | null; readonly newSubscription?: PushSubscription | null }
declare const SHELL: readonly string[];
declare const VERSION: string;

const CACHE = `shell-${VERSION}`;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...SHELL])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))));
  event.waitUntil(old.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  // The page itself comes from its server wherever that answers, so that a new one is seen at once.
  if (request.mode === "navigate" && pathname === "/") event.respondWith(fetch(request).catch(() => kept("/")));
  else if (pathname !== "/" && SHELL.includes(pathname)) event.respondWith(caches.match(pathname).then((found) => found ?? fetch(request)));
});

self.addEventListener("push", (event) => {
  const message = readMessage(read(event.data));
  const { title, body, topic, language, alert, action } = message ?? { title: "Pregão", body: "", topic: "", language: "pt-BR", alert: "", action: "" };
  // A later one of the same opportunity takes its place, and rings.
  const options = { body, tag: topic, renotify: topic !== "", lang: language, icon: "/icon-192.png", badge: "/icon-192.png", data: { alert }, actions: action ? [{ action: "open", title: action }] : [] };
  event.waitUntil(self.registration.showNotification(title, options as NotificationOptions));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const alert = (event.notification.data as { alert?: unknown } | null)?.alert;
  event.waitUntil(open(alertAddress(typeof alert === "string" ? alert : "")));
});

// A browser may give a device another address. The page tells the server, for the session is the page's: an open one now, else the next.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(changed(event as PushSubscriptionChangeEvent));
});

async function changed({ oldSubscription: old, newSubscription }: PushSubscriptionChangeEvent): Promise<void> {
  const key = old?.options.applicationServerKey;
  if (!newSubscription && key) await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  for (const page of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) page.postMessage({ subscribed: true });
}

async function open(address: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((one) => new URL(one.url).pathname === "/");
  if (!page) return void (await self.clients.openWindow(address));
  page.postMessage({ open: address }); // first: a browser may refuse the focus
  await page.focus();
}

async function kept(path: string): Promise<Response> {
  return (await caches.match(path)) ?? Response.error();
}

function read(data: PushMessageData | null): unknown {
  try {
    return data?.json();
  } catch {
    return null;
  }
}
