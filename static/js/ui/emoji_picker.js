import { useEffect, useRef, useState } from "preact/hooks";
import { gridStep } from "../grid_keys.js";
import { suggestEmoji } from "../suggest.js";
import { words } from "../words.js";
import { html } from "./html.js";

const COLUMNS = 8;

/** One stop for Tab, arrows from there; down from the search field into the grid, up again at its first row. */
function walk(event, box) {
  const cells = [...box.querySelectorAll(".emoji-grid button")];
  const at = cells.indexOf(event.target);
  const isSearch = at < 0;
  if (isSearch && event.key !== "ArrowDown") return;
  const to = isSearch ? 0 : gridStep(event.key, at, cells.length, COLUMNS);
  if (to === null || cells.length === 0) return;
  event.preventDefault();
  (event.key === "ArrowUp" && to === at ? box.querySelector("input") : cells[to]).focus();
}

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
    // Its keys are not those of the message below it.
    event.stopPropagation();
    if (event.key === "Escape") onClose();
    else walk(event, box.current);
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
        (one, index) => html`<button type="button" tabindex=${index === 0 ? 0 : -1} key=${one} title=${emoji.all[one][0]} aria-label=${emoji.all[one][0]} onClick=${() => onPick(one)}>${one}</button>`,
      )}
      ${found.length === 0 && html`<p class="muted">${words.noEmoji}</p>`}
    </div>
  </div>`;
}
