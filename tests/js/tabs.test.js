import assert from "node:assert/strict";
import { test } from "node:test";
import { StorageKeep, openKeep } from "../../static/js/keep.js";
import { Tabs } from "../../static/js/tabs.js";

function makeStorage() {
  return Object.create({
    getItem(key) {
      return Object.hasOwn(this, key) ? this[key] : null;
    },
    setItem(key, value) {
      this[key] = String(value);
    },
    removeItem(key) {
      delete this[key];
    },
  });
}

/** Locks as browsers have them: one holder a name, the next in line when it lets go; `free` ends a tab. */
class FakeLocks {
  #held = new Map();
  #lines = new Map();
  async request(name, work) {
    const before = this.#lines.get(name) ?? Promise.resolve();
    const mine = before.then(() => Promise.race([work(), new Promise((resolve) => this.#held.set(name, resolve))]));
    this.#lines.set(name, mine);
    await mine;
    this.#held.delete(name);
  }
  query() {
    return Promise.resolve({ held: [...this.#held.keys()].map((name) => ({ name })) });
  }
  free(name) {
    this.#held.get(name)();
  }
}

const entry = (id, tab) => ({ client_id: id, tab, frame: { type: "send", client_id: id, room: 1, body: id } });
const ids = (entries) => entries.map((one) => one.client_id);
const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

test("what a dead tab left goes to one tab only, before it connects", async () => {
  const keep = new StorageKeep(makeStorage(), "o.");
  keep.put(entry("a", "dead"));
  const locks = new FakeLocks();
  const taken = [];
  const tabs = ["one", "other"].map((me) => new Tabs({ keep, locks, me, prefix: "t." }));
  await Promise.all(tabs.map((tab) => tab.inherit((entries) => taken.push(...ids(entries)))));
  assert.deepEqual(taken, ["a"]);
  assert.ok(["one", "other"].includes(keep.all()[0].tab));
});

test("a living tab keeps its own; they are taken when it goes", async () => {
  const keep = new StorageKeep(makeStorage(), "o.");
  const locks = new FakeLocks();
  new Tabs({ keep, locks, me: "living", prefix: "t." });
  keep.put(entry("a", "living"));
  const taken = [];
  await soon();
  await new Tabs({ keep, locks, me: "one", prefix: "t." }).inherit((entries) => taken.push(...ids(entries)));
  await soon();
  assert.deepEqual(taken, []);
  locks.free("t.living");
  await soon();
  assert.deepEqual(taken, ["a"]);
});

test("without locks what is there is taken", async () => {
  const keep = new StorageKeep(makeStorage(), "o.");
  keep.put(entry("a", "gone"));
  const taken = [];
  await new Tabs({ keep, locks: undefined, me: "one", prefix: "t." }).inherit((entries) => taken.push(...ids(entries)));
  assert.deepEqual(taken, ["a"]);
});

test("where the database is denied, the storage keeps", async () => {
  const storage = makeStorage();
  const denied = { open: () => { throw new Error("denied"); } };
  (await openKeep(denied, storage, "o")).put(entry("a", "t"));
  storage.setItem("o.broken", "{");
  assert.deepEqual(ids((await openKeep(denied, storage, "o")).all()), ["a"]);
});
