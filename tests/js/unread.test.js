import assert from "node:assert/strict";
import { test } from "node:test";
import { counted } from "../../static/js/counting.js";
import { Reader } from "../../static/js/reader.js";
import { ReadTabs } from "../../static/js/read_tabs.js";

const ME = { id: 7 };
const ROOM = { seq: 10, rev: 20, read: 8, unread: 2, mentions: 1 };
const message = (seq, rev, more = {}) => ({ seq, rev, sender: { id: 1 }, deleted_at: null, mentions: [], ...more });
const after = (messages, held = {}, frame = {}) =>
  counted(ROOM, { rev: 30, messages, ...frame }, (seq) => held[seq], ME);

test("new messages of others count, with the mentions in them; one's own reads all before it", () => {
  assert.deepEqual(after([message(11, 21), message(12, 22, { mentions: [7] })]), { seq: 12, rev: 30, read: 8, unread: 4, mentions: 2 });
  assert.deepEqual(after([message(11, 21), message(12, 22, { sender: ME }), message(13, 23)]), {
    seq: 13, rev: 30, read: 12, unread: 1, mentions: 0,
  });
});

test("what goes or changes above the marker counts, below it nothing does", () => {
  const held = { 10: message(10, 15, { mentions: [7] }), 9: message(9, 14), 8: message(8, 13) };
  const gone = (seq) => message(seq, 25, { deleted_at: "now" });
  assert.deepEqual(after([gone(10)], held), { seq: 10, rev: 30, read: 8, unread: 1, mentions: 0 });
  assert.equal(after([gone(8)], held).unread, 2);
  assert.equal(after([gone(9), gone(9)], { ...held, 9: gone(9) }).unread, 2, "known to be gone");
  assert.equal(after([gone(9)]).unread, 1, "counted though not held");
  assert.deepEqual(after([message(9, 25, { mentions: [7] })], held).mentions, 2);
});

test("what the standing's numbers hold already, and a new beginning, count nothing", () => {
  assert.equal(after([message(11, 20)]).unread, 2);
  assert.deepEqual(after([message(11, 21)], {}, { reset: true }), { seq: 11, rev: 30, read: 8, unread: 2, mentions: 1 });
});

test("a reader marks at once, then what came last, twice a second at most", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const marked = [];
  const reader = new Reader((seq) => Boolean(marked.push(seq)));
  for (const seq of [3, 4, 6, 5]) reader.seen(seq);
  assert.deepEqual(marked, [3]);
  t.mock.timers.tick(500);
  assert.deepEqual(marked, [3, 6]);
  reader.seen(9);
  reader.flush();
  assert.deepEqual(marked, [3, 6, 9], "who leaves tells it first");
  t.mock.timers.tick(2_000);
  reader.seen(2);
  assert.deepEqual(marked, [3, 6, 9, 2]);
});

test("what cannot be told is told with the next look", () => {
  let isOnline = false;
  const marked = [];
  const reader = new Reader((seq) => isOnline && Boolean(marked.push(seq)));
  reader.seen(3);
  isOnline = true;
  reader.seen(2);
  assert.deepEqual(marked, [3], "at once");
  reader.flush();
});

test("tabs hand on how far was read, and no more than that", () => {
  const channels = [];
  const open = (name) => {
    const channel = { name, postMessage: (data) => channels.filter((one) => one !== channel).forEach((one) => one.onmessage({ data })) };
    channels.push(channel);
    return channel;
  };
  const heard = [];
  const one = new ReadTabs({ user: 7, onRead: (told) => assert.fail(told), open });
  new ReadTabs({ user: 7, onRead: (told) => heard.push(told), open });
  one.tellRead({ type: "read", room: 1, seq: 5, unread: 0, mentions: 0 });
  assert.deepEqual(heard, [{ room: 1, seq: 5, unread: 0, mentions: 0 }]);
  assert.equal(channels[0].name, channels[1].name);
});
