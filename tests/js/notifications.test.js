import assert from "node:assert/strict";
import { test } from "node:test";
import { Notifications } from "../../static/js/notifications.js";

function begin({ level = "all", locks = null } = {}) {
  const shown = [];
  const world = { watched: null, shown };
  const room = { id: 2, name: "plans", seq: 5, unread: 0, mentions: 0, level };
  const messages = [];
  const chat = { me: { id: 1 }, roomId: 2, blocked: new Set(), rooms: new Map([[2, room]]), store: () => ({ messages }) };
  const notifications = new Notifications({
    show: (what) => shown.push({ ...what, close: () => (what.closed = true), what }) && shown.at(-1),
    isWatched: (id) => world.watched === id,
    locks,
  });
  const now = (fields) => {
    chat.rooms.set(2, { ...chat.rooms.get(2), ...fields });
    notifications.follow(chat);
  };
  now({});
  return { ...world, world, chat, messages, now, shown };
}

test("what comes together is one notification, with its newest count", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { now, shown } = begin();
  now({ unread: 1, seq: 6 });
  now({ unread: 3, seq: 8 });
  t.mock.timers.tick(1_500);
  assert.deepEqual(shown.map(({ title, body, tag, room }) => [title, body, tag, room]), [["plans", "3 new messages", "room-2", 2]]);
  now({ unread: 0 });
  assert.equal(shown[0].what.closed, true, "gone once it is read");
});

test("what waited before is no news, and what is read meanwhile is not told", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { now, shown, world } = begin();
  now({ unread: 0 });
  now({ unread: 1 });
  now({ unread: 0 });
  t.mock.timers.tick(1_500);
  now({ unread: 1 });
  world.watched = 2;
  t.mock.timers.tick(1_500);
  assert.deepEqual(shown, []);
});

test("a room is as loud as its level", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const quiet = begin({ level: "nothing" });
  quiet.now({ unread: 4, mentions: 1 });
  const named = begin({ level: "mentions" });
  named.now({ unread: 4 });
  t.mock.timers.tick(1_500);
  assert.deepEqual([quiet.shown, named.shown], [[], []]);
  named.now({ mentions: 1 });
  t.mock.timers.tick(1_500);
  assert.deepEqual(named.shown.map((one) => one.body), ["1 mention of you"]);
});

test("one message of the open room says what it is, unless its sender is blocked", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { now, shown, messages, chat } = begin();
  messages.push({ sender: { id: 7, name: "Bo" }, body: "x".repeat(500) });
  now({ unread: 1 });
  t.mock.timers.tick(1_500);
  assert.equal(shown[0].body, `Bo: ${"x".repeat(120)}`);
  now({ unread: 0 });
  chat.blocked.add(7);
  now({ unread: 1 });
  t.mock.timers.tick(1_500);
  assert.equal(shown[1].body, "1 new message");
});

test("of several tabs one shows it", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const held = new Set();
  const locks = {
    request: (name, _, work) => {
      const lock = held.has(name) ? null : name;
      held.add(name);
      work(lock);
    },
  };
  const tabs = [begin({ locks }), begin({ locks })];
  for (const tab of tabs) tab.now({ unread: 1, seq: 6 });
  t.mock.timers.tick(1_500);
  assert.equal(tabs.flatMap((tab) => tab.shown).length, 1);
});
