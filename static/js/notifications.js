/**
 * What waits in rooms that nobody looks at, on the desktop: one notification a room, with its newest count, by the
 * room's level. Several that come together are one, and of several tabs one shows it. No DOM here.
 */
import { loudness } from "./loudness.js";
import { words } from "./words.js";

const SETTLES_MS = 1_500;
const HELD_MS = 5_000;
const TEXT_CHARACTERS = 120;

export class Notifications {
  #seen = new Map();
  #timers = new Map();
  #shown = new Map();

  /** `show({title, body, tag, room})` returns what can be closed; `isWatched(room)`: on screen, in a window with focus. */
  constructor({ show, isWatched, locks = null }) {
    Object.assign(this, { show, isWatched, locks });
  }

  /** Called whenever something has changed. What waited before the first call is no news. */
  follow(chat) {
    for (const room of chat.rooms.values()) {
      const { count } = loudness(room);
      const before = this.#seen.get(room.id) ?? count;
      this.#seen.set(room.id, count);
      if (count === 0) this.#withdraw(room.id);
      if (count > before && !this.#timers.has(room.id)) {
        this.#timers.set(room.id, setTimeout(() => this.#tell(chat, room.id), SETTLES_MS));
      }
    }
  }

  #withdraw(id) {
    this.#shown.get(id)?.close();
    this.#shown.delete(id);
  }

  #tell(chat, id) {
    this.#timers.delete(id);
    const room = chat.rooms.get(id);
    if (!room || loudness(room).count === 0 || this.isWatched(id)) return;
    this.#once(`chat.notice.${chat.me.id}.${id}.${room.seq}`, () => {
      this.#shown.set(id, this.show({ title: room.name, body: textOf(chat, room), tag: `room-${id}`, room: id }));
    });
  }

  /** In the first of the tabs that see the same; the others leave it alone for a while. */
  #once(name, work) {
    if (!this.locks) work();
    else {
      this.locks.request(name, { ifAvailable: true }, (lock) => {
        if (!lock) return undefined;
        work();
        return new Promise((resolve) => setTimeout(resolve, HELD_MS));
      });
    }
  }
}

/** What was said where this page knows it and it is one thing, else how much it is. */
function textOf(chat, room) {
  const { count } = loudness(room);
  if (room.level === "mentions") return words.mentionsOfYou(count);
  const newest = room.id === chat.roomId && count === 1 ? chat.store(room.id).messages.at(-1) : null;
  if (!newest || newest.deleted_at || newest.hidden_at || newest.sender.id === chat.me.id || chat.blocked.has(newest.sender.id)) return words.jump(count);
  return words.announced(newest.sender.name, newest.body.slice(0, TEXT_CHARACTERS));
}
