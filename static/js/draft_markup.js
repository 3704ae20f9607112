/**
 * What a message will look like before the server has rendered it: the few marks that people use most. Pure; nothing of
 * it becomes HTML text.
 */
const FENCE = /```[^\n`]*\n([\s\S]*?)(?:\n```[^\S\n]*(?=\n|$)|$)\n?/u;
const INLINE = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "\\*\\*(?=\\S)(?<strong>[^\\n]*?\\S)\\*\\*(?!\\*)",
    "~~(?=\\S)(?<del>[^\\n]*?\\S)~~",
    "\\*(?=[^\\s*])(?<em>[^\\n*]*?[^\\s*])\\*",
    "(?<![\\p{L}\\p{N}_])_(?=[^\\s_])(?<em2>[^\\n_]*?[^\\s_])_(?![\\p{L}\\p{N}_])",
    "(?<link>https?://[^\\s<>\"]*[^\\s<>\".,;:!?)\\]'*_~`])",
  ].join("|"),
  "u",
);

/** Nodes: {kind: "text" | "code" | "pre" | "link", text} or {kind: "strong" | "em" | "del", children}. */
export function parse(body) {
  const nodes = [];
  let rest = body;
  for (let found = FENCE.exec(rest); found; found = FENCE.exec(rest)) {
    nodes.push(...inline(rest.slice(0, found.index)), { kind: "pre", text: found[1] });
    rest = rest.slice(found.index + found[0].length);
  }
  return [...nodes, ...inline(rest)];
}

/** The words alone. */
export function plain(body) {
  const text = (node) => node.text ?? node.children.map(text).join("");
  return parse(body).map(text).join("");
}

function inline(text) {
  const nodes = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    if (found.index > 0) nodes.push({ kind: "text", text: rest.slice(0, found.index) });
    nodes.push(node(found.groups));
    rest = rest.slice(found.index + found[0].length);
  }
  return rest ? [...nodes, { kind: "text", text: rest }] : nodes;
}

function node({ code, link, strong, del, em, em2 }) {
  if (code) return { kind: "code", text: code };
  if (link) return { kind: "link", text: link };
  if (strong) return { kind: "strong", children: inline(strong) };
  if (del) return { kind: "del", children: inline(del) };
  return { kind: "em", children: inline(em ?? em2) };
}
