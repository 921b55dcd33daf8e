// Lets the participate page be opened without a connection. The server puts VERSION, HOME and FILES before this.
// Only that page and the files it needs are kept; nothing else of the conversation is.

const NAME = `klal ${HOME} ${VERSION}`;

addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(NAME)
      .then((cache) => Promise.all([cache.addAll(FILES), keep(cache)]))
      .then(() => skipWaiting()),
  );
});

addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => names.filter((name) => name.startsWith(`klal ${HOME} `) && name !== NAME));
  event.waitUntil(old.then((names) => Promise.all(names.map((name) => caches.delete(name)))).then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith(VERSION)) event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  else if (request.mode === "navigate") event.respondWith(open(request, url));
});

async function open(request, url) {
  const cache = await caches.open(NAME);
  try {
    const answer = await fetch(request);
    if (answer.ok && url.pathname === HOME && !url.search) await cache.put(HOME, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(HOME);
    if (!kept) throw error;
    if (url.pathname !== HOME) return Response.redirect(HOME);
    const text = await kept.text();
    return new Response(text.replace("<html", "<html data-kept"), { headers: kept.headers });
  }
}

async function keep(cache) {
  const answer = await fetch(HOME);
  if (answer.ok) await cache.put(HOME, answer);
}
