/**
 * What the row of a message shows, beside its callbacks: while none of it is another, the row is not rendered again.
 * Whatever a row comes to read from `chat` has to be named here. Always as many, in the same order. No DOM.
 */
export function shownBy(chat, row, { now, isFocus }) {
  const { message, startsGroup, state } = row;
  const entry = row.entry ?? chat.outbox.failedChange(chat.roomId, message.seq);
  const reactions = chat.outbox.reactionsTo(chat.roomId, message.seq);
  const hasNames = message.reactions || message.deleted_by || reactions.length > 0;
  return [
    message,
    startsGroup,
    state,
    isFocus,
    entry,
    entry ? now : 0, // an entry changes in place, and grows late
    entry?.state,
    reactions.map((one) => one.client_id).join(),
    hasNames ? chat.people.of(chat.roomId) : null,
    message.reply_to ? chat.quotes.get(chat.store(chat.roomId), message.reply_to) : null,
    chat.blocked.has(message.sender.id),
    chat.room?.role,
    startsGroup && chat.company.stateOf(message.sender.id),
  ];
}
