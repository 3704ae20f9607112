import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { FORMATS, formatted } from "../formatting.js";
import { crowd, isTooLarge, strangers } from "../mentions.js";
import { rightsIn } from "../rights.js";
import { finishedEmoji, replaced } from "../suggest.js";
import { words } from "../words.js";
import { html, Icon } from "./html.js";
import { CrowdDialog, EmojiPicker, FormatHints } from "./later.js";
import { useSuggestions } from "./suggestions.js";

/** The counter shows itself this close to the limit. */
const NEAR_LIMIT = 200;

/** `drafts` keeps what is written per room; `editing` is the message being edited, `replying` the one replied to, or null. */
export function Composer({ chat, drafts, editing, replying, onEditLast, onDone }) {
  const field = useRef(null);
  /** What is to be selected once the text is shown: [start, end]. */
  const choosing = useRef(null);
  const key = editing ? null : chat.roomId;
  const [text, setText] = useState(() => (editing ? editing.body : drafts.get(chat.roomId)));
  const [isPicking, setPicking] = useState(false);
  const [isFormatting, setFormatting] = useState(false);
  /** How many people would be told by what is to be sent, while that is asked. */
  const [asking, setAsking] = useState(0);
  const length = [...text.trim()].length;
  const over = length - chat.limits.body;
  const waiting = useWaiting(editing ? 0 : chat.waitsUntil(chat.roomId));

  const keep = (value) => {
    setText(value);
    if (key !== null) drafts.set(key, value);
  };
  /** Change the text around the caret: `change(text, caret)` gives {text, caret}. */
  const change = (how) => {
    const next = how(field.current.value, field.current.selectionEnd);
    choosing.current = [next.caret, next.caret];
    keep(next.text);
    field.current.focus();
  };
  const suggestions = useSuggestions({ chat, choose: change });

  useLayoutEffect(() => {
    fit(field.current);
    if (choosing.current) field.current.setSelectionRange(...choosing.current);
    choosing.current = null;
  }, [text]);
  useEffect(() => {
    if (editing || matchMedia("(pointer: fine)").matches) field.current.focus();
    if (editing) field.current.setSelectionRange(text.length, text.length);
  }, []);
  useEffect(() => {
    if (replying) field.current.focus();
  }, [replying]);
  useEffect(() => {
    const returned = editing ? undefined : chat.takeReturned(chat.roomId);
    if (returned) keep(text ? `${returned}\n${text}` : returned);
    const elsewhere = key === null ? undefined : drafts.takeElsewhere(key);
    if (elsewhere !== undefined) setText(elsewhere);
  });

  const write = (event) => {
    const { value, selectionEnd } = event.target;
    const finished = event.isComposing ? null : finishedEmoji(chat.emoji.all, value, selectionEnd);
    if (finished) choosing.current = [finished.caret, finished.caret];
    keep(finished?.text ?? value);
    suggestions.look(finished?.text ?? value, finished?.caret ?? selectionEnd);
    if (value.trim() && !editing) chat.nowTyping();
  };
  const submit = (event) => {
    event?.preventDefault();
    if (length === 0 || over > 0 || waiting > 0) return;
    const many = asking === 0 && text.includes("@") ? crowd(text, chat.people.of(chat.roomId), chat.limits.everybody) : 0;
    setAsking(many);
    if (many > 0) return;
    if (editing) chat.edit(editing, text);
    else chat.send(text, replying?.seq);
    keep("");
    suggestions.close();
    field.current.focus();
    onDone();
  };
  const format = (how) => {
    setFormatting(false);
    const { value, selectionStart, selectionEnd } = field.current;
    const next = formatted(value, selectionStart, selectionEnd, how);
    choosing.current = [next.start, next.end];
    keep(next.text);
    field.current.focus();
  };
  const press = (event) => {
    // Enter also chooses a word in an input method: that one is not ours.
    if (event.isComposing || event.keyCode === 229 || suggestions.press(event)) return;
    const shortcut = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && FORMATS.find((one) => one.key === event.key);
    if (shortcut) {
      event.preventDefault();
      format(shortcut);
    } else if (event.key === "Enter" && !event.shiftKey) submit(event);
    else if (event.key === "Escape" && (editing || replying)) onDone();
    else if (event.key === "ArrowUp" && text === "" && !editing) onEditLast(event);
  };
  const pick = (emoji) => {
    setPicking(false);
    change((value, caret) => replaced(value, caret, caret, emoji));
  };
  if (chat.room.archived) return html`<p class="composer-closed">${words.archived}</p>`;
  if (!rightsIn(chat.room).write) return html`<p class="composer-closed">${words.announcementsOnly}</p>`;
  return html`<form class="composer" onSubmit=${submit}>
    ${suggestions.list}
    ${asking > 0 && html`<${CrowdDialog} count=${asking} onSend=${submit} onClose=${() => setAsking(0)} />`}
    ${isPicking && html`<${EmojiPicker} emoji=${chat.emoji} label=${words.pickEmoji} onPick=${pick} onClose=${() => setPicking(false)} />`}
    ${isFormatting && html`<${FormatHints} onFormat=${format} onClose=${() => (setFormatting(false), field.current.focus())} />`}
    ${editing && html`<${Bar} icon="edit" text=${words.editing} onCancel=${onDone} />`}
    ${replying && !editing && html`<${Bar} icon="reply" text=${words.replyingTo(replying.sender.name)} onCancel=${onDone} />`}
    <div class="composer-field">
      <textarea
        ref=${field}
        rows="1"
        value=${text}
        placeholder=${words.writeTo(chat.room.name)}
        aria-label=${words.writeTo(chat.room.name)}
        aria-controls=${suggestions.active ? "suggestions" : undefined}
        aria-activedescendant=${suggestions.active}
        data-testid="composer"
        dir="auto"
        onInput=${write}
        onKeyDown=${press}
        onBlur=${suggestions.close}
      ></textarea>
      <button type="button" class="icon-button" title=${words.formatting} aria-label=${words.formatting} aria-expanded=${isFormatting} onClick=${() => setFormatting(!isFormatting)}>
        <${Icon} name="format" />
      </button>
      <button type="button" class="icon-button" title=${words.pickEmoji} aria-label=${words.pickEmoji} aria-expanded=${isPicking} onClick=${() => setPicking(!isPicking)}>
        <${Icon} name="smile" />
      </button>
      <button type="submit" class="send" title=${words.send} aria-label=${words.send} data-testid="send" disabled=${length === 0 || over > 0 || waiting > 0}>
        <${Icon} name=${editing ? "check" : "send"} />
      </button>
    </div>
    <p class="composer-hint" role="status" data-testid="composer-hint">
      ${waiting > 0 ? words.busy(waiting) : over > 0 ? html`<span class="danger">${words.tooLong(over)}</span>` : over > -NEAR_LIMIT ? words.left(-over) : whoIsMissed(chat, text)}
    </p>
  </form>`;
}

function Bar({ icon, text, onCancel }) {
  return html`<p class="composer-bar">
    <${Icon} name=${icon} /> ${text}
    <button type="button" class="link" onClick=${onCancel}>${words.cancel}</button>
  </p>`;
}

/** A hint about names that reach nobody. One that is still being written, at the end, may become another. */
function whoIsMissed(chat, text) {
  if (!text.includes("@")) return "";
  const people = chat.people.of(chat.roomId);
  if (isTooLarge(text, people, chat.limits.everybody)) return words.crowdTooLarge;
  const missed = strangers(text.replace(/@\S*$/u, ""), people);
  return missed.length > 0 ? words.strangers(missed) : "";
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

const FITS_ITSELF = globalThis.CSS?.supports("field-sizing", "content");

/** Where CSS cannot: it lays out the page at every key. */
function fit(field) {
  if (FITS_ITSELF) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
