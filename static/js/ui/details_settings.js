import { useState } from "preact/hooks";
import { api } from "../page_api.js";
import { rightsIn } from "../rights.js";
import { words } from "../words.js";
import { html, Icon } from "./html.js";

const SLOW_MODES_S = [0, 10, 30, 60, 300, 900, 3600];

/** Name, topic and rules of a room: a button, and a form behind it. For those who may. */
export function Settings({ chat, room, attempt }) {
  const [isOpen, setOpen] = useState(false);
  if (!rightsIn(room).change) return null;
  if (!isOpen) {
    return html`<section>
      <button type="button" class="details-edit" onClick=${() => setOpen(true)}><${Icon} name="edit" /> ${words.changeRoom}</button>
    </section>`;
  }
  return html`<section><${SettingsForm} ...${{ chat, room, attempt }} onDone=${() => setOpen(false)} /></section>`;
}

function SettingsForm({ chat, room, attempt, onDone }) {
  const save = async (event) => {
    event.preventDefault();
    const said = new FormData(event.target);
    const wanted = {
      name: said.get("name"),
      topic: said.get("topic"),
      slow_mode_s: Number(said.get("slow")),
      announcements: said.has("announcements"),
    };
    // Only what differs: what somebody else changes meanwhile stays.
    const changes = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => value !== room[name]));
    const change = async () => chat.take(await api.change("PATCH", `rooms/${room.id}`, changes));
    if (Object.keys(changes).length === 0 || (await attempt(change))) onDone();
  };
  const choices = [...new Set([...SLOW_MODES_S, room.slow_mode_s])].toSorted((one, other) => one - other);
  return html`<form class="details-form" onSubmit=${save}>
    <div class="field"><label for="room-name">${words.roomName}</label><input id="room-name" name="name" defaultValue=${room.name} maxlength="80" required dir="auto" /></div>
    <div class="field"><label for="room-topic">${words.topic}</label><input id="room-topic" name="topic" defaultValue=${room.topic} maxlength="250" dir="auto" /></div>
    <div class="field">
      <label for="room-slow">${words.slowMode}</label>
      <select id="room-slow" name="slow">
        ${choices.map((seconds) => html`<option value=${seconds} selected=${seconds === room.slow_mode_s}>${seconds ? words.slowEvery(seconds) : words.slowOff}</option>`)}
      </select>
    </div>
    <label class="details-check"><input type="checkbox" name="announcements" defaultChecked=${room.announcements} /> ${words.announcementsOnly}</label>
    <p class="dialog-buttons">
      <button type="button" onClick=${onDone}>${words.cancel}</button>
      <button type="submit" class="primary">${words.save}</button>
    </p>
  </form>`;
}
