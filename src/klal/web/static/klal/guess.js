// The guess as a slider, with how sure one is drawn beside it. Without this the two fields take numbers.

import { byId, pageData } from "./words.js";

const { guess: words } = pageData();
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const share = byId("share"), spread = byId("spread"), scale = byId("scale"), move = byId("move");
const shareWords = byId("share-words"), spreadWords = byId("spread-words");
let touched = share.value !== "";

for (const field of [share, spread]) {
  const value = field.value;
  field.type = "range";
  field.step = field.dataset.step;
  field.value = value === "" ? "50" : value;
  field.removeAttribute("aria-describedby");
}
share.setAttribute("aria-describedby", "ask");
for (const part of [scale, shareWords, spreadWords]) part.hidden = false;

function show() {
  const middle = Number(share.value), off = Number(spread.value);
  const low = Math.max(0, middle - off), high = Math.min(100, middle + off);
  scale.style.setProperty("--share", middle);
  scale.style.setProperty("--low", low);
  scale.style.setProperty("--high", high);
  scale.classList.toggle("untouched", !touched);
  const about = fill(words.about, { share: middle }), sure = fill(words.sure, { low, high });
  shareWords.textContent = touched ? about : "?";
  spreadWords.textContent = touched ? sure : "";
  share.setAttribute("aria-valuetext", touched ? about : words.move);
  spread.setAttribute("aria-valuetext", touched ? sure : `± ${off}`);
}

function touch() {
  touched = true;
  move.hidden = true;
  show();
}

share.addEventListener("input", touch);
share.addEventListener("pointerup", touch); // who means the middle may leave it there, but has put a finger on it
share.addEventListener("keydown", (event) => event.key === " " && touch());
spread.addEventListener("input", show);
share.form.addEventListener("submit", (event) => {
  if (touched) return;
  event.preventDefault();
  move.textContent = words.move;
  move.hidden = false;
  share.focus();
});
show();
