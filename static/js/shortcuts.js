/** All keys there are, for the overlay that lists them. Pure. */
import { FORMATS } from "./formatting.js";

/** [name in words.shortcutNames or words.formats, keys]; "Ctrl" is shown as "⌘" where that is the key. */
export const SHORTCUTS = [
  ["shortcuts", ["?"], ["Ctrl", "/"]],
  ["switcher", ["Ctrl", "K"]],
  ["send", ["Enter"]],
  ["line", ["Shift", "Enter"]],
  ["editLast", ["↑"]],
  ["leave", ["Esc"]],
  ["messages", ["Shift", "Tab"], ["Enter"]],
  ["walk", ["↑"], ["↓"]],
  ["reply", ["R"]],
  ["edit", ["E"]],
  ["journey", ["I"]],
  ["unread", ["U"]],
  ["remove", ["Delete"]],
  ...FORMATS.filter((one) => one.key).map((one) => [one.name, ["Ctrl", one.key.toUpperCase()]]),
];
