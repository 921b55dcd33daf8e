// The queue without waiting: the next statement is there before the last decision has arrived, and keys do what the buttons do.

import { byId, pageData } from "./words.js";

const RENEW = 45_000, ENOUGH = 2;
const data = pageData();
const stage = byId("stage"), list = byId("list"), empty = byId("empty");
const said = byId("said"), flash = byId("flash"), refused = byId("refused"), undo = byId("undo");
const cards = []; // {id, card}: dealt to this browser and not decided yet
const sent = new Set(), batches = [];
let place = 0, asking = false;

for (const one of document.querySelectorAll(".scripted")) one.hidden = Boolean(stage?.contains(one)); // there once it is dealt

const tell = (element, text) => {
  element.textContent = text;
  (element === said ? flash : element).hidden = !text;
};

async function post(address, body) {
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  const answer = await fetch(data.address + address, {
    method: "POST",
    body: new URLSearchParams(body),
    headers: { Accept: "application/json" },
    keepalive: true, // who leaves the page at once has decided all the same
  });
  const found = await answer.json();
  if (found.counts) for (const [name, count] of Object.entries(found.counts)) {
    const shown = document.querySelector(`[data-count="${name}"]`);
    if (shown) shown.textContent = count;
  }
  return { ok: answer.ok, status: answer.status, ...found };
}

function made({ id, html }) {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  let card = holder.content.firstElementChild;
  const version = card.querySelector("[name=statement]")?.value, before = stage.querySelector(`[data-id="${id}"]`);
  // it came with the page, and somebody may have begun to write in it
  if (before && before.querySelector("[name=statement]")?.value === version) card = before;
  for (const one of card.querySelectorAll(".scripted")) one.hidden = false;
  return { id, card };
}

function show({ focus = true } = {}) {
  place = Math.min(Math.max(place, 0), cards.length - 1);
  const now = cards[place]?.card;
  stage.replaceChildren(...(now ? [now] : []));
  empty.hidden = Boolean(now) || asking;
  if (!now) {
    const left = /[1-9]/.test(document.querySelector(`[data-count="${data.tab}"]`)?.textContent ?? "");
    empty.querySelector(".lede").textContent = left ? data.words.none_free : data.tab === "waiting" ? data.words.none_waiting : data.words.none;
  }
  if (focus && now) now.focus({ preventScroll: true });
  if (focus && !now && !asking) empty.querySelector(".lede").focus();
}

async function deal() {
  if (asking) return;
  asking = true;
  try {
    const body = new FormData();
    body.set("tab", data.tab);
    for (const id of [...cards.map((one) => one.id), ...sent]) body.append("keep", id);
    const found = await post("more/", body);
    for (const one of found.cards ?? []) if (!sent.has(one.id) && !cards.some((known) => known.id === one.id)) cards.push(made(one));
  } catch {
    // it is asked again when the next one is needed
  }
  asking = false;
  if (!stage.contains(cards[place]?.card ?? null)) show({ focus: document.activeElement === document.body });
}

async function decide(form, button) {
  const index = place, one = cards[place], body = new FormData(form, button);
  cards.splice(index, 1);
  sent.add(one.id);
  tell(refused, "");
  show();
  if (cards.length <= ENOUGH) deal();
  let answer;
  try {
    answer = await post("decide/", body);
  } catch {
    answer = { ok: false, message: data.words.failed };
  }
  if (answer.ok) {
    batches.push(answer.batch);
    tell(said, answer.said);
    undo.hidden = false;
    sent.delete(one.id);
    return;
  }
  sent.delete(one.id);
  tell(refused, answer.message);
  if (![404, 409].includes(answer.status)) { // nobody else has decided: it is here again
    cards.splice(index, 0, one);
    place = index;
    show();
  }
}

async function takeBack() {
  const batch = batches.pop();
  if (!batch) return;
  const body = new FormData();
  body.set("batch", batch);
  body.set("tab", data.tab);
  try {
    const answer = await post("undo/", body);
    if (!answer.ok) return tell(refused, answer.message);
    tell(said, answer.said);
    undo.hidden = !batches.length;
    cards.splice(place, 0, ...answer.cards.map(made));
    show();
  } catch {
    batches.push(batch);
    tell(refused, data.words.failed);
  }
}

function step(by) {
  if (by > 0 && place === cards.length - 1) deal();
  place += by;
  show();
}

// Keys: by the letter, and on a keyboard of another script by where the key is.
const letter = ({ key, code }) => (/^[a-z0-9?]$/i.test(key) ? key.toLowerCase() : code.replace(/^(Key|Digit)/, "").toLowerCase());
const keysOn = byId("keys-on"), KEYS_OFF = "klal/moderate/keys-off";
keysOn.checked = !localStorage.getItem(KEYS_OFF);
keysOn.addEventListener("change", () => (keysOn.checked ? localStorage.removeItem(KEYS_OFF) : localStorage.setItem(KEYS_OFF, "1")));

function choose(by) {
  const boxes = [...list.querySelectorAll('[name="statement"]')];
  const at = boxes.indexOf(document.activeElement);
  boxes[Math.min(Math.max(at + by, 0), boxes.length - 1)]?.focus();
}

function pressInList(name) {
  if (name === "j" || name === "k") return choose(name === "j" ? 1 : -1);
  const here = document.activeElement.matches('[name="statement"]') ? document.activeElement : null;
  if (name === "x") return here?.click();
  const button = list.querySelector(`[data-key="${name}"]`);
  if (!button) return;
  if (!list.querySelector('[name="statement"]:checked') && here) here.checked = true;
  if (list.querySelector('[name="statement"]:checked')) button.click();
}

function press(name) {
  const card = cards[place]?.card ?? stage.firstElementChild;
  const reject = card?.querySelector(".reject");
  if (name === "escape" && reject) reject.open = false;
  if (name === "u") return undo.hidden ? undefined : undo.click();
  const button = card?.querySelector(`[data-key="${name}"]`);
  if (!button || (/^[1-9]$/.test(name) && !reject?.open)) return;
  button.click();
  if (name === "r" && reject.open) reject.querySelector(".reasons button").focus();
}

document.addEventListener("keydown", (event) => {
  const { target } = event;
  if (!keysOn.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (target.matches("textarea, select, input:not([type=checkbox])")) return;
  const name = letter(event);
  if (name === "?" || (event.shiftKey && event.code === "Slash")) {
    byId("keys").open = !byId("keys").open;
    if (byId("keys").open) byId("keys").scrollIntoView({ block: "nearest" });
    return;
  }
  if (!/^([a-z]|[1-9]|escape)$/.test(name)) return;
  if (list) name === "u" ? undo.hidden || undo.click() : pressInList(name);
  else if (stage) press(name);
});

if (list) {
  byId("choose-all").addEventListener("change", (event) => {
    for (const one of list.querySelectorAll('[name="statement"]')) one.checked = event.target.checked;
  });
}

if (stage && !new URLSearchParams(location.search).has("one") && byId("empty") && ["waiting", "second"].includes(data.tab)) {
  stage.addEventListener("submit", (event) => {
    if (!cards.length) return; // nothing is dealt yet: as a form
    event.preventDefault();
    decide(event.target, event.submitter);
  });
  stage.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (button) step(Number(button.dataset.step));
  });
  flash.addEventListener("submit", (event) => {
    if (!batches.length) return; // of a page before: as a form
    event.preventDefault();
    takeBack();
  });
  await deal();
  if (document.activeElement === document.body) cards[place]?.card.focus({ preventScroll: true });
  setInterval(() => document.hidden || deal(), RENEW);
}
