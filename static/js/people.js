/** Who is in a room, asked for once a page and room: for suggestions while somebody writes. */
export class People {
  #rooms = new Map();

  /** `load(room)` gives a promise of [{id, username, name}]. */
  constructor({ load, onChange }) {
    Object.assign(this, { load, onChange });
  }

  of(room) {
    if (!this.#rooms.has(room)) this.#ask(room);
    return this.#rooms.get(room);
  }

  async #ask(room) {
    this.#rooms.set(room, []);
    const people = await this.load(room);
    this.#rooms.set(room, people);
    this.onChange();
  }
}
