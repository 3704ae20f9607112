import assert from "node:assert/strict";
import { test } from "node:test";
import { membersToShow, rightsOver } from "../../static/js/members.js";

const ROOM = { kind: "public", role: "member", archived: false, announcements: false };
const ME = { id: 1 };

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
