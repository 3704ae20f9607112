import { words } from "../words.js";
import { Avatar } from "./avatar.js";
import { html, Icon } from "./html.js";

export function kindIcon(room) {
  return { direct: "user", private: "lock" }[room.kind] ?? "hash";
}

/** `isShown`: on screen, so that what is unread in it needs no number. */
function RoomLink({ chat, room, isOpen, isShown, onOpen }) {
  const open = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0 || !onOpen) return;
    event.preventDefault();
    onOpen(room.id);
  };
  return html`<li>
    <a
      class="room-link"
      href=${`/rooms/${room.id}/`}
      aria-current=${isOpen ? "page" : null}
      data-unread=${room.unread > 0 && !isShown}
      data-testid="room-link"
      data-room=${room.id}
      onClick=${open}
    >
      ${room.kind === "direct" ? html`<${Avatar} avatars=${chat.avatars} id=${room.person} name=${room.name} size="small" />` : html`<${Icon} name=${kindIcon(room)} />`}
      <span class="room-link-name">${room.name}</span>
      ${room.mentions > 0 && !isShown && html`<span class="badge" data-mention="true" title=${words.mentionsOfYou(room.mentions)}>@</span>`}
      ${room.unread > 0 && !isShown && html`<span class="badge">${room.unread > 99 ? "99+" : room.unread}</span>`}
    </a>
  </li>`;
}

function RoomList({ title, rooms, chat, onOpen }) {
  if (rooms.length === 0) return null;
  return html`<h2 class="sidebar-title">${title}</h2>
    <ul class="room-list">
      ${rooms.map((room) => {
        const isOpen = room.id === chat.roomId;
        return html`<${RoomLink} key=${room.id} ...${{ chat, room, isOpen, isShown: isOpen && !chat.keepsUnread(room.id), onOpen }} />`;
      })}
    </ul>`;
}

export function Sidebar({ chat, onOpen }) {
  const rooms = [...chat.rooms.values()];
  const direct = rooms.filter((room) => room.kind === "direct");
  const others = rooms.filter((room) => room.kind !== "direct");
  return html`
    <${RoomList} title=${words.rooms} rooms=${others} chat=${chat} onOpen=${onOpen} />
    <${RoomList} title=${words.directs} rooms=${direct} chat=${chat} onOpen=${onOpen} />
    <a class="room-link" href="/rooms/"><${Icon} name="plus" /><span class="room-link-name">${words.browse}</span></a>
  `;
}
