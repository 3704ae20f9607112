import assert from "node:assert/strict";
import { test, mock } from "node:test";
import { Connection, reconnectDelay } from "../../static/js/connection.js";

class FakeSocket {
  static all = [];
  sent = [];
  constructor(url, protocol) {
    Object.assign(this, { url, protocol });
    FakeSocket.all.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.isClosed = true;
  }
  welcome() {
    this.onopen();
    this.onmessage({ data: JSON.stringify({ type: "welcome", heartbeat_s: 20 }) });
  }
}

function connect(options = {}) {
  FakeSocket.all = [];
  const states = [];
  const connection = new Connection({
    url: "ws://x/ws/",
    hello: () => ({ type: "hello" }),
    onFrame: () => {},
    onState: ({ state }) => states.push(state),
    WebSocketClass: FakeSocket,
    random: () => 1,
    ...options,
  });
  connection.open();
  return { connection, states };
}

test("the wait before a new try is random up to a bound that doubles to 30 s", () => {
  assert.equal(reconnectDelay(0, () => 1), 1000);
  assert.equal(reconnectDelay(3, () => 1), 8000);
  assert.equal(reconnectDelay(20, () => 1), 30_000);
  assert.equal(reconnectDelay(5, () => 0), 0);
});

test("hello is the first frame, and nothing else goes out before the welcome", () => {
  const { connection } = connect();
  assert.equal(connection.send({ type: "send" }), false);
  FakeSocket.all[0].welcome();
  assert.ok(connection.send({ type: "send" }));
  assert.deepEqual(FakeSocket.all[0].sent.map((frame) => frame.type), ["hello", "send"]);
  connection.drop();
});

test("a lost socket is replaced; a final close code is not", () => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const { connection } = connect();
  FakeSocket.all[0].welcome();
  FakeSocket.all[0].onclose({ code: 1006 });
  assert.equal(connection.state, "offline");
  mock.timers.tick(1000);
  assert.equal(FakeSocket.all.length, 2);
  for (const code of [4400, 4401, 4403]) {
    const { connection: other } = connect();
    FakeSocket.all[0].onclose({ code });
    assert.equal(other.state, "stopped");
    mock.timers.tick(60_000);
    assert.equal(FakeSocket.all.length, 1);
  }
  mock.timers.reset();
});

test("a peer that falls silent is left for another", () => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  let now = 0;
  const { connection } = connect({ now: () => now });
  FakeSocket.all[0].welcome();
  for (const at of [20_000, 40_000, 60_000]) {
    now = at;
    mock.timers.tick(20_000);
  }
  assert.ok(FakeSocket.all[0].isClosed);
  assert.equal(FakeSocket.all[0].sent.filter((frame) => frame.type === "ping").length, 2);
  assert.notEqual(connection.state, "online");
  mock.timers.reset();
});

test("coming back tries at once", () => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const { connection } = connect();
  FakeSocket.all[0].onclose({ code: 1006 });
  connection.wake();
  assert.equal(FakeSocket.all.length, 2);
  mock.timers.reset();
});
