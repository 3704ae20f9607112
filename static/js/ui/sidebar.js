import { words } from "../words.js";
import { html, Icon } from "./html.js";

export function kindIcon(room) {
  return { direct: "user", private: "lock" }[room.kind] ?? "hash";
}

function RoomLink({ room, isOpen, hasDraft, onOpen }) {
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
      data-unread=${room.unread > 0 && !isOpen}
      data-testid="room-link"
      data-room=${room.id}
      onClick=${open}
    >
      <${Icon} name=${kindIcon(room)} />
      <span class="room-link-name">${room.name}</span>
      ${hasDraft && !isOpen && html`<span class="draft-mark" role="img" aria-label=${words.draft} title=${words.draft}><${Icon} name="edit" /></span>`}
      ${room.mentions > 0 && !isOpen && html`<span class="badge" data-mention="true" title=${words.mentionsOfYou(room.mentions)}>@</span>`}
      ${room.unread > 0 && !isOpen && html`<span class="badge">${room.unread > 99 ? "99+" : room.unread}</span>`}
    </a>
  </li>`;
}

function RoomList({ title, rooms, openId, drafts, onOpen }) {
  if (rooms.length === 0) return null;
  return html`<h2 class="sidebar-title">${title}</h2>
    <ul class="room-list">
      ${rooms.map((room) => html`<${RoomLink} key=${room.id} room=${room} isOpen=${room.id === openId} hasDraft=${drafts.get(room.id) !== ""} onOpen=${onOpen} />`)}
    </ul>`;
}

export function Sidebar({ chat, drafts, onOpen }) {
  const rooms = [...chat.rooms.values()];
  const direct = rooms.filter((room) => room.kind === "direct");
  const others = rooms.filter((room) => room.kind !== "direct");
  return html`
    <${RoomList} title=${words.rooms} rooms=${others} openId=${chat.roomId} drafts=${drafts} onOpen=${onOpen} />
    <${RoomList} title=${words.directs} rooms=${direct} openId=${chat.roomId} drafts=${drafts} onOpen=${onOpen} />
    <a class="room-link" href="/rooms/"><${Icon} name="plus" /><span class="room-link-name">${words.browse}</span></a>
  `;
}
