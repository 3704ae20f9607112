/** Pages of a room's history over HTTP, one request at a time and room. */
const PAGE = 50;

export class History {
  #chat;
  #api;
  #loading = new Set();

  constructor(chat, api) {
    this.#chat = chat;
    this.#api = api;
  }

  async older(room) {
    const store = this.#chat.store(room);
    if (!store.hasOlder || store.oldestSeq === 0) return;
    await this.#load(room, `before=${store.oldestSeq}`, (page) => this.#chat.addPage(room, page, { older: true }));
  }

  async newer(room) {
    const store = this.#chat.store(room);
    await this.#load(room, `after=${store.newestSeq}`, (page) => this.#chat.addPage(room, page, { older: false }));
  }

  /** Leave an old place for the newest page. */
  async latest(room) {
    await this.#load(room, "", (page) => {
      this.#chat.store(room).open(page, 0);
      this.#chat.onChange();
    });
  }

  /** Leave the newest page for the one around an old message. */
  async around(room, seq) {
    await this.#load(room, `around=${seq}`, (page) => {
      this.#chat.store(room).open(page, this.#chat.rooms.get(room)?.seq ?? 0);
      this.#chat.onChange();
    });
  }

  async #load(room, query, take) {
    if (this.#loading.has(room)) return;
    this.#loading.add(room);
    try {
      const answer = await fetch(`${this.#api}rooms/${room}/messages?limit=${PAGE}&${query}`);
      if (answer.ok) take(await answer.json());
    } catch {
      // Offline: the next scroll asks again.
    } finally {
      this.#loading.delete(room);
    }
  }
}
