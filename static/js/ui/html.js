import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);

/** An icon of our sprite; its name is said by the button around it. */
export function Icon({ name }) {
  return html`<svg class="icon" aria-hidden="true"><use href=${`${Icon.sprite}#${name}`} /></svg>`;
}
