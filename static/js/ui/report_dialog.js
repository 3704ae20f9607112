import { useState } from "preact/hooks";
import { api } from "../page_api.js";
import { excerpt } from "../quotes.js";
import { REASONS, sendReport } from "../reports.js";
import { words } from "../words.js";
import { Dialog, DialogButtons } from "./dialog.js";
import { html } from "./html.js";

const COMMENT_CHARACTERS = 500;

/** Asks what is wrong with a message, tells the moderators, and says that it has. */
export function ReportDialog({ chat, message, onClose }) {
  const [reason, setReason] = useState(null);
  const [comment, setComment] = useState("");
  /** null, "sending", {state: "sent"} or {state: "failed", message}. */
  const [result, setResult] = useState(null);
  const send = async (event) => {
    event.preventDefault();
    if (!reason || result === "sending") return;
    setResult("sending");
    setResult(await sendReport(api, { room: chat.roomId, seq: message.seq, reason, comment }));
  };
  const isSent = result?.state === "sent";
  return html`<${Dialog} title=${isSent ? words.reported : words.reportTitle(message.sender.name)} onClose=${onClose} testid="report-dialog" backTo=${(box) => box.closest(".message")}>
    ${isSent
      ? html`<p role="status">${words.reportedHint} <a href="/reports/">${words.yourReports}</a></p>
          <${DialogButtons} onClose=${onClose} />`
      : html`<form class="report-form" onSubmit=${send}>
          <blockquote class="dialog-quote" dir="auto">${excerpt(message.body)}</blockquote>
          <fieldset>
            <legend class="visually-hidden">${words.reportReason}</legend>
            ${REASONS.map((one) => html`<label class="choice" key=${one}>
              <input type="radio" name="reason" value=${one} required checked=${reason === one} onChange=${() => setReason(one)} />
              ${words.reportReasons[one]}
            </label>`)}
          </fieldset>
          <label>${words.reportComment}
            <textarea maxlength=${COMMENT_CHARACTERS} dir="auto" value=${comment} onInput=${(event) => setComment(event.target.value)}></textarea>
          </label>
          ${result?.state === "failed" && html`<p class="message-state" data-failed="true" role="alert">${result.message}</p>`}
          <${DialogButtons} onClose=${onClose}>
            <button type="submit" class="primary" disabled=${!reason || result === "sending"}>${words.reportSend}</button>
          <//>
        </form>`}
  <//>`;
}
