import assert from "node:assert/strict";
import { test } from "node:test";
import { REASONS, sendReport } from "../../static/js/reports.js";
import { words } from "../../static/js/words.js";

const report = { room: 3, seq: 7, reason: "spam", comment: "  look  " };

test("a report goes to its message, and every reason has a name", async () => {
  const asked = [];
  const api = { change: async (...given) => asked.push(given) };
  assert.deepEqual(await sendReport(api, report), { state: "sent" });
  assert.deepEqual(asked, [["POST", "rooms/3/messages/7/report", { reason: "spam", comment: "look" }]]);
  assert.deepEqual(Object.keys(words.reportReasons), REASONS);
});

test("what the server refuses is said in its words", async () => {
  const api = { change: async () => Promise.reject(new Error("Wait a while.")) };
  assert.deepEqual(await sendReport(api, report), { state: "failed", message: "Wait a while." });
});
