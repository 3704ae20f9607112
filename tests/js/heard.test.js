import assert from "node:assert/strict";
import { test } from "node:test";
import { EVERY_MS, Heard, WRITING_MS } from "../../static/js/heard.js";

/** A clock that is moved by hand, and how often was shown. `paint()`: the frame of the last key. */
function scene(context) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const it = { now: 1_000, shown: 0, paint: () => {} };
  const heard = new Heard({
    now: () => it.now,
    soon: (then) => {
      it.paint = then;
    },
    show: () => {
      it.shown += 1;
      heard.shown();
    },
  });
  it.heard = heard;
  it.pass = (ms) => {
    it.now += ms;
    context.mock.timers.tick(ms);
  };
  return it;
}

test("what is heard after quiet is shown at once", (context) => {
  const it = scene(context);
  it.heard.note();
  assert.equal(it.shown, 1);
});

test("what comes faster is shown together, a while later", (context) => {
  const it = scene(context);
  for (let n = 0; n < 10; n++) it.heard.note();
  assert.equal(it.shown, 1);
  it.pass(EVERY_MS - 1);
  assert.equal(it.shown, 1);
  it.pass(1);
  assert.equal(it.shown, 2);
});

test("while somebody writes it waits for the frame of the next key", (context) => {
  const it = scene(context);
  it.heard.key();
  it.paint();
  it.pass(EVERY_MS);
  it.heard.note();
  assert.equal(it.shown, 0);
  it.heard.key();
  assert.equal(it.shown, 0);
  it.paint();
  assert.equal(it.shown, 1);
});

test("and not for longer than somebody writes", (context) => {
  const it = scene(context);
  it.heard.key();
  it.paint();
  it.heard.note();
  it.pass(WRITING_MS - 1);
  assert.equal(it.shown, 0);
  it.pass(1);
  assert.equal(it.shown, 1);
});

test("a key that is held down does not show it for every repetition", (context) => {
  const it = scene(context);
  for (let n = 0; n < 20; n++) {
    it.heard.key();
    it.paint();
    it.heard.note();
    it.pass(25);
  }
  assert.ok(it.shown >= 6 && it.shown <= 10, `${it.shown} times in half a second`);
});

test("a key with nothing to show shows nothing", (context) => {
  const it = scene(context);
  it.heard.key();
  it.paint();
  assert.equal(it.shown, 0);
});

test("what something else has shown does not come again", (context) => {
  const it = scene(context);
  it.heard.note();
  it.heard.note();
  it.heard.shown();
  it.pass(1_000);
  assert.equal(it.shown, 1);
});
