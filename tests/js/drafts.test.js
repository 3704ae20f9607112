import assert from "node:assert/strict";
import { test } from "node:test";
import { Drafts } from "../../static/js/drafts.js";

function makeStorage() {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
}

test("a draft belongs to one person and one room, and goes when it is empty", () => {
  const storage = makeStorage();
  const drafts = new Drafts(storage, 7);
  drafts.set(1, "half a thought");
  assert.equal(drafts.get(1), "half a thought");
  assert.equal(drafts.get(2), "");
  assert.equal(new Drafts(storage, 8).get(1), "");
  drafts.set(1, "");
  assert.equal(new Drafts(storage, 7).get(1), "");
});

test("what another tab writes is taken over once, in its room", () => {
  const storage = makeStorage();
  const drafts = new Drafts(storage, 7);
  const window = new EventTarget();
  let told = 0;
  drafts.follow(window, () => (told += 1));
  const tell = (key) => window.dispatchEvent(Object.assign(new Event("storage"), { key }));
  storage.setItem("chat.draft.7.1", "from there");
  for (const key of ["chat.draft.7.1", "chat.draft.77.2", null]) tell(key);
  assert.equal(told, 1);
  assert.equal(drafts.takeElsewhere(2), undefined);
  assert.equal(drafts.takeElsewhere(1), "from there");
  assert.equal(drafts.takeElsewhere(1), undefined);
  storage.removeItem("chat.draft.7.1");
  tell("chat.draft.7.1");
  assert.equal(drafts.takeElsewhere(1), "");
});
