import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { LATE_MS } from "../outbox.js";
import { setSafeHTML } from "../safe_html.js";
import { clockTime, fullTime, railTime } from "../times.js";
import { words } from "../words.js";
import { Avatar } from "./avatar.js";
import { PresenceDot } from "./company.js";
import { Draft } from "./draft.js";
import { html, Icon } from "./html.js";
import { DeleteDialog, JourneyDialog, MessageTools, ReportDialog, Veil, VersionsDialog } from "./later.js";
import { actOnMessage } from "./message_keys.js";
import { Previews } from "./previews.js";
import { Quote } from "./quote.js";
import { Reactions } from "./reactions.js";

/** The server's HTML, with a copy button on every code block. */
function Body({ chat, message }) {
  const body = useRef(null);
  useLayoutEffect(() => {
    if (!message.html) return;
    setSafeHTML(body.current, message.html);
    for (const block of body.current.querySelectorAll("pre")) addCopyButton(block);
    for (const link of body.current.querySelectorAll("a")) link.target = "_blank";
  }, [message.html]);
  if (message.deleted_at) return html`<p class="message-deleted">${tombstone(chat, message)}</p>`;
  if (message.hidden_at) return html`<p class="message-deleted">${words.hidden}</p>`;
  if (message.html) return html`<div class="message-body" key="html" ref=${body} dir="auto"></div>`;
  return html`<div class="message-body message-draft" key="text" dir="auto"><${Draft} body=${message.body} /></div>`;
}

/** Who did it is said when it was somebody else. */
function tombstone(chat, { deleted_by: by, sender }) {
  if (!by || by === sender.id) return words.deleted;
  const name = chat.nameOf(by);
  return name ? words.deletedBy(name) : words.deletedByModerator;
}

function addCopyButton(block) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = words.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code")?.textContent ?? "");
    button.textContent = words.copied;
    setTimeout(() => (button.textContent = words.copy), 1500);
  });
  block.append(button);
}

function State({ chat, entry, now }) {
  if (entry.state === "accepted") return html`<p class="message-state">${words.accepted}</p>`;
  if (entry.state === "sending" && now - entry.at < LATE_MS) return null;
  const reason = entry.state === "failed" ? entry.message || words.failed : words.late;
  return html`<p class="message-state" data-failed=${entry.state === "failed"} role="alert">
    <${Icon} name="warning" /> ${reason}
    ${entry.frame.type === "edit" && html`<q class="message-unsaved">${entry.frame.body}</q>`}
    ${entry.code !== "held" && html`<button type="button" class="link" onClick=${() => chat.retry(entry.client_id)}>${words.retry}</button>`}
    ${entry.frame.type === "send" && chat.outbox.isUnheard(entry) && html`<button type="button" class="link" onClick=${() => chat.takeBack(entry.client_id)}>${words.edit}</button>`}
    <button type="button" class="link" onClick=${() => chat.discard(entry.client_id)}>${words.discard}</button>
  </p>`;
}

export function Message({ chat, row, now, onEdit, onReply, onUnread, onJump, isFocus }) {
  const { message, startsGroup, state } = row;
  const entry = row.entry ?? chat.outbox.failedChange(chat.roomId, message.seq);
  const [isUnderPointer, setUnderPointer] = useState(false);
  const [hasFocus, setFocus] = useState(false);
  /** "delete", "versions", "report", "journey" or null. */
  const [dialog, setDialog] = useState(null);
  const close = () => setDialog(null);
  // An open picker stays where it is, wherever the pointer goes.
  const [picking, setPicking] = useState(null);
  const date = new Date(message.created_at);
  const isStored = message.seq !== null && !message.deleted_at && !message.hidden_at;
  const isMine = message.sender.id === chat.me.id;
  const mayDelete = isMine || chat.room?.role !== "member";
  const onRemove = mayDelete ? () => setDialog("delete") : null;
  const onReport = isMine ? null : () => setDialog("report");
  const onJourney = isMine ? () => setDialog("journey") : null;
  const keys = { r: () => onReply(message), e: isMine ? () => onEdit(message) : null, u: isMine ? null : () => onUnread(message), i: onJourney, Delete: onRemove };
  const namesMe = !message.deleted_at && !isMine && message.mentions?.includes(chat.me.id);
  const said = html`${message.reply_to && html`<${Quote} chat=${chat} seq=${message.reply_to} onJump=${onJump} />`}
    <${Body} chat=${chat} message=${message} />
    ${isStored && html`<${Previews} previews=${message.previews} />`}`;
  return html`<li
    class="message"
    data-key=${row.key}
    data-testid="message"
    data-seq=${message.seq}
    data-client-id=${message.client_id}
    data-state=${state}
    data-starts=${startsGroup}
    data-focus=${isFocus}
    data-mention=${namesMe || undefined}
    onMouseEnter=${() => setUnderPointer(true)}
    onMouseLeave=${() => setUnderPointer(false)}
    onFocusIn=${() => setFocus(true)}
    onFocusOut=${(event) => setFocus(event.currentTarget.contains(event.relatedTarget))}
    onKeyDown=${(event) => isStored && actOnMessage(event, keys)}
    tabindex="-1"
  >
    ${startsGroup
      ? html`<span class="avatar-place">
          <${Avatar} avatars=${chat.avatars} ...${message.sender} />
          <${PresenceDot} state=${chat.company.stateOf(message.sender.id)} />
        </span>`
      : html`<time class="message-time" dateTime=${message.created_at} title=${fullTime(date)}>${railTime(date)}</time>`}
    <div class="message-main">
      ${startsGroup &&
      html`<p class="message-head">
        <strong>${message.sender.name}</strong>
        <time dateTime=${message.created_at} title=${fullTime(date)}>${clockTime(date)}</time>
      </p>`}
      ${chat.blocked.has(message.sender.id) ? html`<${Veil}>${said}<//>` : said}
      ${message.edited_at && !message.deleted_at && html`<button type="button" class="message-edited" title=${words.showVersions} onClick=${() => setDialog("versions")}>${words.edited}</button>`}
      ${isStored && html`<${Reactions} chat=${chat} message=${message} />`}
      ${entry && html`<${State} chat=${chat} entry=${entry} now=${now} />`}
    </div>
    ${isStored &&
    (isUnderPointer || hasFocus || picking) &&
    html`<${MessageTools} ...${{ chat, message, picking, setPicking, onEdit, onReply, onUnread, onRemove, onReport, onJourney }} />`}
    ${isStored && dialog === "delete" && html`<${DeleteDialog} ...${{ chat, message }} onClose=${close} />`}
    ${isStored && dialog === "report" && html`<${ReportDialog} ...${{ chat, message }} onClose=${close} />`}
    ${isStored && dialog === "journey" && html`<${JourneyDialog} ...${{ chat, message }} onClose=${close} />`}
    ${isStored && dialog === "versions" && html`<${VersionsDialog} ...${{ chat, message }} onClose=${close} />`}
  </li>`;
}
