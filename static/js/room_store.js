/**
 * What this client holds of one room, kept true by `rev`.
 *
 * A change with rev <= mine is known; with after > mine there is a hole; else it applies, and a message is replaced
 * only by one with a higher rev. A page that is older than what is held waits for the sync that brings it up.
 */
export class RoomStore {
  rev = 0;
  /** Whether the newest message is held; a store opened at an old message is not live until it gets there. */
  isLive = true;
  hasOlder = true;
  #messages = new Map();
  #sorted = null;
  #staged = [];

  constructor(id) {
    this.id = id;
  }

  get messages() {
    this.#sorted ??= [...this.#messages.values()].sort((one, other) => one.seq - other.seq);
    return this.#sorted;
  }

  get(seq) {
    return this.#messages.get(seq);
  }

  get oldestSeq() {
    return this.messages[0]?.seq ?? 0;
  }

  get newestSeq() {
    return this.messages.at(-1)?.seq ?? 0;
  }

  /** Apply a `changes` frame. Returns "applied", "known" or "hole" (then: sync after `this.rev`). */
  apply(frame) {
    if (frame.reset) {
      this.#forget();
    } else if (frame.rev <= this.rev) {
      return "known";
    } else if (frame.after > this.rev) {
      return "hole";
    }
    for (const page of this.#staged.splice(0)) this.#put(page.messages);
    this.#put(this.isLive ? frame.messages : frame.messages.filter((message) => message.seq <= this.newestSeq));
    if (frame.reset && !frame.more) this.hasOlder = this.oldestSeq > 1;
    this.rev = frame.rev;
    return "applied";
  }

  /** Start from a page: the one the server rendered, or the newest after a jump. */
  open(page, lastSeq) {
    this.#forget();
    this.#put(page.messages);
    this.rev = page.rev;
    this.hasOlder = page.more;
    this.isLive = this.newestSeq >= lastSeq;
  }

  /**
   * Add a page of older or newer history. Returns true when it is older than what is held: its rows show only after
   * the sync from `this.rev`, which the caller asks for now.
   */
  addPage(page, { older }) {
    if (older) this.hasOlder = page.more;
    else this.isLive = !page.more;
    if (page.rev >= this.rev) {
      this.#put(page.messages);
      return false;
    }
    this.#staged.push(page);
    this.rev = page.rev;
    return true;
  }

  #forget() {
    this.#messages.clear();
    this.#sorted = null;
    this.#staged = [];
    this.isLive = true;
    this.hasOlder = true;
  }

  #put(messages) {
    for (const message of messages) {
      const held = this.#messages.get(message.seq);
      if (!held || message.rev > held.rev) {
        this.#messages.set(message.seq, message);
        this.#sorted = null;
      }
    }
  }
}
