/** Where a timeline stands: glued to the bottom within 10 px of it, else anchored to the first row in sight. */

const STICK_PX = 10;
const PREFETCH_PX = 1000;

export class Scroller {
  isAtBottom = true;
  #element;
  #anchor = null;
  #scrollTop = -1;

  constructor(element) {
    this.#element = element;
  }

  /**
   * Before rows change: remember which row stands where. As long as nobody has scrolled that is known: what grew since
   * then, as pictures do, has only moved the row out of its place.
   */
  remember() {
    if (this.#element.scrollTop !== this.#scrollTop || !(this.isAtBottom || this.#anchor?.row.isConnected)) this.#note();
  }

  #note() {
    const { scrollTop, scrollHeight, clientHeight } = this.#element;
    this.#scrollTop = scrollTop;
    this.isAtBottom = scrollHeight - clientHeight - scrollTop <= STICK_PX;
    const rows = this.#rows;
    const row = this.isAtBottom ? null : rows[reachesBelow(this.#element.getBoundingClientRect().top, rows)];
    this.#anchor = row ? { row, offset: row.getBoundingClientRect().top } : null;
  }

  /** Messages only: a day's line or the unread line moves up when older messages come before it. */
  get #rows() {
    return this.#element.querySelectorAll("[data-seq]");
  }

  /** After rows changed, or grew: stand where we stood. */
  restore() {
    if (this.isAtBottom) this.toBottom();
    else if (this.#anchor?.row.isConnected) {
      this.#element.scrollTop += this.#anchor.row.getBoundingClientRect().top - this.#anchor.offset;
    }
    this.#note();
  }

  toBottom() {
    this.#element.scrollTop = this.#element.scrollHeight;
    this.isAtBottom = true;
  }

  /** Put a row 30 % from the top. */
  toRow(row) {
    const offset = row.getBoundingClientRect().top - this.#element.getBoundingClientRect().top;
    this.#element.scrollTop += offset - this.#element.clientHeight * 0.3;
    this.isAtBottom = false;
  }

  /** The seq of the last message that is wholly in sight; 0 when none is. */
  get lowestSeq() {
    const rows = this.#rows;
    return Number(rows[reachesBelow(this.#element.getBoundingClientRect().bottom + 1, rows) - 1]?.dataset.seq ?? 0);
  }

  get isNearTop() {
    return this.#element.scrollTop < PREFETCH_PX;
  }

  get isNearEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.#element;
    return scrollHeight - clientHeight - scrollTop < PREFETCH_PX;
  }
}

/** The place of the first row that ends below `y`. */
function reachesBelow(y, rows) {
  let [from, to] = [0, rows.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (rows[middle].getBoundingClientRect().bottom > y) to = middle;
    else from = middle + 1;
  }
  return from;
}
