import assert from "node:assert/strict";
import { test } from "node:test";
import { isChinese, translated } from "../../static/js/language.js";
import { words } from "../../static/js/words.js";
import { words as chinese } from "../../static/js/words.zh-hans.js";

test("every word has a Chinese one, and the other way round", () => {
  assert.deepEqual(Object.keys(chinese).sort(), Object.keys(words).sort());
});

test("a Chinese word takes what the English one takes, and says it", () => {
  for (const [key, english] of Object.entries(words)) {
    assert.equal(typeof chinese[key], typeof english, key);
    if (typeof english === "function") assert.equal(chinese[key].length, english.length, key);
    else assert.match(chinese[key], /\p{Script=Han}/u, key);
  }
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
