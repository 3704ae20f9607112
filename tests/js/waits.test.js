import assert from "node:assert/strict";
import { test } from "node:test";
import { Waits } from "../../static/js/waits.js";

test("only patience is a wait; what can never go through is not", () => {
  assert.equal(Waits.isWait({ code: "slow_mode", retry_after: 3 }), true);
  assert.equal(Waits.isWait({ code: "rate_limited", retry_after: 0.2 }), true);
  assert.equal(Waits.isWait({ code: "muted" }), false);
  assert.equal(Waits.isWait({ code: "slow_mode", retry_after: 3, final: true }), false);
  assert.equal(Waits.isWait({ code: "too_long", retry_after: 3 }), false);
});

test("the longest wait of a room counts, and rooms do not wait for each other", () => {
  const waits = new Waits();
  waits.add(1, 10, 1_000);
  waits.add(1, 2, 1_000);
  assert.equal(waits.until(1), 11_000);
  assert.equal(waits.until(2), 0);
});
