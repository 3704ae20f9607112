/**
 * The chat of this page: one connection, the rooms, the outbox. Frames come in, state changes, `onChange()` is told, or
 * `onHeard()` of what others do.
 * No DOM here.
 */
import { Avatars } from "./avatars.js";
import { BusyRooms } from "./busy_rooms.js";
import { Company } from "./company.js";
import { Connection } from "./connection.js";
import { counted } from "./counting.js";
import { loudness } from "./loudness.js";
import { Outbox } from "./outbox.js";
import { People } from "./people.js";
import { Quotes } from "./quotes.js";
import { hasReacted } from "./reactions.js";
import { RoomStore } from "./room_store.js";
import { uuid7 } from "./uuid7.js";
import { Waits } from "./waits.js";

const TYPING_SHOWN_MS = 6_000;
const TYPING_SENT_MS = 3_000;
const UNFINISHED_MOST = 1_000;
const REPEAT_MS = 15_000;
const FROM_OTHERS = new Set(["changes", "badges", "typing", "presence", "seen"]);

export class Chat {
  /** {id: standing} as in `welcome.rooms`, in the server's order. */
  rooms = new Map();
  stores = new Map();
  /** The room on screen, or null. */
  roomId = null;
  /** Names of who is writing: Map(room -> Map(user id -> {name, until})). */
  typing = new Map();
  waits = new Waits();
  /** Texts that were refused for now, on their way back into the composer: Map(room -> text). */
  #returned = new Map();
  /** From hello to `outcomes`: nothing new overtakes what has to be sent again. */
  #resuming = false;
  #typedAt = 0;
  #syncing = new Set();
  /** Rooms marked unread by hand: they stay so until they are opened again, or written to. */
  #keptUnread = new Set();

  /** `load` has `message(room, seq)`, `versions(room, seq)`, `journey(room, seq)`, `people(room)` and `avatars(ids)`: promises of what the API says. */
  constructor({ boot, keep, tab, url, load, onChange, onHeard = onChange, onMessages = () => {}, onRead = () => {}, onPermission = () => {}, now = Date.now, random = Math.random, connectionOptions = {} }) {
    Object.assign(this, { me: boot.user, limits: boot.limits, emoji: boot.emoji, load, onChange, onHeard, onMessages, onRead, onPermission, now, random });
    this.quotes = new Quotes({ load: (room, seq) => load.message(room, seq), onChange });
    this.people = new People({ load: (room) => load.people(room), onChange });
    this.avatars = new Avatars({ known: boot.avatars, load: (ids) => load.avatars(ids) });
    this.company = new Company({ send: (frame) => this.connection.send(frame), whom: () => this.#inView() });
    this.blocked = new Set(boot.blocked ?? []);
    this.hasNews = boot.news ?? false;
    for (const room of boot.rooms) this.rooms.set(room.id, room);
    this.outbox = new Outbox(keep, tab);
    this.busy = new BusyRooms({ outbox: this.outbox, hand: (entry) => this.#hand(entry), random: () => this.random() });
    if (boot.page) this.store(boot.room).open(boot.page, this.rooms.get(boot.room)?.seq ?? 0);
    this.roomId = boot.room;
    this.epoch = boot.epoch;
    this.connection = new Connection({
      url,
      hello: () => this.#hello(),
      onFrame: (frame) => this.#receive(frame),
      onState: () => this.onChange(),
      ...connectionOptions,
    });
  }

  get room() {
    return this.rooms.get(this.roomId) ?? null;
  }

  store(roomId) {
    if (!this.stores.has(roomId)) this.stores.set(roomId, new RoomStore(roomId));
    return this.stores.get(roomId);
  }

  /** Unread messages that are worth a number in the title: over all rooms. */
  get unread() {
    return [...this.rooms.values()].reduce((sum, room) => sum + loudness(room).count, 0);
  }

  typists(roomId) {
    const now = this.now();
    return [...(this.typing.get(roomId)?.values() ?? [])].filter((one) => one.until > now).map((one) => one.name);
  }

  /** Until when this room takes nothing from me (ms since epoch; 0: it does). */
  waitsUntil(roomId) {
    const muted = Date.parse(this.rooms.get(roomId)?.muted_until ?? "") || 0;
    return Math.max(this.waits.until(roomId), muted);
  }

  /** The text that this room has refused for now, once. */
  takeReturned(roomId) {
    const text = this.#returned.get(roomId);
    this.#returned.delete(roomId);
    return text;
  }

  /** A room of mine as the server says it is now. */
  take(room) {
    if (!this.rooms.has(room?.id)) return;
    if (this.rooms.get(room.id).members_version !== room.members_version) this.people.forget(room.id);
    this.rooms.set(room.id, room);
    this.onChange();
  }

  // What people do

  open(roomId) {
    this.#keptUnread.delete(roomId);
    this.roomId = roomId;
    this.connection.send({ type: "watch", rooms: this.#watched() });
    this.company.open(roomId);
    this.onChange();
  }

  /** Whose presence is on screen: partners of direct rooms, then who wrote last in the open one. */
  #inView() {
    const partners = [...this.rooms.values()].map((room) => room.person).filter(Boolean);
    const authors = this.roomId === null ? [] : this.store(this.roomId).messages.map((message) => message.sender.id);
    return [...new Set([...partners.slice(0, 50), ...authors.reverse()])];
  }

  /** A name for a user id, as far as this page has heard of it. */
  nameOf(userId) {
    if (userId === this.me.id) return this.me.name;
    const known = this.people.of(this.roomId).find((one) => one.id === userId);
    return known?.name ?? this.store(this.roomId).messages.findLast((one) => one.sender.id === userId)?.sender.name;
  }

  send(body, replyTo) {
    const reply = replyTo ? { reply_to: replyTo } : {};
    this.#keptUnread.delete(this.roomId);
    this.#command({ type: "send", client_id: uuid7(), room: this.roomId, body, ...reply });
  }

  /** Add my reaction, or take it back. */
  react(message, emoji, on) {
    const pending = this.outbox.reactionsTo(this.roomId, message.seq).filter(({ frame }) => frame.emoji === emoji);
    if (pending.length === 0 && hasReacted({ emoji, on }, message, this.me)) return;
    this.#command({ type: "react", client_id: uuid7(), room: this.roomId, seq: message.seq, emoji, on });
  }

  edit(message, body) {
    const { seq, rev } = message;
    this.#command({ type: "edit", client_id: uuid7(), room: this.roomId, seq, rev, body });
  }

  remove(message) {
    this.#command({ type: "delete", client_id: uuid7(), room: this.roomId, seq: message.seq });
  }

  retry(clientId) {
    const entry = this.outbox.retry(clientId, uuid7(), this.now());
    if (entry) this.#put(entry);
    this.onChange();
  }

  /** Entries of a tab that is gone. What is unfinished is asked for by the next hello: at once. */
  adopt(entries) {
    this.outbox.adopt(entries);
    if (this.connection.state === "online") {
      this.connection.drop();
      this.connection.wake();
    }
    this.onChange();
  }

  /** Put what was not sent back into the composer. */
  takeBack(clientId) {
    const entry = this.outbox.get(clientId);
    if (!entry || !this.outbox.isUnheard(entry)) return;
    this.outbox.remove(clientId);
    this.#giveBack(entry.frame);
    this.onChange();
  }

  discard(clientId) {
    this.outbox.remove(clientId);
    this.onChange();
  }

  /** Returns whether the server knows, or need not. */
  markRead(roomId, seq) {
    const room = this.rooms.get(roomId);
    if (!room || seq <= room.read || this.#keptUnread.has(roomId)) return true;
    return this.connection.send({ type: "read", room: roomId, seq });
  }

  /** Unread again from this message on, in all tabs, and here until the room is left. */
  markUnread({ seq }) {
    const room = this.rooms.get(this.roomId);
    if (!room) return;
    this.#keptUnread.add(room.id);
    if (seq > room.read) return;
    this.connection.send({ type: "read", room: room.id, seq: seq - 1, unread: true, was: room.read });
  }

  /** Another tab has read on; what the server says itself comes later and counts more. */
  readElsewhere({ room, seq, unread, mentions }) {
    const held = this.rooms.get(room);
    if (!held || seq <= held.read) return;
    this.#patch(room, { read: seq, unread, mentions });
    this.onChange();
  }

  /** Whether this room was marked unread by hand, and not opened since. */
  keepsUnread(roomId) {
    return this.#keptUnread.has(roomId);
  }

  nowTyping() {
    if (this.now() - this.#typedAt < TYPING_SENT_MS) return;
    this.#typedAt = this.now();
    this.connection.send({ type: "typing", room: this.roomId });
  }

  /** Add a page of history; asks for what changed since when it is older than what we hold. */
  addPage(roomId, page, options) {
    const store = this.store(roomId);
    if (store.addPage(page, options)) this.#sync(store);
    this.onChange();
  }

  #command(frame) {
    this.#put(this.outbox.add(frame, this.now()));
    this.onChange();
  }

  #put(entry) {
    if (this.outbox.get(entry.client_id) && !this.busy.holds(entry)) this.#hand(entry);
  }

  #hand(entry) {
    if (this.connection.state !== "online" || this.#resuming) return;
    this.connection.send(this.outbox.wire(entry, this.now()));
  }

  // What the server says

  #hello() {
    const held = [...this.stores.values()].filter((store) => store.rev > 0);
    const unfinished = this.outbox.unfinished.slice(0, UNFINISHED_MOST).map((entry) => entry.client_id);
    this.#resuming = unfinished.length > 0;
    return {
      type: "hello",
      epoch: this.epoch,
      rooms: Object.fromEntries(held.map((store) => [store.id, store.rev])),
      watch: this.#watched(),
      unfinished,
    };
  }

  #watched() {
    return this.roomId === null ? {} : { [this.roomId]: this.store(this.roomId).rev };
  }

  #receive(frame) {
    const handler = this.#handlers[frame.type];
    if (handler) handler(frame);
    this.busy.goOn();
    const isOthers = FROM_OTHERS.has(frame.type) && !frame.messages?.some((one) => one.sender.id === this.me.id);
    (isOthers ? this.onHeard : this.onChange)();
  }

  #handlers = {
    welcome: (frame) => this.#welcomed(frame),
    outcomes: (frame) => this.#resume(this.outbox.outcomes(frame)),
    accepted: (frame) => this.#accepted(frame),
    rejected: (frame) => this.#rejected(frame),
    changes: (frame) => this.#changed(frame),
    badges: (frame) => this.#badges(frame.rooms),
    read: (frame) => this.#read(frame),
    typing: (frame) => this.#typing(frame),
    presence: (frame) => this.company.receive(frame),
    seen: (frame) => this.company.receive(frame),
    notice: (frame) => this.#noticed(frame),
  };

  #welcomed(frame) {
    if (this.epoch !== frame.epoch) {
      this.stores.clear();
      this.connection.send({ type: "watch", rooms: {} });
      this.connection.send({ type: "watch", rooms: this.#watched() });
    }
    this.epoch = frame.epoch;
    this.#syncing.clear();
    this.rooms = new Map(frame.rooms.map((room) => [room.id, room]));
    this.company.greet(this.roomId);
    if (!this.#resuming) this.#resume(this.outbox.unfinished);
  }

  /** Hand over what is unfinished, in the order of writing. */
  #resume(entries) {
    this.#resuming = false;
    for (const entry of entries) this.#put(entry);
  }

  #accepted({ client_id: clientId }) {
    const frame = this.outbox.get(clientId)?.frame;
    this.outbox.accepted(clientId);
    const room = this.rooms.get(frame?.room);
    if (frame?.type === "send" && room?.slow_mode_s && room.role === "member") {
      this.waits.add(room.id, room.slow_mode_s, this.now());
    }
  }

  #rejected(rejection) {
    const entry = this.outbox.get(rejection.client_id);
    if (entry && Waits.isWait(rejection)) {
      this.waits.add(entry.frame.room, rejection.retry_after, this.now());
      if (entry.frame.type === "send") {
        this.outbox.remove(entry.client_id);
        this.#giveBack(entry.frame);
        return;
      }
    }
    if (entry && rejection.code === "busy" && rejection.retry_after) {
      this.busy.wait(entry, rejection.retry_after);
      return;
    }
    this.outbox.rejected(rejection);
  }

  #giveBack({ room, body }) {
    const before = this.#returned.get(room);
    this.#returned.set(room, before ? `${before}\n${body}` : body);
  }

  /** Send again what got no answer: the server never minds, and an answer may have been lost with its process. */
  repeatLate() {
    const late = this.outbox.unfinished.filter((entry) => this.now() - (entry.sentAt ?? this.now()) > REPEAT_MS);
    for (const entry of late) if (entry.state === "sending") this.#put(entry);
  }

  #changed(frame) {
    const store = this.store(frame.room);
    const standing = this.rooms.get(frame.room);
    const numbers = standing && counted(standing, frame, (seq) => store.get(seq), this.me);
    const result = store.apply(frame);
    if (result === "hole") this.#sync(store);
    if (result !== "applied") return;
    this.#syncing.delete(store.id);
    this.outbox.settle(frame.room, frame.messages, this.me);
    this.quotes.follow(frame);
    for (const message of frame.messages) this.typing.get(frame.room)?.delete(message.sender.id);
    this.#patch(frame.room, numbers);
    if (!frame.reset) this.onMessages(frame.room, frame.messages);
  }

  #sync(store) {
    if (this.#syncing.has(store.id)) return;
    if (this.connection.send({ type: "sync", room: store.id, after: store.rev })) this.#syncing.add(store.id);
  }

  #badges(rooms) {
    for (const [id, badge] of Object.entries(rooms)) this.#patch(Number(id), badge);
  }

  #read(frame) {
    this.#patch(frame.room, { read: frame.seq, unread: frame.unread, mentions: frame.mentions });
    this.onRead(frame);
  }

  #patch(roomId, fields) {
    const room = this.rooms.get(roomId);
    if (room) this.rooms.set(roomId, { ...room, ...fields });
  }

  #typing({ room, user }) {
    if (!this.typing.has(room)) this.typing.set(room, new Map());
    this.typing.get(room).set(user.id, { name: user.name, until: this.now() + TYPING_SHOWN_MS });
    setTimeout(() => this.onChange(), TYPING_SHOWN_MS);
  }

  #noticed(frame) {
    if (frame.code === "joined") this.rooms.set(frame.room.id, frame.room);
    if (frame.code === "moderation") this.hasNews = true;
    if (frame.code === "changed") this.take(frame.room);
    if (frame.code === "left") {
      this.rooms.delete(frame.room);
      this.stores.delete(frame.room);
    }
  }
}
