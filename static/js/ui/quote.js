import { excerpt } from "../quotes.js";
import { words } from "../words.js";
import { html, Icon } from "./html.js";

/** What a message replies to, in one line; a click leads there. */
export function Quote({ chat, seq, onJump }) {
  const original = chat.quotes.get(chat.store(chat.roomId), seq);
  const text = !original ? "…" : original.deleted_at ? words.deleted : excerpt(original.body);
  return html`<button type="button" class="quote" onClick=${() => onJump(seq)} data-testid="quote">
    <${Icon} name="reply" />
    ${original && html`<strong>${original.sender.name}</strong>`}
    <span>${text}</span>
  </button>`;
}
