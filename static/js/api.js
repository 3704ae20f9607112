/** Changes over HTTP: what the server says, or why not, in words for people. No DOM. */
export class Api {
  /** `token` is the page's CSRF token; `lost` what is said when the server cannot be reached. */
  constructor({ base, token, lost, request = (...given) => fetch(...given) }) {
    Object.assign(this, { base, token, lost, request });
  }

  /** The answer of a change (`body` as JSON); throws an Error whose message can be shown. */
  async change(method, path, body) {
    const headers = { "X-CSRFToken": this.token, ...(body && { "Content-Type": "application/json" }) };
    return this.#answer(path, { method, headers, body: body && JSON.stringify(body) });
  }

  /** What stands under a path; throws likewise. */
  async read(path) {
    return this.#answer(path, {});
  }

  async #answer(path, options) {
    let answer;
    try {
      answer = await this.request(this.base + path, options);
    } catch {
      throw new Error(this.lost);
    }
    const content = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(content.message ?? this.lost);
    return content;
  }
}
