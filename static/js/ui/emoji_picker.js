import { useEffect, useRef, useState } from "preact/hooks";
import { suggestEmoji } from "../suggest.js";
import { words } from "../words.js";
import { html } from "./html.js";

/** A grid of emoji with a search field, above or below what opened it; `emoji` is {all, quick}. Escape or a click elsewhere close it. */
export function EmojiPicker({ emoji, onPick, onClose, label, side = "above" }) {
  const [query, setQuery] = useState("");
  const box = useRef(null);
  useEffect(() => {
    box.current.querySelector("input").focus({ preventScroll: true });
    const elsewhere = (event) => box.current?.contains(event.target) || event.target.closest("[aria-expanded=true]") || onClose();
    document.addEventListener("pointerdown", elsewhere);
    return () => document.removeEventListener("pointerdown", elsewhere);
  }, []);
  const found = query.trim()
    ? suggestEmoji(emoji.all, query.trim().toLowerCase()).map((one) => one.label)
    : [...emoji.quick, ...Object.keys(emoji.all).filter((one) => !emoji.quick.includes(one))];
  const press = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onClose();
  };
  const search = (event) => {
    event.preventDefault();
    if (found.length > 0) onPick(found[0]);
  };
  return html`<div class="emoji-picker" data-side=${side} role="dialog" aria-label=${label} ref=${box} onKeyDown=${press} data-testid="emoji-picker">
    <form onSubmit=${search}>
      <input type="search" value=${query} placeholder=${words.findEmoji} aria-label=${words.findEmoji} onInput=${(event) => setQuery(event.target.value)} />
    </form>
    <div class="emoji-grid">
      ${found.map(
        (one) => html`<button type="button" key=${one} title=${emoji.all[one][0]} aria-label=${emoji.all[one][0]} onClick=${() => onPick(one)}>${one}</button>`,
      )}
      ${found.length === 0 && html`<p class="muted">${words.noEmoji}</p>`}
    </div>
  </div>`;
}
