/** Messages by keyboard: Enter on the timeline goes to the lowest one in sight, arrows walk, Escape goes back to writing. */
const STEPS = { ArrowUp: -1, ArrowDown: 1 };

/** For the timeline around the messages. */
export function walkMessages(event) {
  const { target, currentTarget: timeline, key } = event;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const rows = [...timeline.querySelectorAll(".message")];
  const at = rows.indexOf(target);
  let next = null;
  if (target === timeline && key === "Enter") next = lowestInSight(rows, timeline);
  else if (at >= 0 && key in STEPS) next = rows[at + STEPS[key]];
  else if (at >= 0 && key === "Escape") next = document.querySelector("[data-testid=composer]");
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  if (at >= 0 || target === timeline) next.scrollIntoView({ block: "nearest" });
}

function lowestInSight(rows, timeline) {
  const { bottom } = timeline.getBoundingClientRect();
  return rows.findLast((row) => row.getBoundingClientRect().bottom <= bottom + 1) ?? rows.at(-1);
}

/** What a key does to the message that has the focus; `actions` by key, null where it may not be done. */
export function actOnMessage(event, actions) {
  const action = actions[event.key];
  if (!action || event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action();
}
