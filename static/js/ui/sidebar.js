import { loudness } from "../loudness.js";
import { words } from "../words.js";
import { html, Icon } from "./html.js";

export function kindIcon(room) {
  return { direct: room.is_group ? "people" : "user", private: "lock" }[room.kind] ?? "hash";
}

function RoomLink({ room, isOpen, onOpen }) {
  const open = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0 || !onOpen) return;
    event.preventDefault();
    onOpen(room.id);
  };
  const { isBold, count, isNamed } = loudness(room);
  return html`<li>
    <a
      class="room-link"
      href=${`/rooms/${room.id}/`}
      aria-current=${isOpen ? "page" : null}
      data-unread=${isBold && !isOpen}
      data-testid="room-link"
      data-room=${room.id}
      onClick=${open}
    >
      <${Icon} name=${kindIcon(room)} />
      <span class="room-link-name">${room.name}</span>
      ${isNamed && !isOpen && html`<span class="badge" data-mention="true" title=${words.mentionsOfYou(room.mentions)}>@</span>`}
      ${count > 0 && !isOpen && html`<span class="badge">${count > 99 ? "99+" : count}</span>`}
    </a>
  </li>`;
}

function RoomList({ title, rooms, openId, onOpen }) {
  if (rooms.length === 0) return null;
  return html`<h2 class="sidebar-title">${title}</h2>
    <ul class="room-list">
      ${rooms.map((room) => html`<${RoomLink} key=${room.id} room=${room} isOpen=${room.id === openId} onOpen=${onOpen} />`)}
    </ul>`;
}

export function Sidebar({ chat, onOpen }) {
  const rooms = [...chat.rooms.values()];
  const direct = rooms.filter((room) => room.kind === "direct");
  const others = rooms.filter((room) => room.kind !== "direct");
  return html`
    <${RoomList} title=${words.rooms} rooms=${others} openId=${chat.roomId} onOpen=${onOpen} />
    <${RoomList} title=${words.directs} rooms=${direct} openId=${chat.roomId} onOpen=${onOpen} />
    <a class="room-link" href="/rooms/"><${Icon} name="plus" /><span class="room-link-name">${words.browse}</span></a>
  `;
}
