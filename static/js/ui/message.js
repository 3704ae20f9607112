import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { LATE_MS } from "../outbox.js";
import { hueOf, initials } from "../rows.js";
import { setSafeHTML } from "../safe_html.js";
import { clockTime, fullTime } from "../times.js";
import { words } from "../words.js";
import { Veil } from "./blocked.js";
import { html, Icon } from "./html.js";

/** The server's HTML, with a copy button on every code block. */
function Body({ message }) {
  const body = useRef(null);
  useLayoutEffect(() => {
    if (!message.html) return;
    setSafeHTML(body.current, message.html);
    for (const block of body.current.querySelectorAll("pre")) addCopyButton(block);
    for (const link of body.current.querySelectorAll("a")) link.target = "_blank";
  }, [message.html]);
  if (message.deleted_at) return html`<p class="message-deleted">${words.deleted}</p>`;
  if (message.html) return html`<div class="message-body" key="html" ref=${body} dir="auto"></div>`;
  return html`<div class="message-body message-draft" key="text" dir="auto">${message.body}</div>`;
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
    <button type="button" class="link" onClick=${() => chat.retry(entry.client_id)}>${words.retry}</button>
    <button type="button" class="link" onClick=${() => chat.discard(entry.client_id)}>${words.discard}</button>
  </p>`;
}

function Toolbar({ chat, message, onEdit }) {
  const remove = () => {
    if (confirm(words.confirmRemove)) chat.remove(message);
  };
  return html`<div class="message-tools" role="group">
    <button type="button" class="icon-button" title=${words.edit} aria-label=${words.edit} onClick=${() => onEdit(message)}>
      <${Icon} name="edit" />
    </button>
    <button type="button" class="icon-button" title=${words.remove} aria-label=${words.remove} onClick=${remove}>
      <${Icon} name="trash" />
    </button>
  </div>`;
}

export function Message({ chat, row, now, onEdit, isFocus }) {
  const { message, startsGroup, state } = row;
  const entry = row.entry ?? chat.outbox.failedChange(chat.roomId, message.seq);
  const [hasTools, setTools] = useState(false);
  const date = new Date(message.created_at);
  const isMine = message.sender.id === chat.me.id && message.seq !== null && !message.deleted_at;
  return html`<li
    class="message"
    data-key=${row.key}
    data-testid="message"
    data-seq=${message.seq}
    data-client-id=${message.client_id}
    data-state=${state}
    data-starts=${startsGroup}
    data-focus=${isFocus}
    onMouseEnter=${() => setTools(true)}
    onMouseLeave=${() => setTools(false)}
    onFocusIn=${() => setTools(true)}
    tabindex="-1"
  >
    ${startsGroup
      ? html`<span class="avatar" data-hue=${hueOf(message.sender.name)} aria-hidden="true">${initials(message.sender.name)}</span>`
      : html`<time class="message-time" dateTime=${message.created_at} title=${fullTime(date)}>${clockTime(date)}</time>`}
    <div class="message-main">
      ${startsGroup &&
      html`<p class="message-head">
        <strong>${message.sender.name}</strong>
        <time dateTime=${message.created_at} title=${fullTime(date)}>${clockTime(date)}</time>
      </p>`}
      <${Veil} isBlocked=${chat.blocked.has(message.sender.id)}><${Body} message=${message} /><//>
      ${message.edited_at && !message.deleted_at && html`<span class="message-edited">${words.edited}</span>`}
      ${entry && html`<${State} chat=${chat} entry=${entry} now=${now} />`}
    </div>
    ${isMine && hasTools && html`<${Toolbar} chat=${chat} message=${message} onEdit=${onEdit} />`}
  </li>`;
}
