import assert from "node:assert/strict";
import { test } from "node:test";
import { loudness } from "../../static/js/loudness.js";

test("all messages are counted, mentions marked", () => {
  assert.deepEqual(loudness({ level: "all", unread: 3, mentions: 0 }), { isBold: true, count: 3, isNamed: false });
  assert.deepEqual(loudness({ level: "all", unread: 3, mentions: 1 }), { isBold: true, count: 3, isNamed: true });
  assert.deepEqual(loudness({ level: "all", unread: 0, mentions: 0 }), { isBold: false, count: 0, isNamed: false });
});

test("who wants to hear of mentions hears of nothing else", () => {
  assert.deepEqual(loudness({ level: "mentions", unread: 9, mentions: 0 }), { isBold: false, count: 0, isNamed: false });
  assert.deepEqual(loudness({ level: "mentions", unread: 9, mentions: 2 }), { isBold: true, count: 2, isNamed: true });
});

test("nothing is nothing", () => {
  assert.deepEqual(loudness({ level: "nothing", unread: 9, mentions: 2 }), { isBold: false, count: 0, isNamed: false });
});
