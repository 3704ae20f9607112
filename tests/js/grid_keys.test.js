import assert from "node:assert/strict";
import { test } from "node:test";
import { gridStep } from "../../static/js/grid_keys.js";

test("arrows walk a grid and stop at its edges", () => {
  const walk = (keys, at) => keys.reduce((place, key) => gridStep(key, place, 20, 8), at);
  assert.equal(walk(["ArrowDown", "ArrowRight", "ArrowRight"], 0), 10);
  assert.equal(walk(["ArrowUp"], 10), 2);
  assert.equal(walk(["ArrowUp"], 2), 2);
  assert.equal(walk(["ArrowDown"], 15), 15);
  assert.equal(walk(["ArrowLeft"], 0), 0);
  assert.equal(walk(["End", "ArrowRight"], 3), 19);
  assert.equal(gridStep("Enter", 0, 20, 8), null);
});
