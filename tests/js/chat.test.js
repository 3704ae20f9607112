import assert from "node:assert/strict";
import { test } from "node:test";
import { Chat } from "../../static/js/chat.js";
import { StorageKeep } from "../../static/js/keep.js";

class FakeSocket {
  static made = [];
  sent = [];
  constructor() {
    FakeSocket.made.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
  say(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }
}

const ROOM = { id: 1, name: "lobby", seq: 0, rev: 0, read: 0, unread: 0, mentions: 0, role: "member", slow_mode_s: 0, muted_until: null };

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

/** A chat that was welcomed, with its socket; `room` changes the lobby. */
function begin(room = {}) {
  let now = 1_000;
  const chat = new Chat({
    boot: { user: { id: 7 }, limits: { body: 4000 }, rooms: [{ ...ROOM, ...room }], room: 1, epoch: "e" },
    keep: new StorageKeep(makeStorage(), "o."),
    tab: "t",
    url: "ws://x",
    onChange: () => {},
    now: () => now,
    connectionOptions: { WebSocketClass: FakeSocket, random: () => 0 },
  });
  const open = () => {
    chat.connection.open();
    const socket = FakeSocket.made.at(-1);
    socket.onopen();
    return socket;
  };
  const welcome = { type: "welcome", epoch: "e", heartbeat_s: 3600, rooms: [{ ...ROOM, ...room }] };
  return { chat, open, welcome, later: (ms) => (now += ms), end: () => chat.connection.drop() };
}

const bodies = (socket) => socket.sent.filter((frame) => frame.type === "send").map((frame) => frame.body);

test("what is unfinished is sent again in the order of writing, before anything new", () => {
  const { chat, open, welcome, end } = begin();
  const first = open();
  first.say(welcome);
  chat.send("one");
  assert.deepEqual(bodies(first), ["one"]);
  const [one] = chat.outbox.entries;
  first.onclose({ code: 1006 });
  chat.send("two");
  const second = open();
  second.say(welcome);
  chat.send("three");
  assert.deepEqual(bodies(second), [], "not before the outcomes");
  second.say({ type: "outcomes", [one.client_id]: { state: "pending" } });
  assert.deepEqual(bodies(second), ["one", "two", "three"]);
  assert.equal(second.sent.find((frame) => frame.body === "one").again, true);
  chat.send("four");
  assert.deepEqual(bodies(second).at(-1), "four");
  end();
});

test("a text that comes too fast goes back to the composer, which counts down", () => {
  const { chat, open, welcome, later, end } = begin();
  const socket = open();
  socket.say(welcome);
  chat.send("too fast");
  const { client_id: clientId } = chat.outbox.entries[0];
  socket.say({ type: "rejected", client_id: clientId, code: "rate_limited", message: "", retry_after: 2 });
  assert.equal(chat.outbox.entries.length, 0);
  assert.equal(chat.waitsUntil(1), 3_000);
  assert.equal(chat.takeReturned(1), "too fast");
  assert.equal(chat.takeReturned(1), undefined);
  later(2_000);
  end();
});

test("in slow mode one's own message starts the wait; a mute lasts until it is over", () => {
  const { chat, open, welcome, end } = begin({ slow_mode_s: 10, muted_until: "1970-01-01T00:00:20Z" });
  const socket = open();
  socket.say(welcome);
  assert.equal(chat.waitsUntil(1), 20_000);
  chat.send("my turn");
  socket.say({ type: "accepted", client_id: chat.outbox.entries[0].client_id });
  assert.equal(chat.waits.until(1), 11_000);
  end();
});

test("what got no answer is sent again, and what was too busy is tried again by itself", async () => {
  const { chat, open, welcome, later, end } = begin();
  chat.random = () => 0;
  const socket = open();
  socket.say(welcome);
  chat.send("into the void");
  chat.repeatLate();
  assert.equal(bodies(socket).length, 1);
  later(20_000);
  chat.repeatLate();
  assert.deepEqual(socket.sent.at(-1).again, true);
  const { client_id: clientId } = chat.outbox.entries[0];
  socket.say({ type: "rejected", client_id: clientId, code: "busy", message: "", retry_after: 0.01 });
  assert.equal(chat.outbox.entries[0].state, "sending");
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(socket.sent.at(-1).body, "into the void");
  assert.equal(socket.sent.at(-1).again, undefined);
  end();
});

test("what was said behind a message that was too much waits behind it, over a new socket as well", async () => {
  const { chat, open, welcome, end } = begin();
  chat.random = () => 0;
  const socket = open();
  socket.say(welcome);
  for (const text of ["one", "two", "three"]) chat.send(text);
  const [one, two, three] = chat.outbox.entries.map((entry) => entry.client_id);
  socket.say({ type: "accepted", client_id: one });
  const busy = (id) => ({ type: "rejected", client_id: id, code: "busy", message: "", retry_after: 0.05 });
  socket.say(busy(two));
  chat.send("four");
  socket.say(busy(three));
  chat.react({ seq: 1, reactions: {} }, "👍", true);
  assert.deepEqual(bodies(socket), ["one", "two", "three"], "the fourth waits");
  assert.equal(socket.sent.at(-1).type, "react", "a reaction has no place to lose");
  socket.onclose({ code: 1006 });
  const next = open();
  next.say(welcome);
  next.say({ type: "outcomes", [one]: { state: "pending" }, [two]: { state: "pending" }, [three]: { state: "pending" } });
  assert.deepEqual(bodies(next), ["one"], "what was refused waits on");
  await new Promise((resolve) => setTimeout(resolve, 80));
  assert.deepEqual(bodies(next), ["one", "two"], "one by one");
  chat.send("five");
  next.say({ type: "accepted", client_id: two });
  assert.deepEqual(bodies(next), ["one", "two", "three"]);
  next.say(busy(three));
  await new Promise((resolve) => setTimeout(resolve, 80));
  const told = () => next.say({ type: "accepted", client_id: next.sent.at(-1).client_id });
  for (let n = 0; n < 3; n++) told();
  chat.send("six");
  assert.deepEqual(bodies(next).slice(3), ["three", "four", "five", "six"]);
  told();
  chat.send("seven");
  chat.send("eight");
  assert.deepEqual(bodies(next).slice(-2), ["seven", "eight"], "and freely again");
  assert.deepEqual(next.sent.filter((frame) => frame.again && frame.type === "send").map((frame) => frame.body), ["one"]);
  end();
});

test("a reaction that was too much is tried again as well", async () => {
  const { chat, open, welcome, end } = begin();
  chat.random = () => 0;
  const socket = open();
  socket.say(welcome);
  chat.react({ seq: 1, reactions: {} }, "👍", true);
  const [{ client_id: clientId }] = chat.outbox.entries;
  socket.say({ type: "rejected", client_id: clientId, code: "busy", message: "", retry_after: 0.01 });
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(socket.sent.slice(-2).map((frame) => [frame.type, frame.client_id, frame.again]), [["react", clientId, undefined], ["react", clientId, undefined]]);
  end();
});

test("a message is unread from where one says until the room is opened again; another tab only reads on", () => {
  const { chat, open, welcome, end } = begin({ seq: 9, rev: 9, read: 9 });
  const socket = open();
  socket.say(welcome);
  chat.markUnread({ seq: 5 });
  assert.deepEqual(socket.sent.at(-1), { type: "read", room: 1, seq: 4, unread: true, was: 9 });
  socket.say({ type: "read", room: 1, seq: 4, unread: 5, mentions: 0 });
  assert.equal(chat.unread, 5);
  const sent = socket.sent.length;
  chat.markRead(1, 9);
  assert.equal(socket.sent.length, sent, "looking at it does not read it");
  chat.readElsewhere({ room: 1, seq: 3, unread: 6, mentions: 0 });
  assert.equal(chat.unread, 5);
  chat.readElsewhere({ room: 1, seq: 8, unread: 1, mentions: 0 });
  assert.equal(chat.unread, 1);
  chat.open(1);
  chat.markRead(1, 9);
  assert.deepEqual(socket.sent.at(-1), { type: "read", room: 1, seq: 9 });
  end();
});

test("a mute that begins while the page is open is known at once, and so is news from the moderators", () => {
  const { chat, open, welcome, end } = begin();
  const socket = open();
  socket.say(welcome);
  assert.equal(chat.waitsUntil(1), 0);
  assert.equal(chat.hasNews, false);
  socket.say({ type: "notice", code: "changed", room: { ...welcome.rooms[0], muted_until: "1970-01-01T00:00:20Z" } });
  socket.say({ type: "notice", code: "moderation" });
  assert.equal(chat.waitsUntil(1), 20_000);
  assert.equal(chat.hasNews, true);
  end();
});

test("what was not sent can be taken back into the composer, what may have been sent cannot", () => {
  const { chat, open, welcome, end } = begin();
  chat.send("never left");
  const [unsent] = chat.outbox.entries;
  chat.takeBack(unsent.client_id);
  assert.equal(chat.outbox.entries.length, 0);
  assert.equal(chat.takeReturned(1), "never left");
  open().say(welcome);
  chat.send("on its way");
  const [sent] = chat.outbox.entries;
  chat.takeBack(sent.client_id);
  assert.equal(chat.outbox.entries.length, 1);
  assert.equal(chat.takeReturned(1), undefined);
  end();
});
