import { shownReactions } from "../reactions.js";
import { words } from "../words.js";
import { html } from "./html.js";

/** Chips below a message; a click adds or takes back one's own. */
export function Reactions({ chat, message }) {
  const pending = chat.outbox.reactionsTo(chat.roomId, message.seq);
  const shown = shownReactions(message, pending, chat.me);
  if (shown.length === 0) return null;
  return html`<ul class="reactions">
    ${shown.map(
      ({ emoji, users, isMine }) => html`<li key=${emoji}>
        <button
          type="button"
          class="reaction"
          aria-pressed=${isMine}
          title=${words.reacted(users.map((user) => chat.nameOf(user)).filter(Boolean), users.length)}
          aria-label=${words.reactionCount(emoji, users.length)}
          onClick=${() => chat.react(message, emoji, !isMine)}
        >
          ${emoji} <span>${users.length}</span>
        </button>
      </li>`,
    )}
  </ul>`;
}
