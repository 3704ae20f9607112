/** Tells screen readers of new messages, in batches: the timeline itself is no live region. */
const BATCH_MS = 700;
const MOST = 3;

export class Announcer {
  #element;
  #waiting = [];
  #timer = null;

  constructor(element) {
    this.#element = element;
  }

  say(text) {
    this.#waiting.push(text);
    this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  #flush() {
    this.#timer = null;
    this.#element.textContent = this.#waiting.splice(0).slice(-MOST).join(". ");
  }
}
