import { useState } from "preact/hooks";
import { permission } from "../desktop.js";
import { api } from "../page_api.js";
import { words } from "../words.js";
import { html } from "./html.js";

const LEVELS = ["all", "mentions", "nothing"];

/** What I want to be told of in this room. */
export function Level({ chat, room, attempt }) {
  const choose = (event) => {
    const { value } = event.target;
    attempt(async () => chat.take(await api.change("PUT", `rooms/${room.id}/level`, { level: value })));
  };
  return html`<section>
    <div class="field">
      <label for="room-level">${words.notifications}</label>
      <select id="room-level" value=${room.level} onChange=${choose}>
        ${LEVELS.map((level) => html`<option key=${level} value=${level} selected=${level === room.level}>${words.levels[level]}</option>`)}
      </select>
    </div>
    ${room.level !== "nothing" && html`<${Desktop} chat=${chat} />`}
  </section>`;
}

/** Asks the browser, when it has not been asked. */
function Desktop({ chat }) {
  const [state, setState] = useState(permission());
  const ask = async () => {
    setState(await Notification.requestPermission());
    chat.onPermission();
  };
  if (state === "denied") return html`<p class="muted">${words.desktopDenied}</p>`;
  if (state !== "default") return null;
  return html`<button type="button" onClick=${ask}>${words.desktopAsk}</button>`;
}
