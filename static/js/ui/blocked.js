/** A message of somebody the reader has blocked: hidden until they ask for it. */
import { useState } from "preact/hooks";
import { words } from "../words.js";
import { html } from "./html.js";

export function Veil({ children }) {
  const [isShown, show] = useState(false);
  if (isShown) return children;
  return html`<p class="message-deleted">
    ${words.blocked} <button type="button" class="link" onClick=${() => show(true)}>${words.showBlocked}</button>
  </p>`;
}
