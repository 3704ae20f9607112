/** What is written and not yet sent, per room; survives a reload. */
export class Drafts {
  #storage;
  #prefix;

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
}
