import assert from "node:assert/strict";
import { test } from "node:test";
import { rightsIn } from "../../static/js/rights.js";

const ROOM = { kind: "public", role: "member", archived: false, announcements: false };
const granted = (rights) => Object.keys(rights).filter((name) => rights[name]);

test("what is offered follows role and kind", () => {
  assert.deepEqual(granted(rightsIn(ROOM)), ["add", "leave", "write"]);
  assert.deepEqual(granted(rightsIn({ ...ROOM, kind: "private" })), ["leave", "write"]);
  assert.deepEqual(granted(rightsIn({ ...ROOM, role: "moderator" })), ["change", "add", "invite", "leave", "write"]);
  assert.deepEqual(granted(rightsIn({ ...ROOM, role: "owner" })), ["change", "archive", "add", "invite", "giveRoles", "leave", "write"]);
  assert.deepEqual(granted(rightsIn({ ...ROOM, kind: "direct", role: "owner" })), ["write"]);
});

test("an archived room is only opened again, or left", () => {
  assert.deepEqual(granted(rightsIn({ ...ROOM, role: "owner", archived: true })), ["archive", "giveRoles", "leave"]);
});

test("in a room for announcements those who lead it write", () => {
  assert.equal(rightsIn({ ...ROOM, announcements: true }).write, false);
  assert.equal(rightsIn({ ...ROOM, announcements: true, role: "moderator" }).write, true);
});
