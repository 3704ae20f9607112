import { useState } from "preact/hooks";
import { words } from "../words.js";
import { html, Icon } from "./html.js";

const COPIED_SHOWN_MS = 1500;

/** A link to a message, which copies itself; where the clipboard is denied it leads there, and can be copied by hand. */
export function Permalink({ room, seq }) {
  const [isCopied, setCopied] = useState(false);
  const copy = (event) => {
    if (!navigator.clipboard || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const { href } = event.currentTarget;
    navigator.clipboard.writeText(href).then(
      () => {
        setCopied(true);
        setTimeout(() => setCopied(false), COPIED_SHOWN_MS);
      },
      () => location.assign(href),
    );
  };
  const label = isCopied ? words.copied : words.copyLink;
  return html`<a class="icon-button" href=${`/rooms/${room}/${seq}/`} title=${label} aria-label=${label} onClick=${copy}>
    <${Icon} name=${isCopied ? "check" : "link"} />
  </a>`;
}
