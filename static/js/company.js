/** Who is there, and who has read how far: what the server says of the people on screen. No DOM here. */
const ASK_EVERY_MS = 1_000;
const MOST = 100;

export class Company {
  #send;
  #whom;
  /** user id -> "active", "idle" or "offline". */
  #states = new Map();
  #asked = "";
  #timer = null;
  #isIdle = false;
  #room = null;
  /** Of that room: user id -> the seq up to which they have read. */
  #read = new Map();

  /** `send(frame)` as a connection's; `whom()` gives the ids of the people on screen, the most wanted first. */
  constructor({ send, whom }) {
    this.#send = send;
    this.#whom = whom;
  }

  /** Undefined: nobody has told. */
  stateOf(userId) {
    return this.#states.get(userId);
  }

  /** Those who have read up to this message of the open room, without who wrote it and without me. */
  readersOf(message, me) {
    const seen = [...this.#read].filter(([, seq]) => seq >= message.seq);
    return seen.map(([id]) => id).filter((id) => id !== me.id && id !== message.sender.id);
  }

  /** A new socket knows nothing: say it all again. */
  greet(room) {
    this.#asked = "";
    if (this.#isIdle) this.#send({ type: "presence", idle: true });
    this.open(room);
    this.look();
  }

  open(room) {
    this.#room = room;
    this.#read.clear();
    if (room !== null) this.#send({ type: "seen", room });
  }

  /** Ask for those who are on screen, when they are others than before; at most once a second. */
  look() {
    if (this.#timer === null) this.#ask();
  }

  setIdle(isIdle) {
    this.#isIdle = isIdle;
    this.#send({ type: "presence", idle: isIdle });
  }

  receive(frame) {
    if (frame.type === "presence") for (const [id, state] of Object.entries(frame.people)) this.#states.set(Number(id), state);
    if (frame.type === "seen" && frame.room === this.#room) {
      this.#read = new Map(Object.entries(frame.people).map(([id, seq]) => [Number(id), seq]));
    }
  }

  #ask() {
    this.#timer = null;
    const people = this.#whom().slice(0, MOST);
    const key = people.toSorted((one, other) => one - other).join();
    if (key === this.#asked || !this.#send({ type: "presence", people })) return;
    this.#asked = key;
    this.#timer = setTimeout(() => this.#ask(), ASK_EVERY_MS);
  }
}
