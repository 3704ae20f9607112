/** The browser's part of notifications: may we, and showing one. Asked for only after a click. */
import { Notifications } from "./notifications.js";

/** "granted", "denied", "default", or "none" where the browser has none. */
export function permission() {
  return globalThis.Notification?.permission ?? "none";
}

/** Follows a chat from now on. `open(room)` leads to a room. */
export function notify(chat, open) {
  const show = ({ title, body, tag, room }) => {
    const shown = new Notification(title, { body, tag, lang: document.documentElement.lang });
    shown.onclick = () => {
      window.focus();
      shown.close();
      open(room);
    };
    return shown;
  };
  const isWatched = (room) => room === chat.roomId && document.visibilityState === "visible" && document.hasFocus();
  const notifications = new Notifications({ show, isWatched, locks: navigator.locks });
  notifications.follow(chat);
  return notifications;
}
