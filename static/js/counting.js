/** How the changes of a room on screen move its unread counts; for the others the server sends badges. Pure. */

/**
 * `room` is a standing, `frame` its `changes`, `held(seq)` the message as known before them. Returns the standing's
 * fields from now on. What is not newer than the standing's own rev is in its numbers already.
 */
export function counted(room, frame, held, me) {
  const now = { seq: room.seq, read: room.read, unread: room.unread, mentions: room.mentions };
  for (const message of frame.messages) {
    if (message.rev > room.rev && !frame.reset) count(now, message, held(message.seq), me);
    now.seq = Math.max(now.seq, message.seq);
  }
  return { ...now, unread: Math.max(0, now.unread), mentions: Math.max(0, now.mentions), rev: Math.max(frame.rev, room.rev) };
}

function count(now, message, before, me) {
  const isNew = message.seq > now.seq;
  if (isNew && message.sender.id === me.id) {
    Object.assign(now, { read: message.seq, unread: 0, mentions: 0 }); // who writes has read what was there
    return;
  }
  if (message.seq <= now.read || (before && before.rev >= message.rev)) return;
  const was = isNew ? null : before ?? { ...message, deleted_at: null };
  now.unread += counts(message, me) - counts(was, me);
  now.mentions += names(message, me) - names(was, me);
}

function counts(message, me) {
  return message && !message.deleted_at && message.sender.id !== me.id ? 1 : 0;
}

function names(message, me) {
  return counts(message, me) && message.mentions?.includes(me.id) ? 1 : 0;
}
