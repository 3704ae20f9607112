/** What lies over the page, opened by keys: beside the panes, for a phone hides the sidebar in a room with all in it. */
import { html } from "./html.js";
import { Shortcuts } from "./shortcuts.js";
import { Switcher } from "./switcher.js";

export function Overlays(props) {
  return html`<${Switcher} ...${props} /><${Shortcuts} />`;
}
