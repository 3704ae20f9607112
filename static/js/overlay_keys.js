/** The keys that open what lies over the page. Pure. */

/** Ctrl or Cmd with K: the switcher. */
export function asksForSwitcher({ key, ctrlKey, metaKey, altKey }) {
  return key.toLowerCase() === "k" && (ctrlKey || metaKey) && !altKey;
}

/** "?" where nobody is writing, Ctrl or Cmd with "/" anywhere: the list of shortcuts. */
export function asksForShortcuts({ key, ctrlKey, metaKey, altKey, isComposing }, isWriting) {
  if (isComposing || altKey) return false;
  return ctrlKey || metaKey ? key === "/" : key === "?" && !isWriting;
}
