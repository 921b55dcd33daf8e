// Votes on their way: each is put into the browser's storage under a name of its own before anything else happens, and taken out only
// when the server has said that it is stored. A vote sent twice is stored once, because its key is random and the same both times. So
// neither a reload nor a second tab nor a lost answer can lose or double one.

const MOST_AT_ONCE = 50;
const LONGEST_PAUSE = 60;
const PATIENCE = 20_000;

class Shelf {
  // Storage may be forbidden or full; then votes wait in memory for as long as the page is open.
  constructor() {
    this.memory = new Map();
    try {
      localStorage.setItem("klal/probe", "1");
      localStorage.removeItem("klal/probe");
      this.lasting = localStorage;
    } catch {
      this.lasting = null;
    }
  }

  put(name, value) {
    const text = JSON.stringify(value);
    try {
      if (this.lasting) return this.lasting.setItem(name, text);
    } catch {
      // full
    }
    this.memory.set(name, text);
  }

  get(name) {
    const text = this.lasting?.getItem(name) ?? this.memory.get(name);
    try {
      return text == null ? null : JSON.parse(text);
    } catch {
      return null;
    }
  }

  drop(name) {
    this.lasting?.removeItem(name);
    this.memory.delete(name);
  }

  names(start) {
    const found = new Set(this.memory.keys());
    for (let at = 0; at < (this.lasting?.length ?? 0); at++) found.add(this.lasting.key(at));
    return [...found].filter((name) => name.startsWith(start)).sort();
  }
}

export const shelf = new Shelf();

export function newKey() {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 2 ** 21) * 2 ** 32 + low || 1;
}

export class Ballots {
  // told: (state) => …  with state.kind saved, waiting, offline, busy, stranger or refused, and state.count votes that wait
  // received: (receipt) => …  whenever the server has answered
  constructor({ slug, home, language, told, received }) {
    Object.assign(this, { home, language, told, received, failures: 0, kind: "saved", message: "" });
    this.start = `klal/${slug}/queue/`;
    this.lock = `klal/${slug}`;
    this.timer = 0;
    addEventListener("online", () => this.send());
    addEventListener("storage", (event) => event.key?.startsWith(this.start) && this.tell());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.waiting().length && this.send());
  }

  waiting() {
    return shelf
      .names(this.start)
      .map((name) => ({ name, vote: shelf.get(name) }))
      .filter((one) => one.vote);
  }

  add(vote) {
    const last = shelf.names(this.start).at(-1);
    // later votes sort after earlier ones even if the clock is set back
    const order = Math.max(Date.now(), last ? Number(last.slice(this.start.length).split("-")[0]) + 1 : 0);
    shelf.put(`${this.start}${String(order).padStart(16, "0")}-${vote.key}`, vote);
    if (this.kind === "saved") this.kind = "waiting";
    this.tell();
    this.send();
  }

  tell() {
    const count = this.waiting().length;
    if (!count && this.kind !== "refused") this.kind = "saved";
    this.told({ kind: this.kind, count, message: this.message });
  }

  async send() {
    clearTimeout(this.timer);
    if (this.sending) return (this.again = true);
    this.sending = true;
    try {
      do {
        this.again = false;
        // one tab sends at a time where the browser can see to that; where it cannot, the keys do
        await (navigator.locks ? navigator.locks.request(this.lock, () => this.drain()) : this.drain());
      } while (this.again);
    } finally {
      this.sending = false;
    }
  }

  async drain() {
    for (let batch = this.waiting().slice(0, MOST_AT_ONCE); batch.length; batch = this.waiting().slice(0, MOST_AT_ONCE)) {
      if (!(await this.post(batch))) break;
    }
    this.tell();
  }

  async ask() {
    // for the next statements only
    return this.post([]);
  }

  async post(batch) {
    const votes = batch.map(({ vote: { key, statement, choice, important } }) => ({ key, statement, choice, important }));
    let answer, content;
    try {
      answer = await fetch(`${this.home}votes`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ votes, language: this.language }),
        keepalive: true,
        signal: AbortSignal.timeout(PATIENCE),
      });
      content = await answer.json();
    } catch {
      return this.later("offline", 0, batch.length);
    }
    if (answer.status === 429 || answer.status >= 500) return this.later("busy", Number(answer.headers.get("Retry-After")) || 0, batch.length);
    if (!answer.ok) {
      this.kind = answer.status === 403 ? "stranger" : "refused";
      this.message = content.message ?? "";
      return false;
    }
    const settled = new Set([...content.saved, ...content.refused.map((one) => one.key)]);
    for (const one of batch) if (settled.has(one.vote.key)) shelf.drop(one.name);
    this.failures = 0;
    this.kind = content.refused.length ? "refused" : this.waiting().length ? "waiting" : "saved";
    this.message = content.refused[0]?.message ?? "";
    this.received(content);
    return true;
  }

  later(kind, least, count) {
    if (!count) return false;
    this.kind = kind;
    const pause = Math.max(least, Math.min(LONGEST_PAUSE, 2 ** this.failures++)) * (1 + Math.random() / 2);
    this.timer = setTimeout(() => this.send(), 1000 * pause);
    return false;
  }
}
