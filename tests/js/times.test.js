import assert from "node:assert/strict";
import { test } from "node:test";
import { clockTime, railTime } from "../../static/js/times.js";

test("the rail beside a row has room for a time, not for AM or PM", () => {
  const afternoon = new Date(2026, 0, 1, 14, 5);
  assert.match(clockTime(afternoon), /^(14:05|02:05\sPM)$/u);
  assert.match(railTime(afternoon), /^(14|02):05$/u);
});
