import { words } from "../words.js";
import { html } from "./html.js";

/** Somebody's report was decided, or a moderator says something: where to read it. */
export function ModerationNews() {
  return html`<p class="moderation-news" role="status">${words.moderationNews} <a href="/reports/">${words.readNews}</a></p>`;
}
