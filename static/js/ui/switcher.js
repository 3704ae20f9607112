import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { loudness } from "../loudness.js";
import { asksForSwitcher } from "../overlay_keys.js";
import { switchTo } from "../switcher.js";
import { words } from "../words.js";
import { Avatar } from "./avatar.js";
import { html, Icon } from "./html.js";
import { kindIcon } from "./sidebar.js";

/** Ctrl+K or Cmd+K: go to a room by a few letters of its name. */
export function Switcher({ chat, recent, onOpen }) {
  const dialog = useRef(null);
  const [query, setQuery] = useState("");
  const [place, setPlace] = useState(0);
  const found = switchTo([...chat.rooms.values()], recent, query);

  useLayoutEffect(() => {
    const press = (event) => {
      if (!asksForSwitcher(event)) return;
      event.preventDefault();
      if (dialog.current.open) dialog.current.close();
      else dialog.current.showModal();
      setQuery("");
      setPlace(0);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);

  const go = (room) => {
    dialog.current.close();
    onOpen(room.id);
  };
  const press = (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && found.length > 0) setPlace((place + steps[event.key] + found.length) % found.length);
    else if (event.key === "Enter" && found[place]) go(found[place]);
    else return;
    event.preventDefault();
  };
  const type = (event) => {
    setQuery(event.target.value);
    setPlace(0);
  };
  return html`<dialog class="switcher" ref=${dialog} aria-label=${words.switchRoom} onClick=${(event) => event.target === dialog.current && dialog.current.close()}>
    <input
      type="text"
      value=${query}
      placeholder=${words.switchRoom}
      aria-label=${words.switchRoom}
      role="combobox"
      aria-expanded=${found.length > 0}
      aria-controls="switcher-rooms"
      aria-activedescendant=${found[place] ? `switch-${found[place].id}` : undefined}
      onInput=${type}
      onKeyDown=${press}
      autofocus
    />
    ${found.length === 0 && html`<p class="muted" role="status">${words.noRoom}</p>`}
    <ul id="switcher-rooms" role="listbox" aria-label=${words.rooms} hidden=${found.length === 0}>
      ${found.map(
        (room, index) => html`<li key=${room.id} id=${`switch-${room.id}`} role="option" aria-selected=${index === place} onClick=${() => go(room)}>
          ${room.person ? html`<${Avatar} avatars=${chat.avatars} id=${room.person} name=${room.name} size="small" />` : html`<${Icon} name=${kindIcon(room)} />`} <span class="switcher-name">${room.name}</span>
          ${loudness(room).count > 0 && html`<span class="badge" data-mention=${loudness(room).isNamed || undefined}>${loudness(room).count}</span>`}
        </li>`,
      )}
    </ul>
  </dialog>`;
}
