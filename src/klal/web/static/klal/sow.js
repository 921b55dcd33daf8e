// Statements to begin with: while they are typed, what could be clearer about which of them.

import { byId } from "./words.js";

const PAUSE = 400;
const form = byId("sow"), lines = byId("lines"), place = byId("advice"), hint = byId("advice-words");
let timer = 0, asked = "", latest = 0;

hint.hidden = false;

async function look() {
  const typed = lines.value.trim();
  if (typed === asked) return;
  asked = typed;
  const mine = ++latest;
  let found = [];
  if (typed) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.set("lines", typed);
    try {
      const answer = await fetch(form.dataset.advise, { method: "POST", body, headers: { Accept: "application/json" } });
      if (answer.ok) found = (await answer.json()).lines;
    } catch {
      // advice can wait for the connection
    }
  }
  if (mine === latest) show(found);
}

function show(found) {
  hint.hidden = found.length > 0;
  const list = document.createElement("ul");
  for (const { text, advice } of found) {
    const row = document.createElement("li");
    row.append(part(text, "statement"), ...advice.map((one) => part(one, "")));
    list.append(row);
  }
  place.replaceChildren(...(found.length ? [list] : []));
}

function part(text, kind) {
  const made = document.createElement("p");
  if (kind) made.className = kind;
  made.dir = "auto";
  made.textContent = text;
  return made;
}

lines.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE);
});
if (lines.value) look();
