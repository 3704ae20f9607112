import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Scroller } from "../scroller.js";

/**
 * Where a timeline stands when its room is opened: at the message that was asked for, else at the first unread one, 30 %
 * from the top, else at the end. A room opened within the page waits for its messages.
 * After that it stands still while rows change. Called before the rows of this render are made; returns refs
 * {scroller, isPlaced}: nothing counts as seen before it is placed.
 */
export function useFirstPlace(list, { chat, store, history, readSeq, focus }) {
  const scroller = useRef(null);
  const isPlaced = useRef(false);
  /** Of the page around the first unread message, where it is not held: null, "asked" or "answered". */
  const [page, setPage] = useState(null);
  if (isPlaced.current) scroller.current.remember();
  const isFar = beginsFarUp(store, readSeq) && page !== "answered";
  const mayCome = readSeq !== null && focus === null && chat.connection.state !== "offline" && (isFar || store.newestSeq <= readSeq);
  useLayoutEffect(() => {
    scroller.current ??= new Scroller(list.current);
    if (isPlaced.current) {
      scroller.current.restore();
      return;
    }
    const row = list.current.querySelector("[data-focus=true]") ?? list.current.querySelector(".unread-line");
    if (row) scroller.current.toRow(row);
    else scroller.current.toBottom();
    isPlaced.current = row !== null || !mayCome;
  });
  useEffect(() => {
    if (isPlaced.current || !isFar || page !== null) return;
    setPage("asked");
    history.around(chat.roomId, readSeq + 1).then(() => setPage("answered"));
  });
  return { scroller, isPlaced };
}

/** Whether the first unread message is on an older page than what is held. */
function beginsFarUp(store, readSeq) {
  return readSeq !== null && store.newestSeq > readSeq && store.hasOlder && store.oldestSeq > readSeq + 1;
}
