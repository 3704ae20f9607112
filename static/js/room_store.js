/**
 * What this client holds of one room, kept true by `rev`.
 *
 * A change with rev <= mine is known; with after > mine there is a hole; else it applies, and a message is replaced
 * only by one with a higher rev. A page that is older than what is held waits for the sync that brings it up.
 *
 * At most MOST messages are held, one stretch of the room: what goes beyond is let go at the end that nobody looks at.
 * At the end, beyond FOLLOWED, down to KEPT at once: every row has its cost, and each that goes moves the others.
 */
export const MOST = 300;
export const FOLLOWED = 150;
export const KEPT = 100;

export class RoomStore {
  rev = 0;
  /** Whether the timeline is glued to its end; then old messages go, else new ones wait until they are asked for. */
  follows = true;
  /** Whether the newest message is held; a store opened at an old message is not live until it gets there. */
  isLive = true;
  hasOlder = true;
  #messages = new Map();
  #sorted = null;
  #staged = [];
  /** While the pieces of a `reset` come, which are in the order of their revs. */
  #isFilling = false;

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
    if (frame.reset) this.#isFilling = true;
    else if (this.rev === 0) this.hasOlder = false; // from the room's beginning on
    this.#put(this.#isFilling ? frame.messages : frame.messages.filter((message) => this.#belongs(message.seq)));
    if (this.#isFilling && !frame.more) {
      this.#isFilling = false;
      this.hasOlder = this.oldestSeq > 1;
    }
    this.rev = frame.rev;
    if (this.follows) this.#trim("oldest", FOLLOWED, KEPT);
    else this.#trim("newest");
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
      this.#trim(older ? "newest" : "oldest");
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

  /** Whether a message lies in the stretch that is held, or continues it: one beyond would leave a hole in it. */
  #belongs(seq) {
    return (this.isLive || seq <= this.newestSeq) && (!this.hasOlder || this.#messages.size === 0 || seq >= this.oldestSeq);
  }

  #trim(end, most = MOST, to = most) {
    if (this.messages.length <= most) return;
    const over = this.messages.length - to;
    const gone = end === "oldest" ? this.messages.slice(0, over) : this.messages.slice(-over);
    for (const message of gone) this.#messages.delete(message.seq);
    this.#sorted = null;
    if (end === "oldest") this.hasOlder = true;
    else this.isLive = false;
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
