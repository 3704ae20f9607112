import { words } from "../words.js";
import { Dialog, DialogButtons } from "./dialog.js";
import { html } from "./html.js";

/** Asks before many people are told at once. */
export function CrowdDialog({ count, onSend, onClose }) {
  return html`<${Dialog} title=${words.crowdTitle} onClose=${onClose} testid="crowd-dialog" backTo=${(box) => box.closest("form").querySelector("textarea")}>
    <p>${words.crowdWarning(count)}</p>
    <${DialogButtons} onClose=${onClose}>
      <button type="button" class="primary" onClick=${onSend}>${words.send}</button>
    <//>
  <//>`;
}
