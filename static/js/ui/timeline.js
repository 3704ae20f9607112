import { Component } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { shownBy } from "../row_memory.js";
import { makeRows } from "../rows.js";
import { Reader } from "../reader.js";
import { dayName } from "../times.js";
import { words } from "../words.js";
import { SeenBy } from "./company.js";
import { useFirstPlace } from "./first_place.js";
import { html, Icon } from "./html.js";
import { Message } from "./message.js";
import { walkMessages } from "./message_keys.js";

export function Timeline({ chat, history, focus, onEdit, onReply }) {
  const list = useRef(null);
  const store = chat.store(chat.roomId);
  // Where the "new messages" line stands; it stays there while one reads on.
  const [readSeq, setReadSeq] = useState(() => (chat.room?.unread > 0 ? chat.room.read : null));
  const [seenSeq, setSeen] = useState(readSeq ?? store.newestSeq);
  const [reader] = useState(() => new Reader((seq) => chat.markRead(store.id, seq)));
  const now = useClock(chat);
  const pending = chat.outbox.inRoom(chat.roomId).filter((entry) => entry.frame.type === "send");
  const mine = new Set(store.messages.map((message) => message.client_id));
  const unshown = pending.filter((entry) => !mine.has(entry.client_id));
  const rows = makeRows(store.messages, unshown, { readSeq, me: chat.me });

  const newest = store.isLive && unshown.length === 0 ? store.messages.at(-1) : null;
  const seenBy = newest && !newest.deleted_at ? chat.company.readersOf(newest, chat.me) : [];
  const { scroller, isPlaced } = useFirstPlace(list, { chat, store, history, readSeq, focus });
  useImagesKeepThePlace(list, scroller);

  const look = () => {
    if (!isPlaced.current) return;
    const at = scroller.current;
    at.remember();
    store.follows = at.isAtBottom && store.isLive;
    if (at.isNearTop) history.older(chat.roomId);
    if (at.isNearEnd && !store.isLive) history.newer(chat.roomId);
    const isAtEnd = at.isAtBottom && store.isLive;
    if (isAtEnd) setSeen(store.newestSeq);
    if (document.visibilityState === "visible" && document.hasFocus()) reader.seen(isAtEnd ? store.newestSeq : at.lowestSeq);
  };
  useEffect(look, [store.oldestSeq, store.newestSeq, chat.connection.state]);
  useEffect(() => {
    addEventListener("focus", look);
    return () => removeEventListener("focus", look);
  });
  useLineForWhoComesBack(chat, setReadSeq);
  useEffect(() => () => reader.flush(), []);

  const below = store.messages.filter((message) => message.seq > seenSeq && message.sender.id !== chat.me.id).length;
  const isAway = scroller.current && (!scroller.current.isAtBottom || !store.isLive);
  const jump = async () => {
    if (!store.isLive) await history.latest(chat.roomId);
    scroller.current.toBottom();
    look();
  };
  const jumpTo = (seq) => {
    const row = list.current.querySelector(`[data-seq="${seq}"]`);
    if (!row) {
      location.assign(`/rooms/${chat.roomId}/${seq}/`);
      return;
    }
    scroller.current.toRow(row);
    row.dataset.flash = "true";
    row.addEventListener("animationend", () => delete row.dataset.flash, { once: true });
    row.focus({ preventScroll: true });
  };
  const markUnread = (message) => {
    chat.markUnread(message);
    setReadSeq(message.seq - 1);
  };
  useOwnSendGoesToTheEnd(unshown, jump);
  return html`<div class="timeline" ref=${list} onScroll=${look} onKeyDown=${walkMessages} tabindex="0" role="region" aria-label=${chat.room.name}>
      ${store.hasOlder && html`<p class="timeline-edge">${words.loadingOlder}</p>`}
      ${rows.length === 0 &&
      html`<div class="timeline-empty"><h2>${words.empty}</h2><p>${words.emptyHint}</p></div>`}
      <ol class="messages">
        ${rows.map((row) => html`<${Row} key=${row.key} ...${{ chat, row, now, onEdit, onReply, onUnread: markUnread, onJump: jumpTo, focus }} />`)}
      </ol>
      <div class="timeline-foot"><${SeenBy} chat=${chat} people=${seenBy} /></div>
    </div>
    ${isAway &&
    (below > 0 || !store.isLive) &&
    html`<button type="button" class="jump" onClick=${jump}>
      <${Icon} name="down" /> ${below > 0 ? words.jump(below) : words.jumpToLatest}
    </button>`}`;
}

function Row({ row, focus, ...rest }) {
  if (row.kind === "day") return html`<li class="day-line" data-key=${row.key}><span>${dayName(row.date)}</span></li>`;
  if (row.kind === "unread") return html`<li class="unread-line" data-key="unread"><span>${words.newMessages}</span></li>`;
  return html`<${MessageRow} row=${row} isFocus=${focus !== null && row.message.seq === focus} ...${rest} />`;
}

/**
 * Most of what happens, happens elsewhere: only rows that show something else are rendered. (What `useMemo` keeps would
 * keep the whole list of its time: a list a message, for as long as the row stands.)
 */
class MessageRow extends Component {
  shouldComponentUpdate(next) {
    const shown = shownBy(next.chat, next.row, next);
    if (shown.every((one, place) => one === this.shown[place])) return false;
    this.shown = shown;
    return true;
  }

  render(props) {
    this.shown ??= shownBy(props.chat, props.row, props);
    return html`<${Message} ...${props} />`;
  }
}

/** A clock that ticks only while something waits. */
function useClock(chat) {
  const [now, setNow] = useState(Date.now());
  const waits = chat.outbox.entries.length > 0;
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [waits]);
  return now;
}

/** What came while this window was away stands below a line, when all before it had been read. */
function useLineForWhoComesBack(chat, setReadSeq) {
  useEffect(() => {
    let hadReadAll = false;
    const leave = () => (hadReadAll = chat.room?.unread === 0);
    const comeBack = () => hadReadAll && chat.room?.unread > 0 && setReadSeq(chat.room.read);
    addEventListener("blur", leave);
    addEventListener("focus", comeBack);
    return () => {
      removeEventListener("blur", leave);
      removeEventListener("focus", comeBack);
    };
  }, []);
}

function useOwnSendGoesToTheEnd(pending, jump) {
  const last = pending.at(-1)?.client_id;
  const shown = useRef(last);
  useLayoutEffect(() => {
    if (last && last !== shown.current) jump();
    shown.current = last;
  }, [last]);
}

/** Whatever grows after it was laid out must not push away what is being read. */
function useImagesKeepThePlace(list, scroller) {
  const observer = useMemo(() => new ResizeObserver(() => scroller.current?.restore()), []);
  useEffect(() => {
    observer.observe(list.current);
    observer.observe(list.current.querySelector(".messages"));
    return () => observer.disconnect();
  }, []);
}
