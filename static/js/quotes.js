import { plain } from "./draft_markup.js";

/** Messages that others reply to and that are not in the timeline: fetched once, kept true by changes. No DOM. */
export class Quotes {
  #fetched = new Map();
  #asked = new Set();

  /** `load(room, seq)` gives a promise of the message, or of null; `onChange()` is told when one has come. */
  constructor({ load, onChange }) {
    Object.assign(this, { load, onChange });
  }

  /** The message at `seq` if it is known: held in `store`, or fetched. Asks for it when it is not. */
  get(store, seq) {
    const held = store.get(seq);
    if (held) return held;
    const key = `${store.id}/${seq}`;
    if (!this.#fetched.has(key)) this.#ask(key, store.id, seq);
    return this.#fetched.get(key) ?? null;
  }

  /** Follow a `changes` frame. */
  follow(frame) {
    for (const message of frame.messages) {
      const key = `${frame.room}/${message.seq}`;
      if (message.rev > (this.#fetched.get(key)?.rev ?? Infinity)) this.#fetched.set(key, message);
    }
  }

  async #ask(key, room, seq) {
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    const message = await this.load(room, seq);
    if (!message) return;
    this.#fetched.set(key, message);
    this.onChange();
  }
}

const QUOTED = 90;

/** One line of a message, for a quote: its words without their marks. */
export function excerpt(body) {
  const line = plain(body).replace(/\s+/gu, " ").trim();
  const characters = [...line];
  return characters.length > QUOTED ? `${characters.slice(0, QUOTED).join("")}…` : line;
}
