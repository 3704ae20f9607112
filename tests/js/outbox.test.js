import assert from "node:assert/strict";
import { test } from "node:test";
import { StorageKeep } from "../../static/js/keep.js";
import { Outbox } from "../../static/js/outbox.js";

/** A Storage as browsers have it: own properties are the keys. */
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

const send = (id, room = 1) => ({ type: "send", client_id: id, room, body: `body ${id}` });

test("a command stays until its effect came, whatever comes first", () => {
  const outbox = new Outbox(new StorageKeep(makeStorage(), "o."));
  outbox.add(send("a"), 0);
  outbox.accepted("a");
  assert.equal(outbox.get("a").state, "accepted");
  outbox.settle(1, [{ client_id: "a", seq: 1, rev: 1 }]);
  assert.equal(outbox.entries.length, 0);
  outbox.accepted("a");
  assert.equal(outbox.entries.length, 0);
});

test("it survives a reload, in order, and says `again` from the second time on", () => {
  const storage = makeStorage();
  const before = new Outbox(new StorageKeep(storage, "o."));
  for (const id of ["b", "a", "c"]) before.wire(before.add(send(id), 0));
  storage.setItem("other", "left alone");
  const keep = new StorageKeep(storage, "o.");
  const after = new Outbox(keep);
  after.adopt(keep.all());
  assert.deepEqual(after.entries.map((entry) => entry.client_id), ["a", "b", "c"]);
  assert.equal(after.wire(after.get("a")).again, true);
});

test("the first time on the wire does not say `again`", () => {
  const outbox = new Outbox(new StorageKeep(makeStorage(), "o."));
  assert.equal(outbox.wire(outbox.add(send("a"), 0)).again, undefined);
});

test("outcomes finish what is stored, fail what is refused, and name the rest in order", () => {
  const outbox = new Outbox(new StorageKeep(makeStorage(), "o."));
  for (const id of ["a", "b", "c", "d"]) outbox.wire(outbox.add(send(id), 0));
  const again = outbox.outcomes({ a: { state: "stored" }, b: { state: "refused", code: "not_member" }, c: { state: "pending" } });
  assert.deepEqual(again.map((entry) => entry.client_id), ["c", "d"]);
  assert.equal(outbox.get("a"), undefined);
  assert.equal(outbox.get("b").state, "failed");
});

test("what stored nothing is tried under its own id, what was refused for good under a new one", () => {
  const outbox = new Outbox(new StorageKeep(makeStorage(), "o."));
  outbox.wire(outbox.add(send("a"), 0));
  outbox.rejected({ client_id: "a", code: "rate_limited", message: "slow down" });
  assert.equal(outbox.wire(outbox.retry("a", "new", 1)).again, undefined);
  outbox.rejected({ client_id: "a", code: "not_member", message: "no", final: true });
  assert.equal(outbox.retry("a", "new", 2).client_id, "new");
  assert.equal(outbox.get("a"), undefined);
});

test("a refused edit is found by its message, with what was written", () => {
  const outbox = new Outbox(new StorageKeep(makeStorage(), "o."));
  outbox.add({ type: "edit", client_id: "e", room: 1, seq: 4, rev: 9, body: "my text" }, 0);
  assert.equal(outbox.failedChange(1, 4), undefined);
  outbox.rejected({ client_id: "e", code: "invalid", message: "changed meanwhile", final: true });
  assert.equal(outbox.failedChange(1, 4).frame.body, "my text");
  assert.equal(outbox.failedChange(1, 5), undefined);
  assert.equal(outbox.failedChange(2, 4), undefined);
});

test("edits and deletions finish with the change they asked for", () => {
  const outbox = new Outbox(new StorageKeep(makeStorage(), "o."));
  outbox.add({ type: "edit", client_id: "e", room: 1, seq: 4, rev: 9, body: "x" }, 0);
  outbox.add({ type: "delete", client_id: "d", room: 1, seq: 5 }, 0);
  outbox.settle(1, [{ client_id: "m4", seq: 4, rev: 9 }, { client_id: "m5", seq: 5, rev: 12, deleted_at: null }]);
  assert.equal(outbox.entries.length, 2);
  outbox.settle(1, [{ client_id: "m4", seq: 4, rev: 10 }, { client_id: "m5", seq: 5, rev: 13, deleted_at: "now" }]);
  assert.equal(outbox.entries.length, 0);
});
