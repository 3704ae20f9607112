/** Which rooms a switcher offers for what was typed. Pure. */
const MOST = 12;

/**
 * `rooms` as standings; `recent` room ids, the newest first. Without a query: what waits, then where one was, then the
 * rest; with one, those whose name has its letters in order, the closest first.
 */
export function switchTo(rooms, recent, query) {
  const wanted = query.trim().toLowerCase();
  const scored = rooms.map((room) => ({ room, score: wanted ? closeness(room.name.toLowerCase(), wanted) : 0 }));
  return scored
    .filter(({ score }) => score !== null)
    .sort((one, other) => one.score - other.score || urgency(one.room, recent) - urgency(other.room, recent))
    .slice(0, MOST)
    .map(({ room }) => room);
}

/** 0: begins with it; 1: a word does; 2: contains it; above: how far its letters lie apart; null: not all are there. */
function closeness(name, wanted) {
  if (name.startsWith(wanted)) return 0;
  if (name.split(/[\s_-]+/u).some((word) => word.startsWith(wanted))) return 1;
  if (name.includes(wanted)) return 2;
  let at = -1;
  let apart = 3;
  for (const letter of wanted) {
    const next = name.indexOf(letter, at + 1);
    if (next < 0) return null;
    apart += at < 0 ? 0 : next - at - 1;
    at = next;
  }
  return apart;
}

function urgency(room, recent) {
  if (room.mentions > 0) return -2;
  if (room.unread > 0) return -1;
  const place = recent.indexOf(room.id);
  return place < 0 ? recent.length : place;
}
