import { useLayoutEffect, useState } from "preact/hooks";
import { asksForShortcuts } from "../overlay_keys.js";
import { SHORTCUTS } from "../shortcuts.js";
import { words } from "../words.js";
import { Dialog, DialogButtons } from "./dialog.js";
import { html } from "./html.js";

const IS_APPLE = /Mac|iPhone|iPad/u.test(navigator.platform);

function Keys({ keys }) {
  return keys.map((key) => html`<kbd>${key === "Ctrl" && IS_APPLE ? "⌘" : key}</kbd>`);
}

/** What the keyboard can do: a list over the page, for "?" and Ctrl+/. */
export function Shortcuts() {
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  useLayoutEffect(() => {
    const press = (event) => {
      const isWriting = event.target instanceof Element && event.target.matches("input, textarea, select");
      if (!asksForShortcuts(event, isWriting) || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      setOpen(true);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  if (!isOpen) return null;
  return html`<${Dialog} title=${words.shortcuts} onClose=${close} testid="shortcuts">
    <dl class="shortcuts">
      ${SHORTCUTS.map(
        ([name, ...ways]) => html`<div key=${name}>
          <dt>${words.shortcutNames[name] ?? words.formats[name]}</dt>
          ${ways.map((keys) => html`<dd><${Keys} keys=${keys} /></dd>`)}
        </div>`,
      )}
    </dl>
    <${DialogButtons} onClose=${close} />
  <//>`;
}
