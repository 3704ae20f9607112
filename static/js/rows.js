/** From messages to what a timeline shows: day dividers, the "new messages" line, groups by author. Pure. */
import { dayKey } from "./times.js";

const GROUP_MS = 5 * 60 * 1000;

/** {date, day} by message: days take long to name. */
const stamps = new WeakMap();

function stampOf(message) {
  if (!stamps.has(message)) {
    const date = new Date(message.created_at);
    stamps.set(message, { date, day: dayKey(date) });
  }
  return stamps.get(message);
}

/**
 * `messages` in seq order, `pending` outbox entries of sends, `readSeq` where the unread line stands (or null).
 * Returns rows: {kind: "day", key, date} | {kind: "unread", key} | {kind: "message", key, message, startsGroup, state}.
 */
export function makeRows(messages, pending, { readSeq = null, me }) {
  const rows = [];
  let previous = null;
  let hasLine = false;
  let isPastRead = false;
  for (const message of messages) {
    const { date, day } = stampOf(message);
    if (previous?.day !== day) {
      rows.push({ kind: "day", key: `day-${day}`, date });
      previous = null;
    }
    // Only where it belongs: with the read side of the line not loaded, it would stand above any page.
    isPastRead ||= readSeq !== null && message.seq <= readSeq + 1;
    if (isPastRead && !hasLine && message.seq > readSeq && message.sender.id !== me.id) {
      rows.push({ kind: "unread", key: "unread" });
      hasLine = true;
      previous = null;
    }
    const startsGroup = !previous || previous.sender !== message.sender.id || date - previous.date > GROUP_MS;
    rows.push({ kind: "message", key: message.client_id, message, startsGroup, state: "sent" });
    previous = { date, day, sender: message.sender.id };
  }
  for (const entry of pending) {
    const message = draftMessage(entry, me);
    const date = new Date(entry.at);
    const startsGroup = !previous || previous.sender !== me.id || date - previous.date > GROUP_MS;
    rows.push({ kind: "message", key: entry.client_id, message, startsGroup, state: entry.state, entry });
    previous = { date, sender: me.id };
  }
  return rows;
}

function draftMessage(entry, me) {
  return {
    seq: null,
    client_id: entry.client_id,
    sender: me,
    body: entry.frame.body,
    html: null,
    created_at: new Date(entry.at).toISOString(),
    edited_at: null,
    deleted_at: null,
    reply_to: entry.frame.reply_to ?? null,
  };
}

/** One of 12 hues for a name, the same everywhere. */
export function hueOf(name) {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) % 4096;
  return hash % 12;
}

/** Up to two letters for an avatar. */
export function initials(name) {
  const words = name.trim().split(/\s+/u);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...word][0] ?? "").join("").toUpperCase();
}
