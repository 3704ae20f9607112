import assert from "node:assert/strict";
import { test } from "node:test";
import { switchTo } from "../../static/js/switcher.js";

const room = (id, name, unread = 0, mentions = 0) => ({ id, name, unread, mentions });
const ROOMS = [room(1, "lobby"), room(2, "Plans"), room(3, "release planning", 4), room(4, "Bo", 1, 1), room(5, "设计")];
const names = (query, recent = []) => switchTo(ROOMS, recent, query).map((one) => one.name);

test("without a query: who names me, what is unread, where I was, the rest", () => {
  assert.deepEqual(names("", [2, 1]), ["Bo", "release planning", "Plans", "lobby", "设计"]);
});

test("the closest name first, whatever waits elsewhere", () => {
  assert.deepEqual(names("pl"), ["Plans", "release planning"]);
  assert.deepEqual(names("lob"), ["lobby"]);
  assert.deepEqual(names("设"), ["设计"]);
  assert.deepEqual(names("rpl"), ["release planning"], "letters in order");
  assert.deepEqual(names("zzz"), []);
});

test("there is an end to the list", () => {
  const many = Array.from({ length: 500 }, (_, id) => room(id + 1, `room ${id}`));
  assert.equal(switchTo(many, [], "room").length, 12);
});
