// The map as it changes: a new drawing fades in over the old one, and one's own marker glides to its new place.

const FADE = 600;

export class LiveMap {
  // fill: (part, me) => …  lets the page show title, lists and words besides the drawing; part is null if only the reader's own changed
  constructor({ home, language, canvas, fill }) {
    Object.assign(this, { home, language, canvas, fill, snapshot: -1 });
    this.pin = canvas.querySelector(".pin");
    this.settle();
  }

  async refresh(snapshot) {
    if (snapshot === this.snapshot || this.busy) return (this.wanted = snapshot);
    this.busy = true;
    try {
      const [part, me] = await Promise.all([
        this.get(`map/part?snapshot=${snapshot}&language=${this.language}`),
        this.get("map/me"),
      ]);
      this.snapshot = part.snapshot;
      this.draw(part, me);
      this.fill(part, me);
    } catch {
      // the map stays as it was until the next one
    } finally {
      this.busy = false;
    }
    if (this.wanted > this.snapshot) {
      const wanted = this.wanted;
      this.wanted = 0;
      this.refresh(wanted);
    }
  }

  async own() {
    // who is not on the map yet is told how many votes are missing, vote by vote
    if (this.isPlaced || this.snapshot < 0) return;
    try {
      const me = await this.get("map/me");
      this.move(me.place);
      this.fill(null, me);
    } catch {
      // the next vote or the next map tells
    }
  }

  async get(path) {
    const answer = await fetch(this.home + path, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  draw(part, me) {
    const holder = document.createElement("template");
    holder.innerHTML = part.cloud ?? "";
    const fresh = holder.content.firstElementChild;
    if (!fresh) return;
    // one drawing may go while another comes; what is left of earlier ones would lie in the way
    for (const left of this.canvas.querySelectorAll(".old")) left.remove();
    const old = this.canvas.querySelector(".cloud, .note");
    fresh.classList.add("fading");
    this.canvas.insertBefore(fresh, this.canvas.firstChild);
    if (old) {
      old.classList.add("old");
      old.setAttribute("aria-hidden", "true");
      requestAnimationFrame(() => old.classList.add("fading"));
      setTimeout(() => old.remove(), FADE);
    }
    requestAnimationFrame(() => requestAnimationFrame(() => fresh.classList.remove("fading")));
    if (part.view) this.pin.setAttribute("viewBox", part.view);
    this.move(me.place);
  }

  move(place) {
    this.isPlaced = Boolean(place);
    const you = this.pin.querySelector(".you");
    if (place) you.style.transform = `translate(${place[0]}px, ${place[1]}px)`;
    you.toggleAttribute("hidden", !place);
  }

  settle() {
    // the server placed the marker by an attribute; from here on it moves by style, which can glide
    const you = this.pin.querySelector(".you");
    const found = you.getAttribute("transform")?.match(/-?\d+/g);
    if (found) this.move(found);
    you.removeAttribute("transform");
  }
}

export function listen(home, heard) {
  // one connection while the page can be seen, none while it cannot
  let source = null;
  const open = () => {
    if (source || document.visibilityState !== "visible") return;
    source = new EventSource(`${home}events`);
    source.addEventListener("snapshot", (event) => heard(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      if (source?.readyState === EventSource.CLOSED) {
        source = null;
        setTimeout(open, 5000 + 5000 * Math.random());
      }
    });
  };
  const close = () => {
    source?.close();
    source = null;
  };
  document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? open() : close()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}

// many readers at once ask for a new map within so many milliseconds, not in the same one
export const spread = (participants) => Math.random() * Math.min(2000, participants);
