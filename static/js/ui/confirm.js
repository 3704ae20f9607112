import { Dialog, DialogButtons } from "./dialog.js";
import { html } from "./html.js";

/** Asks once more before what others will notice. */
export function Confirm({ title, text, action, onDo, onClose }) {
  return html`<${Dialog} title=${title} onClose=${onClose} testid="confirm">
    <p>${text}</p>
    <${DialogButtons} onClose=${onClose}>
      <button type="button" class="primary destructive" onClick=${onDo}>${action}</button>
    <//>
  <//>`;
}
