import { words } from "../words.js";
import { EmojiPicker } from "./emoji_picker.js";
import { html, Icon } from "./html.js";

function Tool({ icon, label, onClick }) {
  return html`<button type="button" class="icon-button" title=${label} aria-label=${label} onClick=${onClick}>
    <${Icon} name=${icon} />
  </button>`;
}

/** What can be done with a message: react and reply; one's own can be edited and deleted. */
export function MessageTools({ chat, message, isPicking, setPicking, onEdit, onReply }) {
  const isMine = message.sender.id === chat.me.id;
  const remove = () => {
    if (confirm(words.confirmRemove)) chat.remove(message);
  };
  const pick = (emoji) => {
    setPicking(false);
    chat.react(message, emoji, true);
  };
  return html`<div class="message-tools" role="group">
    <${Tool} icon="smile" label=${words.react} onClick=${() => setPicking(!isPicking)} />
    <${Tool} icon="reply" label=${words.reply} onClick=${() => onReply(message)} />
    ${isMine && html`<${Tool} icon="edit" label=${words.edit} onClick=${() => onEdit(message)} />`}
    ${isMine && html`<${Tool} icon="trash" label=${words.remove} onClick=${remove} />`}
    ${isPicking && html`<${EmojiPicker} emoji=${chat.emoji} label=${words.react} onPick=${pick} onClose=${() => setPicking(false)} />`}
  </div>`;
}
