// The service worker: it keeps the page's own files, and shows them when the network does not answer. It never touches a
// service's answer, `/config.json` or `/docs`. `scripts/write-worker.mjs` puts VERSION, PAGES and ASSETS before it, so each
// build has a worker of its own.
/* global VERSION, PAGES, ASSETS */

const PREFIX = "latchkey-page-";
const CACHE = PREFIX + VERSION;
/** Milliseconds to wait for a page from the network before the kept one is shown. */
const PAGE_LIMIT = 3_000;

/** Keeps all files of this build, or none: pages and scripts of different builds never meet. */
async function keep() {
  const cache = await caches.open(CACHE);
  await Promise.all([
    // The names of these change with what is in them, so whatever the browser has already is right.
    cache.addAll(ASSETS),
    cache.addAll(PAGES.map((path) => new Request(path, { cache: "no-cache" }))),
  ]);
}

async function forgetOtherBuilds() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** A page from the network, so that a new build is seen at once; the kept one when that takes too long or fails. */
async function page(request, path) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), PAGE_LIMIT);
  try {
    return await fetch(request, { signal: limit.signal });
  } catch (failure) {
    const kept = await caches.match(path, { cacheName: CACHE, ignoreVary: true });
    if (kept) {
      return kept;
    }
    throw failure;
  } finally {
    clearTimeout(timer);
  }
}

async function asset(request) {
  return (await caches.match(request, { cacheName: CACHE, ignoreVary: true })) ?? fetch(request);
}

self.addEventListener("install", (event) => {
  // At once: a build that waits for every tab to close would be an old one for days.
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOtherBuilds().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) {
    return;
  }
  if (request.mode === "navigate" && PAGES.includes(pathname)) {
    event.respondWith(page(request, pathname));
  } else if (ASSETS.includes(pathname)) {
    event.respondWith(asset(request));
  }
});
