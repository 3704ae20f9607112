import assert from "node:assert/strict";
import { test } from "node:test";
import { isChinese, translated } from "../../static/js/language.js";
import { words } from "../../static/js/words.js";
import { words as chinese } from "../../static/js/words.zh-hans.js";

/** Also in the groups of words within. */
function compare(english, chinese) {
  assert.deepEqual(Object.keys(chinese).sort(), Object.keys(english).sort());
  for (const [key, word] of Object.entries(english)) {
    assert.equal(typeof chinese[key], typeof word, key);
    if (typeof word === "object") compare(word, chinese[key]);
    else if (typeof word === "function") assert.equal(chinese[key].length, word.length, key);
    else assert.match(chinese[key], /\p{Script=Han}/u, key);
  }
}

test("every word has a Chinese one and the other way round; it takes what the English one takes, and says it", () => {
  compare(words, chinese);
});

test("what is not translated stays English, and what nobody asks for stays out", () => {
  const mixed = translated({ send: "Send", copy: "Copy", left: (count) => `${count} left` }, { send: "发送", left: "?", other: "x" });
  assert.equal(mixed.send, "发送");
  assert.equal(mixed.copy, "Copy");
  assert.equal(mixed.left(2), "2 left");
  assert.equal("other" in mixed, false);
});

test("only Chinese is Chinese", () => {
  assert.deepEqual(["zh-hans", "zh", "zh-CN", "en", "zho"].map(isChinese), [true, true, true, false, false]);
});
