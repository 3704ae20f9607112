import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { words } from "../words.js";
import { html, Icon } from "./html.js";

/** The counter shows itself this close to the limit. */
const NEAR_LIMIT = 200;

/** `drafts` keeps what is written per room; `editing` is the message being edited, or null. */
export function Composer({ chat, drafts, editing, onEditLast, onDone }) {
  const field = useRef(null);
  const key = editing ? null : chat.roomId;
  const [text, setText] = useState(() => (editing ? editing.body : drafts.get(chat.roomId)));
  const length = [...text.trim()].length;
  const over = length - chat.limits.body;
  const waiting = useWaiting(editing ? 0 : chat.waitsUntil(chat.roomId));

  useLayoutEffect(() => fit(field.current), [text]);
  useEffect(() => {
    if (editing || matchMedia("(pointer: fine)").matches) field.current.focus();
    if (editing) field.current.setSelectionRange(text.length, text.length);
  }, []);

  const keep = (value) => {
    setText(value);
    if (key !== null) drafts.set(key, value);
  };
  useEffect(() => {
    const returned = editing ? undefined : chat.takeReturned(chat.roomId);
    if (returned) keep(text ? `${returned}\n${text}` : returned);
  });
  const write = (event) => {
    keep(event.target.value);
    if (event.target.value.trim() && !editing) chat.nowTyping();
  };
  const submit = (event) => {
    event?.preventDefault();
    if (length === 0 || over > 0 || waiting > 0) return;
    if (editing) chat.edit(editing, text);
    else chat.send(text);
    keep("");
    field.current.focus();
    onDone();
  };
  const press = (event) => {
    // Enter also chooses a word in an input method: that one is not ours.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey) submit(event);
    else if (event.key === "Escape" && editing) onDone();
    else if (event.key === "ArrowUp" && text === "" && !editing) onEditLast(event);
  };
  if (chat.room.archived) return html`<p class="composer-closed">${words.archived}</p>`;
  return html`<form class="composer" onSubmit=${submit}>
    ${editing &&
    html`<p class="composer-bar">
      <${Icon} name="edit" /> ${words.editing}
      <button type="button" class="link" onClick=${onDone}>${words.cancel}</button>
    </p>`}
    <div class="composer-field">
      <textarea
        ref=${field}
        rows="1"
        value=${text}
        placeholder=${words.writeTo(chat.room.name)}
        aria-label=${words.writeTo(chat.room.name)}
        data-testid="composer"
        dir="auto"
        onInput=${write}
        onKeyDown=${press}
      ></textarea>
      <button type="submit" class="send" title=${words.send} aria-label=${words.send} data-testid="send" disabled=${length === 0 || over > 0 || waiting > 0}>
        <${Icon} name=${editing ? "check" : "send"} />
      </button>
    </div>
    <p class="composer-hint" role="status" data-testid="composer-hint">
      ${waiting > 0 ? words.busy(waiting) : over > 0 ? html`<span class="danger">${words.tooLong(over)}</span>` : over > -NEAR_LIMIT ? words.left(-over) : ""}
    </p>
  </form>`;
}

/** Whole seconds until a time, counted down while it lies ahead. */
function useWaiting(until) {
  const [, tick] = useState(0);
  const left = until - Date.now();
  useEffect(() => {
    if (left <= 0) return undefined;
    const timer = setTimeout(() => tick((count) => count + 1), left % 1000 || 1000);
    return () => clearTimeout(timer);
  });
  return Math.max(0, Math.ceil(left / 1000));
}

function fit(field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
