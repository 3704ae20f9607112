import assert from "node:assert/strict";
import { test } from "node:test";
import { Company } from "../../static/js/company.js";
import { StorageKeep } from "../../static/js/keep.js";
import { Outbox } from "../../static/js/outbox.js";
import { shownBy } from "../../static/js/row_memory.js";

const ME = { id: 1, name: "Ada" };

function memory() {
  const items = new Map();
  const storage = { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value), removeItem: (key) => items.delete(key) };
  const messages = new Map();
  const people = [];
  const chat = {
    roomId: 1,
    room: { role: "member" },
    me: ME,
    blocked: new Set(),
    outbox: new Outbox(new StorageKeep(storage, "o."), "t"),
    people: { of: () => people },
    store: () => messages,
    company: new Company({ send: () => {}, whom: () => [] }),
    quotes: { get: (store, seq) => store.get(seq) ?? null },
  };
  const message = { seq: 5, client_id: "c", sender: { id: 2, name: "Bo" }, body: "x", reply_to: 3 };
  const row = { key: "c", message, startsGroup: true, state: "sent" };
  return { chat, row, messages };
}

function changes(before, after) {
  assert.equal(before.length, after.length);
  return before.some((one, place) => one !== after[place]);
}

test("nothing another: not rendered again, whatever the clock says", () => {
  const { chat, row } = memory();
  assert.equal(changes(shownBy(chat, row, { now: 1, isFocus: false }), shownBy(chat, { ...row }, { now: 2, isFocus: false })), false);
});

test("each thing that a row shows is noticed", () => {
  const ways = [
    ({ row }) => (row.message = { ...row.message, rev: 2 }),
    ({ row }) => (row.startsGroup = false),
    ({ row }) => (row.state = "sending"),
    ({ messages }) => messages.set(3, { seq: 3 }),
    ({ chat }) => chat.blocked.add(2),
    ({ chat }) => (chat.room = { role: "owner" }),
    ({ chat }) => chat.company.receive({ type: "presence", people: { 2: "active" } }),
    ({ chat }) => chat.outbox.add({ type: "react", client_id: "r", room: 1, seq: 5, emoji: "👍", on: true }, 0),
    ({ chat }) => {
      chat.outbox.add({ type: "edit", client_id: "e", room: 1, seq: 5, rev: 1, body: "y" }, 0);
      chat.outbox.rejected({ client_id: "e", code: "conflict" });
    },
  ];
  for (const way of ways) {
    const world = memory();
    const before = shownBy(world.chat, world.row, { now: 1, isFocus: false });
    way(world);
    assert.equal(changes(before, shownBy(world.chat, world.row, { now: 1, isFocus: false })), true, String(way));
  }
});

test("what is on its way grows late by the clock", () => {
  const { chat, row } = memory();
  row.entry = chat.outbox.add({ type: "send", client_id: "c", room: 1, body: "x" }, 0);
  assert.equal(changes(shownBy(chat, row, { now: 1, isFocus: false }), shownBy(chat, row, { now: 2, isFocus: false })), true);
});
