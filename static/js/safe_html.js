/** The one place where server-rendered HTML enters the document; Trusted Types refuse every other. */
const policy = globalThis.trustedTypes?.createPolicy("chat-html", { createHTML: (html) => html });

/** Put a message's sanitised `html` into an element. */
export function setSafeHTML(element, html) {
  element.innerHTML = policy ? policy.createHTML(html) : html;
}
