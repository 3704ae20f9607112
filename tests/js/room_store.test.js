import assert from "node:assert/strict";
import { test } from "node:test";
import { KEPT, MOST, RoomStore } from "../../static/js/room_store.js";

const message = (seq, rev = seq, body = `m${seq}`) => ({ seq, rev, body, client_id: `c${seq}`, sender: { id: 1, name: "A" } });
const changes = (after, rev, messages, more = {}) => ({ room: 1, after, rev, messages, ...more });

test("what is known is dropped, what follows applies, what skips is a hole", () => {
  const store = new RoomStore(1);
  assert.equal(store.apply(changes(0, 2, [message(1), message(2)])), "applied");
  assert.equal(store.apply(changes(0, 2, [message(1, 1, "old")])), "known");
  assert.equal(store.apply(changes(3, 4, [message(4)])), "hole");
  assert.equal(store.rev, 2);
  assert.equal(store.apply(changes(2, 4, [message(3), message(4)])), "applied");
  assert.deepEqual(store.messages.map((one) => one.seq), [1, 2, 3, 4]);
});

test("a message is replaced only by one with a higher rev", () => {
  const store = new RoomStore(1);
  store.apply(changes(0, 5, [message(1, 5, "newest")]));
  store.apply(changes(4, 6, [message(1, 3, "older"), message(2, 6)]));
  assert.equal(store.get(1).body, "newest");
});

test("reset forgets what was held", () => {
  const store = new RoomStore(1);
  store.apply(changes(0, 2, [message(1), message(2)]));
  store.apply(changes(0, 90, [message(60), message(61)], { reset: true }));
  assert.deepEqual(store.messages.map((one) => one.seq), [60, 61]);
  assert.ok(store.hasOlder);
});

test("an older page shows only after the sync that brings it up to date", () => {
  const store = new RoomStore(1);
  store.open({ messages: [message(51)], rev: 60, more: true }, 51);
  const needsSync = store.addPage({ messages: [message(50, 50, "stale")], rev: 58, more: false }, { older: true });
  assert.ok(needsSync);
  assert.equal(store.get(50), undefined);
  assert.equal(store.rev, 58);
  store.apply(changes(58, 61, [message(50, 59, "edited")]));
  assert.equal(store.get(50).body, "edited");
  assert.equal(store.hasOlder, false);
});

test("a store opened at an old place takes no newer message until it gets there", () => {
  const store = new RoomStore(1);
  store.open({ messages: [message(10), message(11)], rev: 100, more: true }, 90);
  assert.equal(store.isLive, false);
  store.apply(changes(100, 101, [message(91, 101)]));
  assert.equal(store.get(91), undefined);
  store.addPage({ messages: [message(12), message(91, 101)], rev: 101, more: false }, { older: false });
  assert.ok(store.isLive);
  assert.equal(store.newestSeq, 91);
});

test("applying changes piece by piece equals fetching anew, for random histories", () => {
  for (let round = 0; round < 50; round += 1) {
    const truth = new Map();
    const log = [];
    let rev = 0;
    for (let step = 0; step < 60; step += 1) {
      rev += 1;
      const isNew = truth.size === 0 || Math.random() < 0.6;
      const seq = isNew ? truth.size + 1 : 1 + Math.floor(Math.random() * truth.size);
      truth.set(seq, message(seq, rev, `v${rev}`));
      log.push(changes(rev - 1, rev, [truth.get(seq)]));
    }
    const store = new RoomStore(1);
    for (const frame of log) {
      if (Math.random() < 0.2) continue;
      if (store.apply(frame) === "hole") {
        const missing = [...truth.values()].filter((one) => one.rev > store.rev && one.rev <= frame.rev);
        store.apply(changes(store.rev, frame.rev, missing));
      }
    }
    store.apply(changes(store.rev, rev, [...truth.values()].filter((one) => one.rev > store.rev)));
    assert.deepEqual(store.messages, [...truth.values()].sort((one, other) => one.seq - other.seq));
  }
});

const stretch = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
const page = (from, to, rev, more) => ({ messages: stretch(from, to), rev, more });
const held = (store) => [store.messages.length, store.oldestSeq, store.newestSeq];

test("an edit of a message that is not held leaves no stray row above the others", () => {
  const store = new RoomStore(1);
  store.open(page(151, 200, 200, true), 200);
  store.apply(changes(200, 202, [message(5, 201, "edited"), message(201, 202)]));
  assert.deepEqual(held(store), [51, 151, 201]);
  assert.equal(store.rev, 202);
});

test("at the end old messages are let go, and come again when they are asked for", () => {
  const store = new RoomStore(1);
  store.open(page(1, 50, 50, false), 50);
  for (let seq = 51; seq <= 400; seq += 1) store.apply(changes(seq - 1, seq, [message(seq)]));
  // Whenever there were FOLLOWED, the next one left KEPT: at 151, 202, 253, 304 and 355.
  assert.deepEqual(held(store), [145, 256, 400]);
  assert.ok(store.hasOlder && store.isLive);
  for (let seq = 401; seq <= 406; seq += 1) store.apply(changes(seq - 1, seq, [message(seq)]));
  assert.deepEqual(held(store), [KEPT, 307, 406]);
  store.follows = false;
  for (const first of [257, 207, 157, 107]) store.addPage(page(first, first + 49, 406, true), { older: true });
  assert.deepEqual(held(store), [MOST, 107, 406]);
  assert.ok(store.isLive);
  store.addPage(page(57, 106, 406, true), { older: true });
  assert.deepEqual(held(store), [MOST, 57, 356]);
  assert.ok(!store.isLive, "the newest wait until somebody comes back down");
  store.apply(changes(406, 407, [message(407)]));
  assert.deepEqual(held(store), [MOST, 57, 356]);
  store.addPage(page(357, 406, 407, true), { older: false });
  store.addPage(page(407, 407, 407, false), { older: false });
  assert.deepEqual(held(store), [MOST, 108, 407]);
  assert.ok(store.hasOlder && store.isLive);
});

test("who reads further up keeps what is read, however much comes in", () => {
  const store = new RoomStore(1);
  store.open(page(1, 250, 250, false), 250);
  store.follows = false;
  for (let seq = 251; seq <= 1000; seq += 1) store.apply(changes(seq - 1, seq, [message(seq)]));
  assert.deepEqual(held(store), [MOST, 1, MOST]);
  assert.equal(store.rev, 1000);
  assert.ok(!store.isLive);
});

test("the pieces of a reset come in any order of seq and leave nothing out", () => {
  const store = new RoomStore(1);
  store.open(page(1, 10, 10, false), 10);
  store.apply(changes(0, 60, [message(58, 58), message(60, 60)], { reset: true, more: true }));
  store.apply(changes(60, 70, [message(57, 65), message(59, 70)]));
  assert.deepEqual(store.messages.map((one) => one.seq), [57, 58, 59, 60]);
  assert.ok(store.hasOlder);
});
