/** The life of the socket: hello first, heartbeat, reconnect with full jitter. Knows frames, not rooms. */

const SUBPROTOCOL = "chat.v1";
export const CLOSE = { protocol: 4400, signedOut: 4401, forbidden: 4403, restarting: 4412 };
const FINAL = new Set([CLOSE.protocol, CLOSE.signedOut, CLOSE.forbidden]);
const FIRST_MS = 1_000;
const MOST_MS = 30_000;
/** A peer that says nothing for this many heartbeats is gone. */
const SILENT_BEATS = 2;

/** Full jitter: a random wait up to a bound that doubles with every try. */
export function reconnectDelay(tries, random = Math.random) {
  return random() * Math.min(MOST_MS, FIRST_MS * 2 ** tries);
}

export class Connection {
  state = "connecting";
  /** When the next try is due (ms since epoch), while offline. */
  retryAt = null;
  closeCode = null;
  #socket = null;
  #tries = 0;
  #timer = null;
  #beat = null;
  #heardAt = 0;
  #restarting = false;

  /** `hello()` makes the first frame; `onFrame(frame)` and `onState(connection)` are told of everything. */
  constructor({ url, hello, onFrame, onState, WebSocketClass = WebSocket, random = Math.random, now = Date.now }) {
    Object.assign(this, { url, hello, onFrame, onState, WebSocketClass, random, now });
  }

  open() {
    clearTimeout(this.#timer);
    this.retryAt = null;
    this.#become("connecting");
    const socket = new this.WebSocketClass(this.url, SUBPROTOCOL);
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify(this.hello()));
    socket.onmessage = (event) => this.#hear(socket, event.data);
    socket.onclose = (event) => this.#lost(socket, event.code);
  }

  /** Try at once: the network is back, or somebody looks at the page again. */
  wake() {
    if (this.state === "offline") {
      this.#tries = 0;
      this.open();
    }
  }

  /** Send a frame if the server has welcomed us. Returns whether it went out. */
  send(frame) {
    if (this.state !== "online") return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Drop the socket as a dead network would, and go on from there. */
  drop() {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.close();
    this.#lost(null, 1006);
  }

  #hear(socket, text) {
    if (socket !== this.#socket) return;
    this.#heardAt = this.now();
    const frame = JSON.parse(text);
    if (frame.type === "welcome") {
      this.#tries = 0;
      this.#restarting = false;
      this.#startBeating(frame.heartbeat_s * 1000);
      this.#become("online");
    } else if (frame.type === "restart") {
      this.#restarting = true;
    }
    this.onFrame(frame);
  }

  #startBeating(everyMs) {
    clearInterval(this.#beat);
    this.#beat = setInterval(() => {
      if (this.now() - this.#heardAt > everyMs * SILENT_BEATS) this.drop();
      else this.send({ type: "ping" });
    }, everyMs);
  }

  #lost(socket, code) {
    if (socket !== this.#socket) return;
    clearInterval(this.#beat);
    this.#socket = null;
    this.closeCode = code;
    if (FINAL.has(code)) {
      this.#become("stopped");
      return;
    }
    const delay = reconnectDelay(this.#restarting ? 0 : this.#tries, this.random);
    this.#tries += 1;
    this.retryAt = this.now() + delay;
    this.#timer = setTimeout(() => this.open(), delay);
    this.#become("offline");
  }

  #become(state) {
    this.state = state;
    this.onState(this);
  }
}
