/** Reactions as they are to be shown: the server's, with one's own that are still on their way. Pure. */

/**
 * `message.reactions` is {emoji: [user ids]}; `pending` are outbox entries of `react` frames for this message, in order.
 * Returns [{emoji, users, isMine}], in the order in which the emoji came.
 */
export function shownReactions(message, pending, me) {
  const shown = new Map(Object.entries(message.reactions ?? {}).map(([emoji, users]) => [emoji, [...users]]));
  for (const { frame } of pending) {
    const others = (shown.get(frame.emoji) ?? []).filter((user) => user !== me.id);
    shown.set(frame.emoji, frame.on ? [...others, me.id] : others);
  }
  return [...shown]
    .filter(([, users]) => users.length > 0)
    .map(([emoji, users]) => ({ emoji, users, isMine: users.includes(me.id) }));
}

/** Whether a message shows that a `react` frame of mine has taken effect. */
export function hasReacted(frame, message, me) {
  return Boolean(message.deleted_at) || (message.reactions?.[frame.emoji] ?? []).includes(me.id) === frame.on;
}
