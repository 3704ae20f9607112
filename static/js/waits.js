/** Rooms that take nothing from this person for a while: slow mode, too many messages, a mute. Times in ms. */
const WAITING = new Set(["rate_limited", "slow_mode", "muted"]);

export class Waits {
  #until = new Map();

  /** Whether a rejection only asks for patience: then its text belongs back into the composer. */
  static isWait({ code, retry_after: retryAfter, final }) {
    return WAITING.has(code) && retryAfter > 0 && !final;
  }

  add(room, seconds, now) {
    this.#until.set(room, Math.max(this.until(room), now + seconds * 1000));
  }

  until(room) {
    return this.#until.get(room) ?? 0;
  }
}
