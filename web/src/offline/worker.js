// The service worker. It caches the page's own files and serves them when the network does not respond. It never
// handles responses of the services, `/config.json` or `/docs`. `scripts/write-worker.mjs` prepends VERSION, PAGES and
// ASSETS, so each build has its own worker.
/* global VERSION, PAGES, ASSETS */

const PREFIX = "latchkey-page-";
const CACHE = PREFIX + VERSION;
/** Milliseconds to wait for a page from the network before the cached one is shown. */
const PAGE_TIMEOUT = 3_000;

/** Caches all files of this build or none, so that pages and scripts of different builds are never mixed. */
async function precache() {
  const cache = await caches.open(CACHE);
  await Promise.all([
    // Asset names contain a content hash, so a copy in the browser's HTTP cache is current.
    cache.addAll(ASSETS),
    cache.addAll(PAGES.map((path) => new Request(path, { cache: "no-cache" }))),
  ]);
}

async function deleteOtherBuilds() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/**
 * Fetches a page from the network, so that a new build shows immediately. Falls back to the cache on errors and
 * timeouts.
 */
async function networkFirst(request, path) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), PAGE_TIMEOUT);
  try {
    return await fetch(request, { signal: limit.signal });
  } catch (failure) {
    const cached = await caches.match(path, { cacheName: CACHE, ignoreVary: true });
    if (cached) {
      return cached;
    }
    throw failure;
  } finally {
    clearTimeout(timer);
  }
}

async function cacheFirst(request) {
  return (await caches.match(request, { cacheName: CACHE, ignoreVary: true })) ?? fetch(request);
}

self.addEventListener("install", (event) => {
  // Without waiting for every tab to close, which can take days.
  event.waitUntil(precache().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(deleteOtherBuilds().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) {
    return;
  }
  if (request.mode === "navigate" && PAGES.includes(pathname)) {
    event.respondWith(networkFirst(request, pathname));
  } else if (ASSETS.includes(pathname)) {
    event.respondWith(cacheFirst(request));
  }
});
