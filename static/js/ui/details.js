/** The panel beside the timeline: what this room is, who is in it, and what one may do here. */
import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../page_api.js";
import { rightsIn } from "../rights.js";
import { words } from "../words.js";
import { Confirm } from "./confirm.js";
import { Invites } from "./details_invites.js";
import { Level } from "./details_level.js";
import { Members } from "./details_members.js";
import { Settings } from "./details_settings.js";
import { html, Icon } from "./html.js";

export function Details({ chat, onClose }) {
  const room = chat.room;
  const panel = useRef(null);
  const closer = useRef(null);
  const holdsFocus = useRef(true);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    const before = document.activeElement;
    closer.current.focus();
    return () => before?.isConnected && before.focus();
  }, []);
  /** Runs a change; what goes wrong is said at the top of the panel. True when it was done. */
  const attempt = async (work) => {
    setWrong("");
    try {
      await work();
      return true;
    } catch (error) {
      setWrong(error.message);
      return false;
    }
  };
  // What had the focus may have gone with what was done: the panel takes it then, for the keyboard.
  useEffect(() => {
    if (holdsFocus.current && document.activeElement === document.body) panel.current.focus({ preventScroll: true });
  });
  const focusMoves = (event) => {
    if (event.relatedTarget) holdsFocus.current = panel.current.contains(event.relatedTarget);
  };
  const press = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.stopPropagation();
    onClose();
  };
  return html`<aside class="details" ref=${panel} tabindex="-1" aria-label=${words.details} data-testid="details" onKeyDown=${press} onFocusOut=${focusMoves} onFocusIn=${() => (holdsFocus.current = true)}>
    <header class="details-header">
      <h2>${words.details}</h2>
      <button type="button" class="icon-button" ref=${closer} title=${words.close} aria-label=${words.close} onClick=${onClose}><${Icon} name="close" /></button>
    </header>
    <div class="details-body">
      ${wrong && html`<p class="notice" data-level="error" role="alert">${wrong}</p>`}
      <${About} room=${room} />
      <${Settings} key=${`settings-${room.id}`} chat=${chat} room=${room} attempt=${attempt} />
      <${Level} chat=${chat} room=${room} attempt=${attempt} />
      <${Members} chat=${chat} room=${room} attempt=${attempt} />
      <${Invites} key=${`invites-${room.id}`} chat=${chat} room=${room} attempt=${attempt} />
      <${Leaving} chat=${chat} room=${room} attempt=${attempt} />
    </div>
  </aside>`;
}

function About({ room }) {
  return html`<section>
    <h3 class="details-name">${room.name}</h3>
    ${room.topic && html`<p class="details-topic" dir="auto">${room.topic}</p>`}
    <ul class="details-facts muted">
      <li>${words.kinds[room.kind]}</li>
      ${room.announcements && html`<li>${words.announcementsOnly}</li>`}
      ${room.slow_mode_s > 0 && html`<li>${words.slowEvery(room.slow_mode_s)}</li>`}
      ${room.archived && html`<li>${words.archived}</li>`}
      ${room.kind !== "direct" && html`<li>${words.whoMay}</li>`}
    </ul>
  </section>`;
}

function Leaving({ chat, room, attempt }) {
  const [asking, ask] = useState("");
  const rights = rightsIn(room);
  if (!rights.leave) return null;
  const change = async () => chat.take(await api.change("PATCH", `rooms/${room.id}`, { archived: !room.archived }));
  const leave = () => api.change("POST", `rooms/${room.id}/leave`);
  const done = (work) => {
    ask("");
    attempt(work);
  };
  return html`<section class="details-end">
    ${rights.archive &&
    html`<button type="button" onClick=${() => (room.archived ? attempt(change) : ask("archive"))}>${room.archived ? words.unarchive : words.archive}</button>`}
    <button type="button" class="danger" onClick=${() => ask("leave")}>${words.leave}</button>
    ${asking === "archive" &&
    html`<${Confirm} title=${words.archiveTitle(room.name)} text=${words.archiveWarning} action=${words.archive} onDo=${() => done(change)} onClose=${() => ask("")} />`}
    ${asking === "leave" &&
    html`<${Confirm} title=${words.leaveTitle(room.name)} text=${room.kind === "private" ? words.leavePrivate : words.leavePublic} action=${words.leave} onDo=${() => done(leave)} onClose=${() => ask("")} />`}
  </section>`;
}
