/** What has been seen of a room becomes a read marker: at once, then at most twice a second while somebody scrolls. */
const EVERY_MS = 500;

export class Reader {
  #mark;
  #seq = 0;
  #timer = null;

  /** `mark(seq)`: everything up to there has been read; returns whether it could be told. */
  constructor(mark) {
    this.#mark = mark;
  }

  seen(seq) {
    this.#seq = Math.max(this.#seq, seq);
    if (this.#timer === null) this.flush();
  }

  /** Tell what waits to be told now: the room is left. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#seq === 0) return;
    if (!this.#mark(this.#seq)) return; // nobody is there to be told: it is with the next look
    this.#seq = 0;
    this.#timer = setTimeout(() => this.flush(), EVERY_MS);
  }
}
