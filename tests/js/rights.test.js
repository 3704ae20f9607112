import assert from "node:assert/strict";
import { test } from "node:test";
import { membersToShow, rightsIn, rightsOver } from "../../static/js/rights.js";

const ROOM = { kind: "public", role: "member", archived: false, announcements: false };
const ME = { id: 1 };
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

test("nobody removes their equals or themselves; owners give every other role", () => {
  const owner = { ...ROOM, role: "owner" };
  assert.deepEqual(rightsOver(owner, { id: 2, role: "member" }, ME), { roles: ["moderator", "owner"], remove: true });
  assert.deepEqual(rightsOver(owner, { id: 1, role: "owner" }, ME), { roles: ["member", "moderator"], remove: false });
  assert.equal(rightsOver(owner, { id: 2, role: "owner" }, ME).remove, false);
  assert.deepEqual(rightsOver({ ...ROOM, role: "moderator" }, { id: 2, role: "moderator" }, ME), { roles: [], remove: false });
  assert.deepEqual(rightsOver({ ...ROOM, role: "moderator" }, { id: 2, role: "member" }, ME), { roles: [], remove: true });
});

test("members are searched by name and username, those who lead first, and bounded", () => {
  const many = Array.from({ length: 150 }, (_, id) => ({ id, name: `Person ${id}`, username: `u${id}`, role: id === 149 ? "owner" : "member" }));
  const all = membersToShow(many);
  assert.deepEqual([all.found.length, all.more, all.isSearched, all.found[0].id], [100, 50, true, 149]);
  assert.deepEqual(membersToShow(many, " U14 ").found.map((one) => one.id), [14, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149].toSorted((one, other) => (other === 149) - (one === 149)));
  assert.equal(membersToShow(many.slice(0, 3)).isSearched, false);
});
