/** Where people's pictures are: what the page came with, and what is asked for, many at once. No DOM. */
const GATHER_MS = 30;
const ASKED_MOST = 100;

export class Avatars {
  /** Map(user id -> address, or null for who has none). */
  #urls;
  #wanted = new Set();
  #watchers = new Map();

  /** `known`: {user id: address or null}; `load(ids)`: a promise of [{id, avatar}], or of null when that fails. */
  constructor({ known = {}, load, later = (run, ms) => setTimeout(run, ms) }) {
    Object.assign(this, { load, later });
    this.#urls = new Map(Object.entries(known).map(([id, url]) => [Number(id), url]));
  }

  /** The address of this person's picture; null when they have none, or while that is not known. */
  urlOf(id) {
    if (!this.#urls.has(id)) this.#want(id);
    return this.#urls.get(id) ?? null;
  }

  /** `tell()` whenever another address is known of this person. Returns what ends that. */
  watch(id, tell) {
    if (!this.#watchers.has(id)) this.#watchers.set(id, new Set());
    this.#watchers.get(id).add(tell);
    return () => this.#watchers.get(id).delete(tell);
  }

  /** This address shows nothing: taken down meanwhile, or out of reach. Initials stand for it from now on. */
  failed(id, url) {
    if (this.#urls.get(id) === url) this.#set(id, null);
  }

  #want(id) {
    if (!Number.isInteger(id) || this.#wanted.has(id)) return;
    if (this.#wanted.size === 0) this.later(() => this.#ask(), GATHER_MS);
    this.#wanted.add(id);
  }

  async #ask() {
    const ids = [...this.#wanted].slice(0, ASKED_MOST);
    const people = await this.load(ids);
    for (const id of ids) this.#wanted.delete(id);
    for (const { id, avatar } of people ?? []) this.#set(id, avatar);
    if (people && this.#wanted.size > 0) this.later(() => this.#ask(), GATHER_MS);
    else this.#wanted.clear(); // who is shown again is asked for again
  }

  #set(id, url) {
    const isNew = (this.#urls.get(id) ?? null) !== url;
    this.#urls.set(id, url);
    if (isNew) for (const tell of this.#watchers.get(id) ?? []) tell();
  }
}
