/** Who is in a room, asked for at most once a minute and room: for suggestions while somebody writes. */
const FRESH_MS = 60_000;
const NOBODY = [];

export class People {
  #rooms = new Map();
  #askedAt = new Map();

  /** `load(room)` gives a promise of [{id, username, name}]. */
  constructor({ load, onChange, now = Date.now }) {
    Object.assign(this, { load, onChange, now });
  }

  /** Those known by now; asks anew, in the background, when that is long ago. */
  of(room) {
    if (this.now() - (this.#askedAt.get(room) ?? -Infinity) > FRESH_MS) this.#ask(room);
    return this.#rooms.get(room) ?? NOBODY;
  }

  /** The list has changed: the next look asks anew; until it comes, the old one stays. */
  forget(room) {
    this.#askedAt.delete(room);
    this.onChange();
  }

  async #ask(room) {
    this.#askedAt.set(room, this.now());
    const people = await this.load(room);
    if (people.length === 0) return;
    this.#rooms.set(room, people);
    this.onChange();
  }
}
