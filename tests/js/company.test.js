import assert from "node:assert/strict";
import { test } from "node:test";
import { Company } from "../../static/js/company.js";
import { IDLE_MS, IdleClock } from "../../static/js/idle.js";

function begin(people) {
  const sent = [];
  const place = { people, isOnline: true, sent };
  place.company = new Company({ send: (frame) => place.isOnline && Boolean(sent.push(frame)), whom: () => place.people });
  return place;
}

test("whom a page shows is asked for when they change, at most once a second, and again on a new socket", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const place = begin([3, 1]);
  place.isOnline = false;
  place.company.look();
  place.isOnline = true;
  place.company.greet(5);
  assert.deepEqual(place.sent.splice(0), [{ type: "seen", room: 5 }, { type: "presence", people: [3, 1] }]);
  place.people = [1, 3];
  place.company.look();
  t.mock.timers.tick(1_000);
  assert.deepEqual(place.sent, [], "the same people");
  place.people = [1, 4];
  place.company.look();
  place.people = [1, 4, 5];
  place.company.look();
  t.mock.timers.tick(1_000);
  assert.deepEqual(place.sent.splice(0).map((frame) => frame.people), [[1, 4], [1, 4, 5]]);
  t.mock.timers.tick(1_000);
  place.people = Array.from({ length: 300 }, (_, index) => index + 1);
  place.company.look();
  assert.equal(place.sent[0].people.length, 100);
  place.company.setIdle(true);
  place.sent.length = 0;
  place.company.greet(null);
  assert.deepEqual(place.sent[0], { type: "presence", idle: true });
});

test("readers are those who got so far, without the author and me, in the open room only", () => {
  const { company } = begin([]);
  company.open(5);
  company.receive({ type: "seen", room: 5, people: { 1: 9, 2: 8, 3: 9, 7: 9 } });
  company.receive({ type: "seen", room: 6, people: { 4: 9 } });
  assert.deepEqual(company.readersOf({ seq: 9, sender: { id: 3 } }, { id: 7 }), [1]);
  company.open(6);
  assert.deepEqual(company.readersOf({ seq: 9, sender: { id: 3 } }, { id: 7 }), []);
});

test("states are kept as told", () => {
  const { company } = begin([]);
  company.receive({ type: "presence", people: { 1: "active", 2: "idle" } });
  company.receive({ type: "presence", people: { 1: "offline" } });
  assert.deepEqual([1, 2, 3].map((id) => company.stateOf(id)), ["offline", "idle", undefined]);
});

test("idle after five minutes without input or when hidden; told once", () => {
  let now = 0;
  const told = [];
  const clock = new IdleClock({ onIdle: (isIdle) => told.push(isIdle), now: () => now });
  now = IDLE_MS - 1;
  clock.look();
  clock.touch();
  now += IDLE_MS - 1;
  clock.look();
  assert.deepEqual(told, []);
  now += 1;
  clock.look();
  clock.look();
  assert.deepEqual(told, [true]);
  clock.touch();
  assert.deepEqual(told, [true, false]);
  clock.isHidden = true;
  clock.look();
  clock.touch();
  assert.deepEqual(told, [true, false, true], "input to a hidden page is none");
});
