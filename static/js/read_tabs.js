/**
 * The tabs of one person in one browser tell each other how far was read: at once, also where a socket is away or the
 * server sheds it. Only ever further; who goes back asks the server, which tells them all.
 */
export class ReadTabs {
  #channel;

  /** `onRead({room, seq, unread, mentions})` is called for what another tab knows. */
  constructor({ user, onRead, open = (name) => new BroadcastChannel(name) }) {
    this.#channel = open(`chat.read.${user}`);
    this.#channel.onmessage = ({ data }) => onRead(data);
  }

  /** Hand on a `read` frame of the server. */
  tellRead({ room, seq, unread, mentions }) {
    this.#channel.postMessage({ room, seq, unread, mentions });
  }
}
