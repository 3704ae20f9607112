import { useEffect, useState } from "preact/hooks";
import { words } from "../words.js";
import { html } from "./html.js";

/** Nothing while all is well or settles at once; else what is wrong, and what comes next. */
const QUIET_MS = 600;

export function Banner({ connection }) {
  const [now, setNow] = useState(Date.now());
  const [isLong, setLong] = useState(false);
  const isOnline = connection.state === "online";
  useEffect(() => {
    setLong(false);
    if (isOnline) return undefined;
    const timer = setTimeout(() => setLong(true), QUIET_MS);
    const clock = setInterval(() => setNow(Date.now()), 250);
    return () => {
      clearTimeout(timer);
      clearInterval(clock);
    };
  }, [isOnline]);
  if (isOnline || (!isLong && connection.state !== "stopped")) return null;
  const seconds = Math.max(0, Math.ceil(((connection.retryAt ?? now) - now) / 1000));
  return html`<div class="connection-banner" role="status" data-testid="connection-banner">
    ${connection.state === "stopped" && words.stopped}
    ${connection.state === "connecting" && words.connecting}
    ${connection.state === "offline" &&
    html`${words.offline(seconds)} <button type="button" class="link" onClick=${() => connection.wake()}>${words.tryNow}</button>`}
  </div>`;
}
