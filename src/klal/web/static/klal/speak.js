// The form for a statement: characters left, and what has been said already while it is typed.

import { Ballots, newKey } from "./ballots.js";
import { byId, pageData, speaker } from "./words.js";

const PAUSE = 350;
const SHORTEST = 8;

export function helpToSpeak({ home, say, cast }) {
  const text = byId("text");
  if (!text) return;
  const room = byId("room"), hints = byId("hints"), near = byId("near"), status = byId("near-status"), limit = Number(text.dataset.limit);
  let timer = 0, asked = "", shown = "", latest = 0;

  const measure = () => {
    const left = limit - [...text.value.trim()].length;
    room.textContent = left < 0 ? say("over", { count: -left }) : say("left", { count: left });
    room.classList.toggle("over", left < 0);
  };

  const look = async () => {
    const typed = text.value.trim();
    if (typed === asked) return;
    asked = typed;
    const mine = ++latest;
    let similar = [], advice = [];
    if (typed.length >= SHORTEST) {
      try {
        const answer = await fetch(`${home}speak/similar?text=${encodeURIComponent(typed)}`, { headers: { Accept: "application/json" } });
        if (answer.ok) ({ similar, advice } = await answer.json());
      } catch {
        // the hint can wait for the connection
      }
    }
    if (mine !== latest) return;
    list(similar);
    hint(advice);
  };

  const hint = (advice) => {
    if (advice.join("") === hints.textContent) return;
    hints.replaceChildren(
      ...advice.map((one) => {
        const line = document.createElement("p");
        line.textContent = one;
        return line;
      }),
    );
  };

  const list = (similar) => {
    const ids = similar.map((one) => one.id).join();
    if (ids === shown) return;
    shown = ids;
    near.hidden = !similar.length;
    const title = document.createElement("h2");
    title.textContent = near.dataset.title;
    near.replaceChildren(title, ...similar.map(row));
    status.textContent = similar.length ? say("similar", { count: similar.length }) : "";
  };

  const row = (one) => {
    const box = document.createElement("div"), said = document.createElement("p"), choices = document.createElement("div");
    said.className = "statement";
    said.dir = "auto";
    if (one.language) said.lang = one.language;
    said.textContent = one.text;
    choices.className = "small-choices";
    for (const choice of ["agree", "disagree", "pass"]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = say(choice);
      button.addEventListener("click", () => {
        cast(one, choice);
        for (const other of choices.children) other.setAttribute("aria-pressed", String(other === button));
        status.textContent = say("voted", { choice: say(choice) });
      });
      choices.append(button);
    }
    box.append(said, choices);
    return box;
  };

  text.addEventListener("input", () => {
    measure();
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  if (text.value) measure();
}

if (document.body.classList.contains("page-speak")) {
  const data = pageData();
  const ballots = new Ballots({ ...data, told: () => {}, received: () => {} });
  if (ballots.waiting().length) ballots.send();
  const cast = (one, choice) => ballots.add({ key: newKey(), statement: one.id, choice, important: false });
  helpToSpeak({ home: data.home, say: speaker(data.words), cast });
}
