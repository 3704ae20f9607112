/** "(3) lobby": what waits, where it is seen without looking. */
const plain = document.title;

export function showUnread(chat) {
  const name = chat.room ? `${chat.room.name} · ${plain.split(" · ").at(-1)}` : plain;
  document.title = chat.unread > 0 ? `(${chat.unread}) ${name}` : name;
}
