import { words } from "../words.js";
import { html } from "./html.js";

/** Filled, half or hollow: how somebody is there; nothing where nobody has told. */
export function PresenceDot({ state }) {
  if (!state) return null;
  return html`<span class="presence" data-state=${state} role="img" title=${words.presence[state]} aria-label=${words.presence[state]}></span>`;
}

/** "Seen by 3", with the names for who points at it or goes there by keyboard. */
export function SeenBy({ chat, people }) {
  if (people.length === 0) return null;
  const names = people.map((id) => chat.nameOf(id) ?? words.somebody).join(", ");
  return html`<p class="seen-by" tabindex="0" aria-label=${words.seenByNames(names)}>
    <span aria-hidden="true">${words.seenBy(people.length)}</span>
    <span class="seen-names" aria-hidden="true">${names}</span>
  </p>`;
}
