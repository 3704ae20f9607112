import { useLayoutEffect, useState } from "preact/hooks";
import { hueOf, initials } from "../rows.js";
import { html } from "./html.js";

/** A person's picture over their initials, which show until it has come. Decoration: the name stands beside it. */
export function Avatar({ avatars, id, name, size }) {
  const [, setTurn] = useState(0);
  useLayoutEffect(() => avatars.watch(id, () => setTurn((turn) => turn + 1)), [avatars, id]);
  const url = avatars.urlOf(id);
  const letters = initials(name);
  return html`<span class="avatar" data-hue=${hueOf(name)} data-size=${size} data-testid="avatar" aria-hidden="true">
    ${size === "small" ? [...letters][0] : letters}${url && html`<img src=${url} alt="" width="256" height="256" onError=${() => avatars.failed(id, url)} />`}
  </span>`;
}
