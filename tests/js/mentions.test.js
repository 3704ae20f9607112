import assert from "node:assert/strict";
import { test } from "node:test";
import { crowd, isTooLarge, strangers } from "../../static/js/mentions.js";
import { suggestPeople } from "../../static/js/suggest.js";

const people = [{ username: "ada", name: "Ada" }, { username: "Bo", name: "Bo" }, { username: "mr.x", name: "X" }];
const many = Array.from({ length: 20 }, (_, number) => ({ username: `p${number}`, name: "P" }));

test("who is named and not in the room is found, outside code and addresses", () => {
  assert.deepEqual(strangers("hi @ada, @zoe. @BO and @mr.x! @Zed", people), ["zoe", "Zed"]);
  for (const body of ["`@zoe`", "```\n@zoe", "me@zoe.example", "@ alone", "@room", "nobody"]) assert.deepEqual(strangers(body, people), [], body);
  assert.deepEqual(strangers("@zoe", []), [], "with nobody known nothing is said");
});

test("everybody is asked about when they are many, and not when they are too many", () => {
  assert.equal(crowd("@room: lunch", many, 200), 19);
  assert.equal(crowd("@Room.", many, 200), 19);
  for (const [body, all, most] of [["lunch", many, 200], ["`@room`", many, 200], ["@room", people, 200], ["@room", many, 10]]) {
    assert.equal(crowd(body, all, most), 0, body);
  }
  assert.equal(isTooLarge("@room", many, 10), true);
  assert.equal(isTooLarge("@room", many, 20), false);
});

test("everybody can be suggested, after those who are called like it", () => {
  const everybody = { username: "room", name: "Everybody here" };
  assert.deepEqual(suggestPeople([...people, everybody], "roo").map((one) => one.insert), ["@room "]);
});
