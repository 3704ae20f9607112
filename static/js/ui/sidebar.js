import { loudness } from "../loudness.js";
import { words } from "../words.js";
import { Avatar } from "./avatar.js";
import { PresenceDot } from "./company.js";
import { html, Icon } from "./html.js";

export function kindIcon(room) {
  return { direct: room.is_group ? "people" : "user", private: "lock" }[room.kind] ?? "hash";
}

/** `isShown`: on screen, so that what is unread in it needs no number. */
function RoomLink({ chat, room, presence, isOpen, isShown, hasDraft, onOpen }) {
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
      data-unread=${isBold && !isShown}
      data-testid="room-link"
      data-room=${room.id}
      onClick=${open}
    >
      <span class="room-link-face">${room.person ? html`<${Avatar} avatars=${chat.avatars} id=${room.person} name=${room.name} size="small" />` : html`<${Icon} name=${kindIcon(room)} />`}<${PresenceDot} state=${presence} /></span>
      <span class="room-link-name">${room.name}</span>
      ${hasDraft && !isOpen && html`<span class="draft-mark" role="img" aria-label=${words.draft} title=${words.draft}><${Icon} name="edit" /></span>`}
      ${isNamed && !isShown && html`<span class="badge" data-mention="true" title=${words.mentionsOfYou(room.mentions)}>@</span>`}
      ${count > 0 && !isShown && html`<span class="badge">${count > 99 ? "99+" : count}</span>`}
    </a>
  </li>`;
}

function RoomList({ title, rooms, chat, drafts, onOpen }) {
  if (rooms.length === 0) return null;
  return html`<h2 class="sidebar-title">${title}</h2>
    <ul class="room-list">
      ${rooms.map((room) => {
        const isOpen = room.id === chat.roomId;
        const presence = chat.company.stateOf(room.person);
        return html`<${RoomLink} key=${room.id} ...${{ chat, room, presence, isOpen, isShown: isOpen && !chat.keepsUnread(room.id), hasDraft: drafts.get(room.id) !== "", onOpen }} />`;
      })}
    </ul>`;
}

export function Sidebar({ chat, drafts, onOpen }) {
  const rooms = [...chat.rooms.values()];
  const direct = rooms.filter((room) => room.kind === "direct");
  const others = rooms.filter((room) => room.kind !== "direct");
  return html`
    <${RoomList} title=${words.rooms} rooms=${others} chat=${chat} drafts=${drafts} onOpen=${onOpen} />
    <${RoomList} title=${words.directs} rooms=${direct} chat=${chat} drafts=${drafts} onOpen=${onOpen} />
    <a class="room-link" href="/rooms/"><${Icon} name="plus" /><span class="room-link-name">${words.browse}</span></a>
  `;
}
