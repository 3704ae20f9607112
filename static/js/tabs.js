/**
 * Whose entries are whose, among the tabs of one person: each holds a lock of its name for as long as it lives, and
 * what a tab left behind goes to the one tab that is given its lock first. So no two tabs send the same thing.
 */

/** `locks` is navigator.locks, or undefined where there are none; then what is left behind is taken at once. */
export class Tabs {
  constructor({ keep, locks, me, prefix }) {
    Object.assign(this, { keep, locks, me, prefix });
    locks?.request(prefix + me, () => new Promise(() => {}));
  }

  /** Calls `take(entries)` for every tab that is gone, now or later. Resolves when those gone by now were taken. */
  async inherit(take) {
    const owners = new Set((await this.keep.all()).map((entry) => entry.tab));
    owners.delete(this.me);
    const living = new Set((await this.locks?.query())?.held.map((lock) => lock.name));
    const taking = [...owners].map((owner) => [owner, this.#onceGone(owner, take)]);
    await Promise.all(taking.filter(([owner]) => !living.has(this.prefix + owner)).map(([, taken]) => taken));
  }

  async #onceGone(owner, take) {
    const takeAll = async () => {
      const left = (await this.keep.all()).filter((entry) => entry.tab === owner);
      for (const entry of left) this.keep.put(Object.assign(entry, { tab: this.me }));
      if (left.length > 0) take(left);
    };
    await (this.locks ? this.locks.request(this.prefix + owner, takeAll) : takeAll());
  }
}
