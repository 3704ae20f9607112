import { useEffect, useRef, useState } from "preact/hooks";
import { excerpt } from "../quotes.js";
import { setSafeHTML } from "../safe_html.js";
import { fullTime } from "../times.js";
import { words } from "../words.js";
import { Dialog, DialogButtons } from "./dialog.js";
import { html } from "./html.js";

/** Asks before a message goes for everybody. */
export function DeleteDialog({ chat, message, onClose }) {
  const isMine = message.sender.id === chat.me.id;
  const remove = () => {
    chat.remove(message);
    onClose();
  };
  return html`<${Dialog} title=${isMine ? words.removeTitle : words.removeTitleOf(message.sender.name)} onClose=${onClose} testid="delete-dialog" backTo=${(box) => box.closest(".message")}>
    <blockquote class="dialog-quote" dir="auto">${excerpt(message.body)}</blockquote>
    <p>${words.removeWarning}</p>
    <${DialogButtons} onClose=${onClose}>
      <button type="button" class="primary destructive" onClick=${remove}>${words.remove}</button>
    <//>
  <//>`;
}

/** All that an edited message has said, the newest first. */
export function VersionsDialog({ chat, message, onClose }) {
  const [versions, setVersions] = useState(undefined);
  useEffect(() => {
    let isOpen = true;
    chat.load.versions(chat.roomId, message.seq).then((found) => isOpen && setVersions(found));
    return () => (isOpen = false);
  }, [message.rev]);
  return html`<${Dialog} title=${words.versionsTitle} onClose=${onClose} testid="versions-dialog">
    ${versions === null && html`<p class="muted">${words.loadFailed}</p>`}
    <ol class="versions">
      ${versions?.toReversed().map((version, index) => html`<${Version} key=${version.written_at} version=${version} isNow=${index === 0} />`)}
    </ol>
    <${DialogButtons} onClose=${onClose} />
  <//>`;
}

function Version({ version, isNow }) {
  const body = useRef(null);
  useEffect(() => setSafeHTML(body.current, version.html), [version.html]);
  return html`<li>
    <p class="muted"><time dateTime=${version.written_at}>${fullTime(new Date(version.written_at))}</time>${isNow && ` · ${words.versionNow}`}</p>
    <div class="message-body" ref=${body} dir="auto"></div>
  </li>`;
}
