import { words } from "../words.js";
import { html, Icon } from "./html.js";
import { EmojiPicker } from "./later.js";
import { Permalink } from "./permalink.js";

function Tool({ icon, label, onClick }) {
  return html`<button type="button" class="icon-button" title=${label} aria-label=${label} onClick=${onClick}>
    <${Icon} name=${icon} />
  </button>`;
}

/** Where there is room for what opens at a button. */
function sideOf(button) {
  return button.getBoundingClientRect().top > innerHeight / 2 ? "above" : "below";
}

/**
 * What can be done with a message: react and reply; one's own can be edited; `onRemove` is
 * there for who may delete it, `onReport` for what somebody else wrote, `onJourney` for one's own.
 * `picking`: on which side of the tools the emoji are open, or null.
 */
export function MessageTools({ chat, message, picking, setPicking, onEdit, onReply, onUnread, onRemove, onReport, onJourney }) {
  const isMine = message.sender.id === chat.me.id;
  const pick = (emoji) => {
    setPicking(null);
    chat.react(message, emoji, true);
  };
  return html`<div class="message-tools" role="group">
    <${Tool} icon="smile" label=${words.react} onClick=${(event) => setPicking(picking ? null : sideOf(event.currentTarget))} />
    <${Tool} icon="reply" label=${words.reply} onClick=${() => onReply(message)} />
    ${!isMine && html`<${Tool} icon="unread" label=${words.markUnread} onClick=${() => onUnread(message)} />`}
    <${Permalink} room=${chat.roomId} seq=${message.seq} />
    ${isMine && html`<${Tool} icon="edit" label=${words.edit} onClick=${() => onEdit(message)} />`}
    ${onJourney && html`<${Tool} icon="info" label=${words.journey} onClick=${onJourney} />`}
    ${onReport && html`<${Tool} icon="flag" label=${words.report} onClick=${onReport} />`}
    ${onRemove && html`<${Tool} icon="trash" label=${words.remove} onClick=${onRemove} />`}
    ${picking && html`<${EmojiPicker} side=${picking} emoji=${chat.emoji} label=${words.react} onPick=${pick} onClose=${() => setPicking(null)} />`}
  </div>`;
}
