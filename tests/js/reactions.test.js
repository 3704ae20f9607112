import assert from "node:assert/strict";
import { test } from "node:test";
import { excerpt, Quotes } from "../../static/js/quotes.js";
import { hasReacted, shownReactions } from "../../static/js/reactions.js";
import { RoomStore } from "../../static/js/room_store.js";

const me = { id: 1, name: "Ada" };
const frame = (emoji, on) => ({ frame: { type: "react", seq: 5, emoji, on } });

test("one's own reaction shows at once and is not counted twice", () => {
  const message = { reactions: { "👍": [2], "🎉": [1] } };
  assert.deepEqual(shownReactions(message, [frame("👍", true), frame("🎉", false), frame("🔥", true)], me), [
    { emoji: "👍", users: [2, 1], isMine: true },
    { emoji: "🔥", users: [1], isMine: true },
  ]);
  assert.deepEqual(shownReactions({ reactions: { "👍": [1] } }, [frame("👍", true)], me)[0].users, [1]);
  assert.deepEqual(message.reactions, { "👍": [2], "🎉": [1] }, "what is held stays as it is");
});

test("the last of several clicks counts", () => {
  const clicks = [frame("👍", true), frame("👍", false), frame("👍", true)];
  assert.deepEqual(shownReactions({ reactions: {} }, clicks, me), [{ emoji: "👍", users: [1], isMine: true }]);
});

test("an effect is known by the message", () => {
  assert.equal(hasReacted({ emoji: "👍", on: true }, { reactions: { "👍": [1] } }, me), true);
  assert.equal(hasReacted({ emoji: "👍", on: true }, { reactions: {} }, me), false);
  assert.equal(hasReacted({ emoji: "👍", on: false }, { reactions: { "👍": [2] } }, me), true);
  assert.equal(hasReacted({ emoji: "👍", on: true }, { reactions: {}, deleted_at: "now" }, me), true);
});

test("a quoted message is asked for once, and follows its changes", async () => {
  const asked = [];
  let changes = 0;
  const quotes = new Quotes({
    load: async (room, seq) => {
      asked.push([room, seq]);
      return { seq, rev: 3, body: "old" };
    },
    onChange: () => (changes += 1),
  });
  const store = new RoomStore(7);
  assert.equal(quotes.get(store, 4), null);
  assert.equal(quotes.get(store, 4), null);
  await new Promise((done) => setTimeout(done));
  assert.deepEqual([asked, changes], [[[7, 4]], 1]);
  assert.equal(quotes.get(store, 4).body, "old");
  quotes.follow({ room: 7, messages: [{ seq: 4, rev: 9, body: "new" }] });
  quotes.follow({ room: 7, messages: [{ seq: 4, rev: 5, body: "late" }, { seq: 6, rev: 5, body: "another" }] });
  assert.equal(quotes.get(store, 4).body, "new");
  assert.equal(quotes.get(store, 6), null, "only what was asked for is kept");
});

test("a quote is one line of bounded length", () => {
  assert.equal(excerpt("two\nlines  here"), "two lines here");
  assert.equal([...excerpt("😀".repeat(200))].length, 91);
});
