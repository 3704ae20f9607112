/** Whether somebody is at this page: idle after five minutes without input, and while nobody sees it. */
export const IDLE_MS = 5 * 60_000;
const INPUT = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart"];

export class IdleClock {
  isHidden = false;
  #isIdle = false;
  #touchedAt;

  constructor({ onIdle, now = Date.now }) {
    Object.assign(this, { onIdle, now });
    this.#touchedAt = now();
  }

  touch() {
    this.#touchedAt = this.now();
    if (this.#isIdle) this.look();
  }

  /** Tell when it has changed. */
  look() {
    const isIdle = this.isHidden || this.now() - this.#touchedAt >= IDLE_MS;
    if (isIdle === this.#isIdle) return;
    this.#isIdle = isIdle;
    this.onIdle(isIdle);
  }
}

/** Follow this page; `onIdle(isIdle)` is called whenever that changes. */
export function followPage(onIdle) {
  const clock = new IdleClock({ onIdle });
  const see = () => {
    clock.isHidden = document.visibilityState === "hidden";
    if (clock.isHidden) clock.look();
    else clock.touch();
  };
  for (const kind of INPUT) addEventListener(kind, () => clock.touch(), { passive: true, capture: true });
  document.addEventListener("visibilitychange", see);
  setInterval(() => clock.look(), 10_000);
  see();
}
