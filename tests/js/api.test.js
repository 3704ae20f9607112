import assert from "node:assert/strict";
import { test } from "node:test";
import { Api } from "../../static/js/api.js";

function make(answer) {
  const asked = [];
  const request = async (url, options) => {
    asked.push([url, options]);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return [new Api({ base: "/api/", token: "t", lost: "gone", request }), asked];
}

test("a change carries the token and its body, and gives the answer", async () => {
  const [api, asked] = make({ ok: true, json: async () => ({ id: 1 }) });
  assert.deepEqual(await api.change("PATCH", "rooms/1", { name: "x" }), { id: 1 });
  const [[url, options]] = asked;
  assert.deepEqual([url, options.method, options.body, options.headers["X-CSRFToken"]], ["/api/rooms/1", "PATCH", '{"name":"x"}', "t"]);
});

test("what goes wrong is said as the server says it, else as lost", async () => {
  const refused = make({ ok: false, json: async () => ({ message: "No." }) })[0];
  await assert.rejects(refused.change("POST", "x"), /^Error: No\.$/);
  const broken = make({ ok: false, json: async () => JSON.parse("<") })[0];
  await assert.rejects(broken.read("x"), /^Error: gone$/);
  await assert.rejects(make(new TypeError("net"))[0].read("x"), /^Error: gone$/);
});
