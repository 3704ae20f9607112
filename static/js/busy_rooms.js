/** Rooms that were too busy for something: what was said there goes again in its order, one by one. */
import { isSaid } from "./outbox.js";

export class BusyRooms {
  /** Map(room -> whether the time to wait is over). */
  #isOver = new Map();

  /** `hand(entry)` puts an entry on the wire, if that can be done now. */
  constructor({ outbox, hand, random }) {
    Object.assign(this, { outbox, hand, random });
  }

  /** Whether this has to wait for its turn. */
  holds(entry) {
    return this.#isOver.has(entry.frame.room) && !entry.tried && isSaid(entry);
  }

  /** Try this again by itself; what was said behind it in its room comes behind it again. */
  wait(entry, seconds) {
    const { room } = entry.frame;
    this.outbox.postpone(entry);
    if (this.#isOver.get(room) === false) return;
    this.#isOver.set(room, false);
    setTimeout(
      () => {
        this.#isOver.set(room, true);
        this.#goOn(room);
      },
      seconds * 1000 * (1 + this.random()),
    );
  }

  /** Something was heard: perhaps an answer. */
  goOn() {
    for (const room of this.#isOver.keys()) this.#goOn(room);
  }

  /** The next one when the one before has its answer: all at once would be too much again, and all of it for nothing. */
  #goOn(room) {
    if (!this.#isOver.get(room)) return;
    const waiting = this.outbox.inRoom(room).filter((entry) => entry.state === "sending");
    for (const entry of waiting) if (!entry.tried && !isSaid(entry)) this.hand(entry);
    const [next] = waiting.filter(isSaid);
    if (!next) this.#isOver.delete(room);
    else if (!next.tried) this.hand(next);
  }
}
