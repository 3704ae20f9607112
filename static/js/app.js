/** The page comes alive: what the server rendered is replaced by the app, with the data it came with. */
import { render } from "preact";
import { useState } from "preact/hooks";
import { Announcer } from "./announcer.js";
import { Chat } from "./chat.js";
import { CLOSE } from "./connection.js";
import { Drafts } from "./drafts.js";
import { Heard } from "./heard.js";
import { History } from "./history.js";
import { followPage } from "./idle.js";
import { openKeep } from "./keep.js";
import { asksForShortcuts, asksForSwitcher } from "./overlay_keys.js";
import { ReadTabs } from "./read_tabs.js";
import { Tabs } from "./tabs.js";
import { showUnread } from "./title.js";
import { Banner } from "./ui/banner.js";
import { Composer } from "./ui/composer.js";
import { html, Icon } from "./ui/html.js";
import { Details, ModerationNews } from "./ui/later.js";
import { fetchTheRest } from "./ui/lazy.js";
import { Sidebar } from "./ui/sidebar.js";
import { Timeline } from "./ui/timeline.js";
import { uuid7 } from "./uuid7.js";
import { words } from "./words.js";

const boot = JSON.parse(document.getElementById("boot").textContent);
Icon.sprite = document.documentElement.dataset.sprite;
const REST_MS = 5_000;
let notifications = null;
const announcer = new Announcer(document.getElementById("announcer"));
const scheme = location.protocol === "https:" ? "wss:" : "ws:";

const tab = uuid7();
const keep = await openKeep(indexedDB, localStorage, `chat.outbox.${boot.user.id}`);
const tabs = new Tabs({ keep, locks: navigator.locks, me: tab, prefix: `chat.tab.${boot.user.id}.` });
const chat = new Chat({
  boot,
  ...{ keep, tab },
  url: `${scheme}//${location.host}${boot.urls.ws}`,
  load: {
    message: (room, seq) => ask(`rooms/${room}/messages/${seq}`),
    journey: (room, seq) => ask(`rooms/${room}/messages/${seq}/journey`),
    versions: async (room, seq) => (await ask(`rooms/${room}/messages/${seq}/history`))?.versions ?? null,
    people: async (room) => (await ask(`rooms/${room}/members`))?.members ?? [],
    avatars: async (ids) => (await ask(`people?ids=${ids}`))?.people ?? null,
  },
  onChange: changed,
  onHeard: heard,
  onMessages: announce,
  onRead: (frame) => readTabs.tellRead(frame),
  onPermission: notifyIfAllowed,
});
const readTabs = new ReadTabs({ user: boot.user.id, onRead: (told) => chat.readElsewhere(told) });
const history = new History(chat, boot.urls.api);
const drafts = new Drafts(localStorage, boot.user.id);
drafts.follow(window, changed);
const hearing = new Heard({ show: refresh });
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

function changed() {
  refresh();
  follow();
}

/** What others do. */
function heard() {
  hearing.note();
  follow();
}

function follow() {
  const { state, closeCode } = chat.connection;
  document.documentElement.dataset.connection = state;
  if (state === "stopped" && closeCode === CLOSE.signedOut) location.assign(boot.urls.login);
  if (chat.roomId !== null && state === "online" && !chat.room) location.assign("/rooms/");
  showUnread(chat);
  notifications?.follow(chat);
  chat.company.look();
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

/** Once it is allowed; fetched only then. */
async function notifyIfAllowed() {
  if (globalThis.Notification?.permission !== "granted") return;
  const { notify } = await import("./desktop.js");
  notifications ??= notify(chat, goTo);
}

/** The panel stays open from room to room. */
let hasDetails = false;

function toggleDetails() {
  hasDetails = !hasDetails;
  refresh();
}

/** Rooms of this page's visits, the newest first. */
const recent = boot.room === null ? [] : [boot.room];

function openRoom(id) {
  if (id === chat.roomId) return;
  recent.unshift(id, ...recent.splice(0).filter((other) => other !== id));
  window.history.pushState({ room: id }, "", `/rooms/${id}/`);
  chat.open(id);
}

/** From any page. */
function goTo(id) {
  if (roomElement) openRoom(id);
  else location.assign(`/rooms/${id}/`);
}

/** What stands where; after whatever has changed, all of it is rendered again, once. */
const mounted = [];
let isDue = false;

function refresh() {
  if (isDue) return;
  isDue = true;
  queueMicrotask(renderAll);
}

function renderAll() {
  isDue = false;
  for (const [element, component] of mounted) render(html`<${component} />`, element);
  hearing.shown();
}

function SidebarMount() {
  return html`<${Sidebar} chat=${chat} drafts=${drafts} onOpen=${roomElement ? openRoom : null} />`;
}

let Overlays = null;

function OverlaysMount() {
  return Overlays && html`<${Overlays} chat=${chat} recent=${recent} onOpen=${goTo} />`;
}

/** They are fetched for the first key that asks for one, and get that key again: they listen by themselves. */
async function fetchOverlays(event) {
  const isWriting = event.target instanceof Element && event.target.matches("input, textarea, select");
  if (!asksForSwitcher(event) && !asksForShortcuts(event, isWriting)) return;
  event.preventDefault();
  document.removeEventListener("keydown", fetchOverlays);
  try {
    ({ Overlays } = await import("./ui/overlays.js"));
  } catch {
    document.addEventListener("keydown", fetchOverlays);
    return;
  }
  renderAll();
  document.dispatchEvent(new KeyboardEvent("keydown", event));
}

function RoomMount() {
  return chat.room && html`<${Room} key=${chat.roomId} />`;
}

function Room() {
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
      <button type="button" class="icon-button people" title=${words.details} aria-label=${words.details} aria-expanded=${hasDetails} onClick=${toggleDetails}>
        <${Icon} name="people" />
      </button>
    </header>
    <${Banner} connection=${chat.connection} />
    ${chat.hasNews && html`<${ModerationNews} />`}
    <${Timeline} chat=${chat} history=${history} focus=${boot.focus} onEdit=${setEditing} onReply=${reply} />
    <p class="typing-line">${typists.length > 0 ? words.typing(typists) : ""}</p>
    <${Composer}
      key=${editing ? `edit-${editing.seq}` : "new"}
      ...${{ chat, drafts, editing, replying, onEditLast: editLast, onDone: done }}
    />
    ${hasDetails && html`<${Details} chat=${chat} onClose=${toggleDetails} />`}`;
}

function mount(element, component) {
  if (!element) return;
  element.replaceChildren();
  mounted.push([element, component]);
}

mount(document.getElementById("sidebar-rooms"), SidebarMount);
mount(document.getElementById("overlays"), OverlaysMount);
mount(roomElement, RoomMount);
renderAll();
document.addEventListener("keydown", fetchOverlays);
document.addEventListener("keydown", () => hearing.key());
addEventListener("online", () => chat.connection.wake());
addEventListener("offline", () => chat.connection.drop());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && chat.connection.wake());
addEventListener("popstate", () => location.reload());
setInterval(() => chat.repeatLate(), 5_000);
followPage((isIdle) => chat.company.setIdle(isIdle));
await tabs.inherit((entries) => chat.adopt(entries));
chat.connection.open();
notifyIfAllowed();
setTimeout(fetchTheRest, REST_MS);
