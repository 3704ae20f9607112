/** The page comes alive: what the server rendered is replaced by the app, with the data it came with. */
import { render } from "preact";
import { useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { Announcer } from "./announcer.js";
import { Chat } from "./chat.js";
import { CLOSE } from "./connection.js";
import { Drafts } from "./drafts.js";
import { History } from "./history.js";
import { Tabs } from "./tabs.js";
import { showUnread } from "./title.js";
import { Banner } from "./ui/banner.js";
import { Composer } from "./ui/composer.js";
import { html, Icon } from "./ui/html.js";
import { ModerationNews } from "./ui/moderation_news.js";
import { Shortcuts } from "./ui/shortcuts.js";
import { Sidebar } from "./ui/sidebar.js";
import { Switcher } from "./ui/switcher.js";
import { Timeline } from "./ui/timeline.js";
import { words } from "./words.js";

const boot = JSON.parse(document.getElementById("boot").textContent);
Icon.sprite = document.documentElement.dataset.sprite;
const version = signal(0);
const announcer = new Announcer(document.getElementById("announcer"));
const scheme = location.protocol === "https:" ? "wss:" : "ws:";

const chat = new Chat({
  boot,
  storage: localStorage,
  url: `${scheme}//${location.host}${boot.urls.ws}`,
  load: {
    message: (room, seq) => ask(`rooms/${room}/messages/${seq}`),
    versions: async (room, seq) => (await ask(`rooms/${room}/messages/${seq}/history`))?.versions ?? null,
    post: tell,
    people: async (room) => (await ask(`rooms/${room}/members`))?.members ?? [],
    avatars: async (ids) => (await ask(`people?ids=${ids}`))?.people ?? null,
  },
  onChange: changed,
  onMessages: announce,
  onRead: (frame) => tabs.tellRead(frame),
});
const tabs = new Tabs({ user: boot.user.id, onRead: (told) => chat.readElsewhere(told) });
const history = new History(chat, boot.urls.api);
const drafts = new Drafts(localStorage, boot.user.id);
const roomElement = document.getElementById("room");

/** What the API says; null when it cannot be had now. */
async function ask(path) {
  try {
    const answer = await fetch(boot.urls.api + path);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Post to the API: {ok, fields} as it answers; null when it cannot be reached. */
async function tell(path, fields) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  try {
    const answer = await fetch(boot.urls.api + path, { method: "POST", headers, body: JSON.stringify(fields) });
    return { ok: answer.ok, fields: await answer.json() };
  } catch {
    return null;
  }
}

function changed() {
  version.value += 1;
  const { state, closeCode } = chat.connection;
  document.documentElement.dataset.connection = state;
  if (state === "stopped" && closeCode === CLOSE.signedOut) location.assign(boot.urls.login);
  if (chat.roomId !== null && state === "online" && !chat.room) location.assign("/rooms/");
  showUnread(chat);
}

function announce(room, messages) {
  if (room !== chat.roomId) return;
  for (const message of messages) {
    if (chat.blocked.has(message.sender.id)) continue;
    if (message.sender.id !== chat.me.id && message.edited_at === null && message.deleted_at === null) {
      announcer.say(words.announced(message.sender.name, message.body));
    }
  }
}

/** Rooms of this page's visits, the newest first. */
const recent = boot.room === null ? [] : [boot.room];

function openRoom(id) {
  if (id === chat.roomId) return;
  recent.unshift(id, ...recent.splice(0).filter((other) => other !== id));
  window.history.pushState({ room: id }, "", `/rooms/${id}/`);
  chat.open(id);
}

// `tick` goes down as a property: signals skip what has the same properties, and `chat` is always the same object.
function SidebarMount() {
  return html`<${Sidebar} tick=${version.value} chat=${chat} onOpen=${roomElement ? openRoom : null} />`;
}

/** Beside the panes: a phone hides the sidebar in a room, with all that is in it. */
function OverlaysMount() {
  const go = roomElement ? openRoom : (id) => location.assign(`/rooms/${id}/`);
  return html`<${Switcher} tick=${version.value} chat=${chat} recent=${recent} onOpen=${go} /><${Shortcuts} />`;
}

function RoomMount() {
  const tick = version.value;
  if (!chat.room) return null;
  return html`<${Room} key=${chat.roomId} tick=${tick} />`;
}

function Room({ tick }) {
  const [editing, setEditing] = useState(null);
  const [replying, setReplying] = useState(null);
  const editLast = (event) => {
    const mine = chat.store(chat.roomId).messages.filter((one) => one.sender.id === chat.me.id && !one.deleted_at);
    if (mine.length === 0) return;
    event.preventDefault();
    setEditing(mine.at(-1));
  };
  const reply = (message) => {
    setEditing(null);
    setReplying(message);
  };
  const done = () => {
    setEditing(null);
    setReplying(null);
  };
  const room = chat.room;
  const typists = chat.typists(room.id);
  return html`<header class="room-header">
      <a class="icon-button back" href="/rooms/" title=${words.back} aria-label=${words.back}><${Icon} name="back" /></a>
      <div class="room-title"><h1>${room.name}</h1>${room.topic && html`<p>${room.topic}</p>`}</div>
      <a class="icon-button people" href=${`/rooms/${room.id}/people/`} title=${words.people} aria-label=${words.people}>
        <${Icon} name="people" />
      </a>
    </header>
    <${Banner} tick=${tick} connection=${chat.connection} />
    <${ModerationNews} tick=${tick} chat=${chat} />
    <${Timeline} tick=${tick} chat=${chat} history=${history} focus=${boot.focus} onEdit=${setEditing} onReply=${reply} />
    <p class="typing-line">${typists.length > 0 ? words.typing(typists) : ""}</p>
    <${Composer}
      tick=${tick}
      key=${editing ? `edit-${editing.seq}` : "new"}
      ...${{ chat, drafts, editing, replying, onEditLast: editLast, onDone: done }}
    />`;
}

function mount(element, component) {
  if (!element) return;
  element.replaceChildren();
  render(html`<${component} />`, element);
}

mount(document.getElementById("sidebar-rooms"), SidebarMount);
mount(document.getElementById("overlays"), OverlaysMount);
mount(roomElement, RoomMount);
addEventListener("online", () => chat.connection.wake());
addEventListener("offline", () => chat.connection.drop());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && chat.connection.wake());
addEventListener("popstate", () => location.reload());
setInterval(() => chat.repeatLate(), 5_000);
chat.connection.open();
