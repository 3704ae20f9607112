/** "(3) lobby" and a dot on the icon: what waits, where it is seen without looking. */
const plain = document.title;
const icon = document.querySelector("link[rel=icon]");
const icons = { read: icon.href, unread: new URL(icon.dataset.unread, document.baseURI).href };

const SETTLES_MS = 300;
let timer = null;

/** A little later: what is read at once does not flicker. */
export function showUnread(chat) {
  timer ??= setTimeout(() => {
    timer = null;
    show(chat);
  }, SETTLES_MS);
}

function show(chat) {
  const name = chat.room ? `${chat.room.name} · ${plain.split(" · ").at(-1)}` : plain;
  const title = chat.unread > 0 ? `(${chat.unread}) ${name}` : name;
  const href = chat.unread > 0 ? icons.unread : icons.read;
  if (document.title !== title) document.title = title;
  if (icon.href !== href) icon.href = href;
}
