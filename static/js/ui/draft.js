import { parse } from "../draft_markup.js";
import { html } from "./html.js";

const NODES = {
  text: ({ text }) => text,
  code: ({ text }) => html`<code>${text}</code>`,
  pre: ({ text }) => html`<pre><code>${text}</code></pre>`,
  link: ({ text }) => html`<a href=${text} target="_blank" rel="noopener noreferrer nofollow">${text}</a>`,
  strong: ({ children }) => html`<strong>${children.map(shown)}</strong>`,
  em: ({ children }) => html`<em>${children.map(shown)}</em>`,
  del: ({ children }) => html`<s>${children.map(shown)}</s>`,
};

function shown(node) {
  return NODES[node.kind](node);
}

/** A message that the server has not rendered yet. */
export function Draft({ body }) {
  return parse(body).map(shown);
}
