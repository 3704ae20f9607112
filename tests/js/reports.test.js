import assert from "node:assert/strict";
import { test } from "node:test";
import { REASONS, sendReport } from "../../static/js/reports.js";
import { words } from "../../static/js/words.js";

const report = { room: 3, seq: 7, reason: "spam", comment: "  look  " };

test("a report goes to its message, and every reason has a name", async () => {
  const asked = [];
  const post = async (path, fields) => (asked.push([path, fields]), { ok: true, fields: {} });
  assert.deepEqual(await sendReport(post, report), { state: "sent" });
  assert.deepEqual(asked, [["rooms/3/messages/7/report", { reason: "spam", comment: "look" }]]);
  assert.deepEqual(Object.keys(words.reportReasons), REASONS);
});

test("what the server refuses is said in its words, and silence is a failure too", async () => {
  const refuse = async () => ({ ok: false, fields: { message: "Wait a while." } });
  assert.deepEqual(await sendReport(refuse, report), { state: "failed", message: "Wait a while." });
  assert.deepEqual(await sendReport(async () => null, report), { state: "failed", message: "" });
});
