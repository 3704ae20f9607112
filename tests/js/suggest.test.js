import assert from "node:assert/strict";
import { test } from "node:test";
import { finishedEmoji, recentFirst, replaced, suggestEmoji, suggestPeople, tokenAt } from "../../static/js/suggest.js";

const EMOJI = { "🎉": ["tada", "party", "庆祝"], "🔥": ["fire", "hot"], "⭐": ["star"], "🤩": ["starstruck", "star"] };
const PEOPLE = [
  { id: 7, username: "chen", name: "Chen Li" },
  { username: "ada", name: "Ada Lovelace" },
  { username: "lina", name: "Adamina" },
];

test("a token is what stands between a space and the caret", () => {
  assert.deepEqual(tokenAt("hello @Ad", 9), { kind: "@", query: "ad", start: 6 });
  assert.deepEqual(tokenAt("@", 1), { kind: "@", query: "", start: 0 });
  assert.deepEqual(tokenAt("(:fi there", 4), { kind: ":", query: "fi", start: 1 });
  assert.deepEqual(tokenAt("好 :庆", 4), { kind: ":", query: "庆", start: 2 });
  for (const text of ["mail@example", "at 10:30", "a :", "@ada ", "http://"]) assert.equal(tokenAt(text, text.length), null, text);
});

test("who begins like it comes first, by username or any part of the name", () => {
  assert.deepEqual(suggestPeople(PEOPLE, "ad").map((one) => one.hint), ["@ada", "@lina"]);
  assert.deepEqual(suggestPeople(PEOPLE, "l").map((one) => one.hint), ["@chen", "@ada", "@lina"]);
  assert.equal(suggestPeople(PEOPLE, "chen")[0].id, 7, "for the face");
  assert.deepEqual(suggestPeople(PEOPLE, "nobody"), []);
});

test("emoji are found in English and Chinese, their own name first", () => {
  assert.deepEqual(suggestEmoji(EMOJI, "par").map((one) => one.label), ["🎉"]);
  assert.deepEqual(suggestEmoji(EMOJI, "庆").map((one) => one.label), ["🎉"]);
  assert.deepEqual(suggestEmoji(EMOJI, "star").map((one) => one.label), ["⭐", "🤩"]);
});

test("a finished name becomes its emoji where the caret is, an unknown one stays", () => {
  assert.deepEqual(finishedEmoji(EMOJI, "a :tada: b", 8), { text: "a 🎉 b", caret: 4 });
  assert.equal(finishedEmoji(EMOJI, ":nonsense:", 10), null);
  assert.equal(finishedEmoji(EMOJI, "10:30:", 6), null);
});

test("what is chosen replaces the token only", () => {
  assert.deepEqual(replaced("hi @ad you", 3, 6, "@ada "), { text: "hi @ada  you", caret: 8 });
});

test("who spoke last is suggested first, the others as they were", () => {
  const people = [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }];
  const messages = [{ seq: 1, sender: { id: 3 } }, { seq: 2, sender: { id: 4 } }, { seq: 3, sender: { id: 3 } }];
  assert.deepEqual(recentFirst(people, messages).map((one) => one.id), [3, 4, 1, 2]);
});
