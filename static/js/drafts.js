/** What is written and not yet sent, per room; survives a reload, and is the same in every tab. */
export class Drafts {
  #storage;
  #prefix;
  /** Rooms whose draft another tab has changed, until they are asked for. */
  #elsewhere = new Set();

  constructor(storage, userId) {
    this.#storage = storage;
    this.#prefix = `chat.draft.${userId}.`;
  }

  get(room) {
    return this.#storage.getItem(this.#prefix + room) ?? "";
  }

  set(room, text) {
    if (text) this.#storage.setItem(this.#prefix + room, text);
    else this.#storage.removeItem(this.#prefix + room);
  }

  /** Hear what other tabs write: browsers tell a window of every change of the storage that is not its own. */
  follow(window, onChange) {
    window.addEventListener("storage", ({ key }) => {
      if (!key?.startsWith(this.#prefix)) return;
      this.#elsewhere.add(Number(key.slice(this.#prefix.length)));
      onChange();
    });
  }

  /** The draft of a room that another tab has changed, once. */
  takeElsewhere(room) {
    return this.#elsewhere.delete(room) ? this.get(room) : undefined;
  }
}
