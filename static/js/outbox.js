/**
 * Commands that are not finished: kept in order, over reloads, until their effect came in `changes` or they were
 * refused. States: sending (handed to the socket, or waiting for one), accepted (the log has it), failed.
 */
import { hasReacted } from "./reactions.js";

export const LATE_MS = 10_000;

export class Outbox {
  #entries = new Map();

  /** `keep` writes entries down (keep.js), `tab` is the name of who sends them (tabs.js). */
  constructor(keep, tab = "") {
    this.keep = keep;
    this.tab = tab;
  }

  /** Take entries over that were written down before. UUIDv7: the order of ids is the order of writing. */
  adopt(entries) {
    for (const entry of entries) this.#entries.set(entry.client_id, entry);
    this.#entries = new Map([...this.#entries].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  get entries() {
    return [...this.#entries.values()];
  }

  get unfinished() {
    return this.entries.filter((entry) => entry.state !== "failed");
  }

  get(clientId) {
    return this.#entries.get(clientId);
  }

  inRoom(room) {
    return this.entries.filter((entry) => entry.frame.room === room);
  }

  /** A refused edit or deletion of a message: nothing that was written may vanish without a word. */
  failedChange(room, seq) {
    return this.inRoom(room).find((entry) => entry.frame.seq === seq && entry.state === "failed");
  }

  /** My reactions to a message that are on their way, in order. */
  reactionsTo(room, seq) {
    return this.inRoom(room).filter(({ frame, state }) => frame.type === "react" && frame.seq === seq && state !== "failed");
  }

  /** Keep a command frame until it is finished. */
  add(frame, now) {
    const entry = { client_id: frame.client_id, frame, state: "sending", at: now, tried: false, tab: this.tab };
    this.#entries.set(entry.client_id, entry);
    this.#save(entry);
    return entry;
  }

  /** The frame to put on the wire now; from the second time on it says so. */
  wire(entry, now) {
    const frame = entry.tried ? { ...entry.frame, again: true } : entry.frame;
    entry.tried = true;
    entry.sentAt = now;
    this.#save(entry);
    return frame;
  }

  accepted(clientId) {
    this.#change(clientId, (entry) => {
      if (entry.state === "sending") entry.state = "accepted";
    });
  }

  rejected({ client_id: clientId, code, message, final, retry_after: retryAfter }) {
    this.#change(clientId, (entry) => {
      Object.assign(entry, { state: "failed", code, message, final: Boolean(final), retryAfter });
      // Nothing was stored: the same id may be tried as if for the first time. A final refusal spends it.
      entry.tried = Boolean(final);
    });
  }

  /**
   * Nothing of this was stored, nor of what was said behind it in its room: the server refuses that as well. All of it
   * will be sent as if for the first time.
   */
  postpone(first) {
    const { sentAt } = first;
    for (const entry of this.inRoom(first.frame.room)) {
      const isBehind = isSaid(entry) && entry.state === "sending" && entry.sentAt >= sentAt;
      if (entry !== first && !isBehind) continue;
      Object.assign(entry, { tried: false, sentAt: undefined });
      this.#save(entry);
    }
  }

  /** What the server says became of unfinished commands. Returns those that have to be sent again, in order. */
  outcomes(byId) {
    const again = [];
    for (const entry of this.unfinished) {
      const outcome = byId[entry.client_id];
      if (!outcome || outcome.state === "pending") again.push(entry);
      else if (outcome.state === "stored") this.remove(entry.client_id);
      else this.rejected({ client_id: entry.client_id, code: outcome.code, final: true });
    }
    return again;
  }

  /** Finish what these messages show to have happened; `me` is whose outbox this is. */
  settle(room, messages, me) {
    for (const message of messages) {
      this.remove(message.client_id);
      for (const { client_id: clientId, frame } of this.inRoom(room)) {
        if (frame.seq === message.seq && hasHappened(frame, message, me)) this.remove(clientId);
      }
    }
  }

  /** Try a failed command once more; a refused one needs `newId`. */
  retry(clientId, newId, now) {
    const entry = this.#entries.get(clientId);
    if (!entry) return null;
    if (!entry.final) {
      Object.assign(entry, { state: "sending", at: now, code: undefined, message: undefined });
      this.#save(entry);
      return entry;
    }
    this.remove(clientId);
    return this.add({ ...entry.frame, client_id: newId }, now);
  }

  /** Whether an entry surely has no effect, and will have none once it is removed. */
  isUnheard({ state, tried }) {
    return state === "failed" || !tried;
  }

  remove(clientId) {
    this.#entries.delete(clientId);
    this.keep.remove(clientId);
  }

  #change(clientId, change) {
    const entry = this.#entries.get(clientId);
    if (!entry) return;
    change(entry);
    this.#save(entry);
  }

  #save(entry) {
    this.keep.put(entry);
  }
}

/** What is said in a room has an order; reactions and deletions have none. */
export function isSaid({ frame: { type } }) {
  return type === "send" || type === "edit";
}

function hasHappened(frame, message, me) {
  if (frame.type === "delete") return Boolean(message.deleted_at);
  if (frame.type === "react") return hasReacted(frame, message, me);
  return message.rev > frame.rev;
}
