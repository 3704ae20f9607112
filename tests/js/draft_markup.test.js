import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, plain } from "../../static/js/draft_markup.js";
import { FORMATS, formatted, sample } from "../../static/js/formatting.js";

const text = (value) => ({ kind: "text", text: value });

test("the usual marks are seen, also inside one another", () => {
  assert.deepEqual(parse("a **b *c*** `d **e**`"), [
    text("a "),
    { kind: "strong", children: [text("b "), { kind: "em", children: [text("c")] }] },
    text(" "),
    { kind: "code", text: "d **e**" },
  ]);
  assert.deepEqual(parse("_so_ ~~no~~"), [{ kind: "em", children: [text("so")] }, text(" "), { kind: "del", children: [text("no")] }]);
});

test("what only looks like a mark stays as it was written", () => {
  for (const body of ["2 * 3 * 4", "snake_case_name", "** no **", "`open", "<b>x</b>", "javascript:alert(1)", "a\n\nb", ""]) {
    assert.equal(parse(body).every((node) => node.kind === "text"), true, body);
    assert.equal(plain(body), body);
  }
});

test("links end before the sentence does, and only http is one", () => {
  assert.deepEqual(parse("see https://a.example/x?y=1_2. (http://b.example)"), [
    text("see "), { kind: "link", text: "https://a.example/x?y=1_2" }, text(". ("), { kind: "link", text: "http://b.example" }, text(")"),
  ]);
});

test("a code block keeps its lines, closed or not", () => {
  assert.deepEqual(parse("so:\n```py\na = 1\n\nb\n```\nyes"), [text("so:\n"), { kind: "pre", text: "a = 1\n\nb" }, text("yes")]);
  assert.deepEqual(parse("```\n**x**"), [{ kind: "pre", text: "**x**" }]);
});

test("the longest message of nothing but marks takes no time", () => {
  for (const mark of ["*", "**", "_", "`", "~~", "```\n", "**a", "_ ", "http://"]) {
    const began = performance.now();
    parse(mark.repeat(4000 / mark.length));
    assert.ok(performance.now() - began < 500, mark);
  }
});

test("a format goes on what is chosen, and off again", () => {
  const [bold] = FORMATS;
  const on = formatted("say it loud", 4, 6, bold);
  assert.deepEqual(on, { text: "say **it** loud", start: 6, end: 8 });
  assert.deepEqual(formatted(on.text, on.start, on.end, bold), { text: "say it loud", start: 4, end: 6 });
  assert.deepEqual(formatted("", 0, 0, bold), { text: "****", start: 2, end: 2 });
});

test("a quote begins every chosen line", () => {
  const quote = FORMATS.find((format) => format.name === "quote");
  assert.deepEqual(formatted("one\ntwo\nthree", 5, 9, quote), { text: "one\n> two\n> three".replace("> three", "> t") + "hree", start: 7, end: 13 });
  assert.equal(sample(quote, "word"), "> word");
});
