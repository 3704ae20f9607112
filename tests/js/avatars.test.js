import assert from "node:assert/strict";
import { test } from "node:test";
import { Avatars } from "../../static/js/avatars.js";

/** Avatars whose questions are kept, and are asked when `turn()` says so. */
function made({ known, answers = (ids) => ids.map((id) => ({ id, avatar: id % 2 ? `/${id}.webp` : null })) }) {
  const asked = [];
  const timers = [];
  const load = async (ids) => {
    asked.push(ids);
    return answers(ids);
  };
  const avatars = new Avatars({ known, load, later: (run) => timers.push(run) });
  return { avatars, asked, timers, turn: () => Promise.all(timers.splice(0).map((run) => run())) };
}

test("what the page came with is not asked for", () => {
  const { avatars, timers } = made({ known: { 1: "/1.webp", 2: null } });
  assert.deepEqual([avatars.urlOf(1), avatars.urlOf(2), avatars.urlOf(null)], ["/1.webp", null, null]);
  assert.equal(timers.length, 0);
});

test("who is not known is asked for once, together, and those who watch are told of a picture", async () => {
  const { avatars, asked, turn } = made({});
  const told = [];
  const end = avatars.watch(3, () => told.push(3));
  avatars.watch(4, () => told.push(4));
  for (const id of [3, 4, 3]) assert.equal(avatars.urlOf(id), null);
  await turn();
  assert.deepEqual([asked, told], [[[3, 4]], [3]]);
  assert.deepEqual([avatars.urlOf(3), avatars.urlOf(4)], ["/3.webp", null]);
  await turn();
  assert.equal(asked.length, 1, "known by now, also that there is none");
  end();
  avatars.failed(3, "/3.webp");
  assert.deepEqual(told, [3]);
});

test("a crowd is asked for in parts", async () => {
  const { avatars, asked, turn } = made({});
  for (let id = 1; id <= 250; id++) avatars.urlOf(id);
  for (let part = 0; part < 4; part++) await turn();
  assert.deepEqual(asked.map((ids) => ids.length), [100, 100, 50]);
  assert.equal(avatars.urlOf(249), "/249.webp");
});

test("a question that fails is asked again when the person is shown again, and not before", async () => {
  const { avatars, asked, timers, turn } = made({ answers: () => null });
  avatars.urlOf(5);
  await turn();
  assert.equal(timers.length, 0);
  avatars.urlOf(5);
  await turn();
  assert.deepEqual(asked, [[5], [5]]);
});

test("a picture that does not load leaves the initials, until there is another", () => {
  const { avatars } = made({ known: { 1: "/new.webp" } });
  avatars.failed(1, "/old.webp");
  assert.equal(avatars.urlOf(1), "/new.webp");
  avatars.failed(1, "/new.webp");
  assert.equal(avatars.urlOf(1), null);
});
