import assert from "node:assert/strict";
import { test } from "node:test";
import { asksForShortcuts } from "../../static/js/overlay_keys.js";
import { SHORTCUTS } from "../../static/js/shortcuts.js";
import { words as chinese } from "../../static/js/words.zh-hans.js";
import { words } from "../../static/js/words.js";

test("the list is asked for by ? where nobody writes, and by Ctrl and / anywhere", () => {
  assert.equal(asksForShortcuts({ key: "?" }, false), true);
  assert.equal(asksForShortcuts({ key: "?" }, true), false);
  assert.equal(asksForShortcuts({ key: "/", ctrlKey: true }, true), true);
  assert.equal(asksForShortcuts({ key: "/", metaKey: true }, true), true);
  assert.equal(asksForShortcuts({ key: "/" }, false), false);
  assert.equal(asksForShortcuts({ key: "?", isComposing: true }, false), false);
});

test("every shortcut has its name in both languages, and no name is without its shortcut", () => {
  const names = SHORTCUTS.map(([name]) => name);
  for (const language of [words, chinese]) {
    for (const name of names) assert.ok(language.shortcutNames[name] ?? language.formats[name], name);
    assert.deepEqual(Object.keys(language.shortcutNames).filter((name) => !names.includes(name)), []);
  }
});
