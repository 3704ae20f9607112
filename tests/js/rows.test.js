import assert from "node:assert/strict";
import { test } from "node:test";
import { hueOf, initials, makeRows } from "../../static/js/rows.js";
import { uuid7 } from "../../static/js/uuid7.js";

const me = { id: 1, name: "Ada" };
const at = (iso, sender, seq) => ({ seq, client_id: `c${seq}`, created_at: iso, sender: { id: sender, name: "x" } });

test("messages of one author within five minutes are one group; days and the unread line divide", () => {
  const messages = [
    at("2026-01-01T10:00:00", 1, 1),
    at("2026-01-01T10:04:00", 1, 2),
    at("2026-01-01T10:10:00", 1, 3),
    at("2026-01-01T10:11:00", 2, 4),
    at("2026-01-02T10:11:00", 2, 5),
  ];
  const rows = makeRows(messages, [], { readSeq: 3, me });
  assert.deepEqual(rows.map((row) => row.kind), ["day", "message", "message", "message", "unread", "message", "day", "message"]);
  assert.deepEqual(rows.filter((row) => row.kind === "message").map((row) => row.startsGroup), [true, false, true, true, true]);
});

test("the unread line stands before the first message of somebody else", () => {
  const rows = makeRows([at("2026-01-01T10:00:00", 1, 1), at("2026-01-01T10:00:01", 2, 2)], [], { readSeq: 0, me });
  assert.deepEqual(rows.map((row) => row.kind), ["day", "message", "unread", "message"]);
});

test("there is no unread line while what was read is not loaded", () => {
  const page = [at("2026-01-01T10:00:00", 2, 60), at("2026-01-01T10:00:01", 2, 61)];
  assert.deepEqual(makeRows(page, [], { readSeq: 7, me }).map((row) => row.kind), ["day", "message", "message"]);
  assert.ok(makeRows([at("2026-01-01T10:00:00", 2, 8)], [], { readSeq: 7, me }).some((row) => row.kind === "unread"));
});

test("a pending message stands at the end under the key it keeps when it is stored", () => {
  const entry = { client_id: "c9", at: 0, state: "sending", frame: { body: "hello" } };
  const rows = makeRows([], [entry], { me });
  assert.deepEqual([rows[0].key, rows[0].state, rows[0].message.body], ["c9", "sending", "hello"]);
});

test("faces: one of twelve hues, one or two letters", () => {
  assert.equal(hueOf("Ada"), hueOf("Ada"));
  assert.ok(hueOf("陈") >= 0 && hueOf("陈") < 12);
  assert.deepEqual(["Ada Lovelace", "bo", "陈伟"].map(initials), ["AL", "B", "陈"]);
  // The same pairs stand in tests/accounts/test_avatars.py.
  assert.deepEqual(["Ada", "Bo", "陈伟", "🦊 Fox"].map(hueOf), [6, 9, 3, 9]);
});

test("a UUIDv7 carries its time, its version and its variant, and sorts by time", () => {
  const early = uuid7(1_700_000_000_000);
  const late = uuid7(1_700_000_000_001);
  assert.match(early, /^018bcfe5-6800-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(early < late);
});
