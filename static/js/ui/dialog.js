import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { words } from "../words.js";
import { html } from "./html.js";

/**
 * A modal `<dialog>` while it is rendered. Escape and a click beside it close it. Focus goes back to where it was, or to
 * what `backTo(dialog)` gives: for when the button that opened it is about to go.
 */
export function Dialog({ title, onClose, children, testid, backTo }) {
  const box = useRef(null);
  const before = useRef(document.activeElement);
  // Before the next frame: an Escape pressed at once is the dialog's.
  useLayoutEffect(() => {
    const dialog = box.current;
    const back = backTo ? backTo(dialog) : before.current;
    dialog.showModal();
    return () => {
      dialog.close(); // what lies below an open one takes no focus
      back?.focus({ preventScroll: true });
    };
  }, []);
  const beside = (event) => event.target === box.current && onClose();
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  // Keys of the dialog are no keys of the row below it.
  const press = (event) => event.stopPropagation();
  return html`<dialog class="dialog" ref=${box} aria-label=${title} data-testid=${testid} onCancel=${cancel} onPointerDown=${beside} onKeyDown=${press}>
    <div class="dialog-body">
      <h2>${title}</h2>
      ${children}
    </div>
  </dialog>`;
}

/** The buttons at its end; what does nothing comes first and has the focus. */
export function DialogButtons({ onClose, children }) {
  const first = useRef(null);
  useEffect(() => first.current.focus(), []);
  return html`<p class="dialog-buttons">
    <button type="button" ref=${first} onClick=${onClose}>${children ? words.cancel : words.close}</button>
    ${children}
  </p>`;
}
