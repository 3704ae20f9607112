import { html } from "./html.js";

/** What the pages say that a message links to. */
export function Previews({ previews }) {
  if (!previews?.length) return null;
  return html`<ul class="previews">
    ${previews.map(
      ({ url, title, description, site }) => html`<li key=${url} class="preview" data-testid="preview">
        <p class="preview-site">${site}</p>
        <a href=${url} target="_blank" rel="noopener noreferrer nofollow" dir="auto">${title}</a>
        ${description && html`<p class="preview-description" dir="auto">${description}</p>`}
      </li>`,
    )}
  </ul>`;
}
