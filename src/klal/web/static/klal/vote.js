// Voting at once: the next statement is there already, and votes are sent behind the scenes (ballots.js).

import { Ballots, newKey, shelf } from "./ballots.js";
import { LiveMap, listen, spread } from "./map.js";
import { helpToSpeak } from "./speak.js";
import { byId, pageData, speaker } from "./words.js";

const ENOUGH_AHEAD = 10, MOST_AHEAD = 20;
const LONG = 140;
const data = pageData(), say = speaker(data.words);
const form = byId("card"), statement = byId("statement");
const NEXT = `klal/${data.slug}/next`, ANSWERED = `klal/${data.slug}/answered`, COUNTS = `klal/${data.slug}/counts`;
const isKept = "kept" in document.documentElement.dataset; // opened without a connection, perhaps long after it was loaded

let { voted, remaining } = { ...data, ...(isKept ? shelf.get(COUNTS) : null) };
let { last } = data;
let current = null, aside = null, again = false, asking = false, hasWaited = false, news = null, knownRevision = -1;

const ballots = new Ballots({ ...data, told: showState, received: take });
const answered = new Set(ballots.waiting().map((one) => one.vote.statement));
if (isKept) for (const id of shelf.get(ANSWERED) ?? []) answered.add(id);
let ahead = merge(data.next, isKept ? (shelf.get(NEXT) ?? []) : []);
if (data.chosen) [current, again] = [data.chosen, true];
else advance();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.submitter?.value) cast(event.submitter.value);
});
// of a double click or double tap only the first counts
form.addEventListener("click", (event) => event.detail > 1 && event.target.closest(".choice") && event.preventDefault());
form.addEventListener("keydown", (event) => event.repeat && event.target.closest(".choice") && event.preventDefault());
byId("change").addEventListener("click", (event) => {
  event.preventDefault();
  change();
});
byId("leave-link").addEventListener("click", (event) => {
  event.preventDefault();
  again = false;
  advance();
  statement.focus();
});

function cast(choice) {
  if (!current || form.hidden) return;
  const important = byId("important").checked;
  ballots.add({ key: newKey(), statement: current.id, choice, important, again });
  answered.add(current.id);
  shelf.put(ANSWERED, [...answered]);
  last = { ...current, choice, important };
  again = false;
  if (location.search) history.replaceState(null, "", data.home);
  document.querySelector(".welcome")?.remove();
  showLast();
  form.classList.add("leaving");
  setTimeout(() => {
    form.classList.remove("leaving");
    advance();
    glance();
  }, 110);
}

function change() {
  if (!last) return;
  if (current && !again && !answered.has(current.id)) ahead.unshift((aside = current));
  again = true;
  show(last);
  statement.focus();
}

function advance() {
  ahead = ahead.filter((one) => !answered.has(one.id));
  current = ahead.shift() ?? null;
  aside = null;
  shelf.put(NEXT, current ? [current, ...ahead] : ahead);
  if (current) show(current);
  else end();
  showProgress();
  if (ahead.length < ENOUGH_AHEAD) fetchMore();
}

function show(one) {
  current = one;
  form.hidden = false;
  byId("finish").hidden = byId("more-later").hidden = true;
  form.elements.statement.value = one.id;
  byId("before").hidden = !again;
  byId("before").textContent = again ? say("your_vote_now", { choice: say(one.choice) }) : "";
  byId("leave").hidden = !again;
  byId("seed").hidden = !one.seed;
  if (statement.textContent !== one.text) statement.textContent = one.text || say("no_text", { label: String(one.id) });
  statement.classList.toggle("long", one.text.length > LONG);
  if (one.language) statement.lang = one.language;
  else statement.removeAttribute("lang");
  byId("important").checked = again && one.important;
  for (const button of form.querySelectorAll(".choice")) {
    if (again) button.setAttribute("aria-pressed", String(button.value === one.choice));
    else button.removeAttribute("aria-pressed");
  }
  byId("last").hidden = again || !last;
}

function end() {
  const inside = form.contains(document.activeElement) || document.activeElement === document.body;
  form.hidden = true;
  const all = unanswered() <= 0;
  byId("finish").hidden = !all;
  byId("more-later").hidden = all;
  byId("more-later").textContent = all ? "" : say("more_later");
  if (all && inside && voted + waitingNew()) byId("finish-title").focus();
}

// statements in the waiting votes that the server has not counted yet
function waitingNew() {
  return new Set(ballots.waiting().filter((one) => !one.vote.again).map((one) => one.vote.statement)).size;
}

function unanswered() {
  return Math.max(0, remaining - waitingNew());
}

function showProgress() {
  const all = voted + remaining, done = Math.min(all, voted + waitingNew());
  const bar = byId("progress");
  bar.max = all || 1;
  bar.value = done;
  byId("progress-words").textContent = say("progress", { voted: done, all });
  const offer = byId("guess-offer");
  if (offer) offer.hidden = done < Number(offer.dataset.after);
  bar.parentElement.hidden = !all;
}

function showLast() {
  byId("last").hidden = !last;
  if (last) byId("last-words").textContent = say("done", { choice: say(last.choice) });
}

function showState({ kind, count, message }) {
  const line = byId("saving");
  hasWaited ||= count > 0;
  line.className = `saving ${kind === "saved" ? "saved" : kind === "waiting" ? "" : "stuck"}`;
  if (kind === "refused") line.textContent = message;
  else if (kind === "saved") line.textContent = hasWaited ? say("saved") : "";
  else line.textContent = say(kind, { count });
}

function take(receipt) {
  ({ voted, remaining } = receipt);
  shelf.put(COUNTS, { voted, remaining });
  // what was drawn last knows most of the answers, the others are for want of a connection; but whoever set one aside comes back to it
  ahead = merge(aside ? [aside] : [], receipt.next, ahead).slice(0, MOST_AHEAD);
  if (!current && ahead.length && byId("finish").hidden) advance();
  else if (!current) end();
  showProgress();
  live?.own();
  if (ahead.length < ENOUGH_AHEAD) fetchMore();
}

function merge(...lists) {
  const found = new Map();
  for (const one of lists.flat()) if (!answered.has(one.id) && one.id !== current?.id) found.set(one.id, found.get(one.id) ?? one);
  return [...found.values()];
}

async function fetchMore() {
  // the server draws a few at a time; ask until enough are here to go on without it
  if (asking || unanswered() <= ahead.length + (current && !again ? 1 : 0)) return;
  asking = true;
  for (let turn = 0; turn < 6 && ahead.length < ENOUGH_AHEAD; turn++) if (!(await ballots.ask())) break;
  asking = false;
  shelf.put(NEXT, current ? [current, ...ahead] : ahead);
}

// Keys: by the letter on the key where it is Latin, else by its place, so that they work in every keyboard language.
const KEYS = { a: "agree", d: "disagree", p: "pass", 1: "agree", 2: "disagree", 3: "pass" };
const keysOn = byId("keys-on");
byId("keys").hidden = false;
keysOn.checked = shelf.get("klal/keys") ?? true;
keysOn.addEventListener("change", () => shelf.put("klal/keys", keysOn.checked));
document.addEventListener("keydown", (event) => {
  if (!keysOn.checked || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("textarea, select, input:not([type=checkbox])")) return;
  const key = /^[a-z0-9]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace(/^Key/, "").toLowerCase();
  if (KEYS[key]) cast(KEYS[key]);
  else if (key === "i") byId("important").click();
  else if (key === "u") change();
  else return;
  event.preventDefault();
});

// The map in small, once there is something of one's own in it.
let live = null;
function glance() {
  if (live || !news?.snapshot || !(voted + waitingNew())) return;
  const canvas = byId("glance-map");
  live = new LiveMap({
    ...data,
    canvas,
    fill: (part, me) => {
      if (part) byId("glance").hidden = !part.cloud;
      byId("glance-words").innerHTML = me.short;
    },
  });
  live.refresh(news.snapshot);
}

listen(data.home, (heard) => {
  news = heard;
  const counted = ["participants", "statements", "votes"].map((noun) => say(noun, { count: heard[noun] }));
  byId("counts").textContent = counted.join(" · ");
  byId("counts").hidden = false;
  glance();
  if (live && heard.snapshot > live.snapshot) setTimeout(() => live.refresh(heard.snapshot), spread(heard.participants));
  if (knownRevision >= 0 && heard.revision > knownRevision) ballots.ask().then(offerNew);
  knownRevision = heard.revision;
});

function offerNew() {
  const offer = byId("new-statements");
  offer.hidden = byId("finish").hidden || !ahead.length;
  offer.textContent = offer.hidden ? "" : say("new_statements", { count: ahead.length });
}
byId("new-statements").addEventListener("click", () => {
  advance();
  statement.focus();
});

helpToSpeak({
  ...data,
  say,
  cast: (one, choice) => {
    ballots.add({ key: newKey(), statement: one.id, choice, important: false, again: answered.has(one.id) });
    answered.add(one.id);
    if (current?.id === one.id) advance();
  },
});

if (ballots.waiting().length) ballots.send();
ballots.tell();
if (navigator.serviceWorker) addEventListener("load", () => navigator.serviceWorker.register(`${data.home}offline.js`).catch(() => {}));
