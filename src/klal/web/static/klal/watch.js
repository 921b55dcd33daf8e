// The watch page as it changes: fetched again after every analysis and every new statement, and once a minute.

import { listen } from "./map.js";
import { byId, pageData } from "./words.js";

const PAUSE = 2000, MINUTE = 60_000, TELL = 120_000;
const data = pageData(), live = byId("live"), status = byId("live-status");
let last = Date.now(), timer = 0, told = Date.now();

function ask() {
  // what comes in a moment is fetched together
  if (timer || document.visibilityState !== "visible") return;
  timer = setTimeout(refresh, Math.max(0, last + PAUSE - Date.now()));
}

async function refresh() {
  timer = 0;
  last = Date.now();
  try {
    const answer = await fetch(data.part, { headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected) replace(await answer.text());
  } catch {
    // the page stays as it was until the next time
  }
}

function replace(html) {
  const focused = live.contains(document.activeElement);
  const open = [...live.querySelectorAll("details")].map((one) => one.open);
  if (focused || open.some(Boolean)) {
    // what somebody reads or is on with the keyboard stays; the numbers above it do not move
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const fresh = holder.content.querySelector(".numbers"), old = live.querySelector(".numbers");
    if (fresh && old && !old.contains(document.activeElement)) old.replaceWith(fresh);
  } else {
    live.innerHTML = html;
  }
  if (Date.now() - told > TELL) {
    told = Date.now();
    status.textContent = data.told;
  }
}

if (data.home) {
  let first = true;
  listen(data.home, () => (first ? (first = false) : ask()));
}
setInterval(ask, MINUTE);
