/** When what others say is shown: at once, but not so often that it is in the way of who writes; while somebody writes,
 * after the frame of a key, which is as long before the next key as can be. */
export const EVERY_MS = 100;
/** So long after a key somebody is writing; longer nothing waits for the next one. */
export const WRITING_MS = 250;
/** The least between two keys that show something: one that is held down comes every 30 ms. */
const BETWEEN_KEYS_MS = 50;

const afterPaint = (then) => requestAnimationFrame(() => setTimeout(then));

export class Heard {
  #shownAt = Number.NEGATIVE_INFINITY;
  #keyAt = Number.NEGATIVE_INFINITY;
  #timer = null;

  constructor({ show, now = () => performance.now(), soon = afterPaint }) {
    Object.assign(this, { show, now, soon });
  }

  /** Something was heard. */
  note() {
    if (this.#timer !== null) return;
    const now = this.now();
    const wait = Math.max(this.#shownAt + EVERY_MS, this.#keyAt + WRITING_MS) - now;
    if (wait <= 0) this.show();
    else this.#timer = setTimeout(() => this.show(), wait);
  }

  /** A key was pressed. */
  key() {
    this.#keyAt = this.now();
    this.soon(() => {
      if (this.#timer !== null && this.now() - this.#shownAt >= BETWEEN_KEYS_MS) this.show();
    });
  }

  /** All that was heard is shown. */
  shown() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#shownAt = this.now();
  }
}
