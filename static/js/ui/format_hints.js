import { useEffect, useRef } from "preact/hooks";
import { FORMATS, sample } from "../formatting.js";
import { words } from "../words.js";
import { html } from "./html.js";

/** How messages are formatted; a click does it to what is selected. Escape or a click elsewhere close it. */
export function FormatHints({ onFormat, onClose }) {
  const box = useRef(null);
  useEffect(() => {
    const elsewhere = (event) => box.current?.contains(event.target) || event.target.closest("[aria-expanded=true]") || onClose();
    box.current.querySelector("button").focus({ preventScroll: true });
    document.addEventListener("pointerdown", elsewhere);
    return () => document.removeEventListener("pointerdown", elsewhere);
  }, []);
  const press = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onClose();
  };
  return html`<div class="format-hints" role="dialog" aria-label=${words.formatting} ref=${box} onKeyDown=${press} data-testid="format-hints">
    ${FORMATS.map(
      (format) => html`<button type="button" key=${format.name} onClick=${() => onFormat(format)}>
        <span>${words.formats[format.name]}</span>
        <code>${sample(format, words.formatWord)}</code>
        ${format.key && html`<kbd>Ctrl ${format.key.toUpperCase()}</kbd>`}
      </button>`,
    )}
    <p class="muted">${words.formatKeys}</p>
  </div>`;
}
