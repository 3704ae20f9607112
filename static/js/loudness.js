/** How loudly a room says that something waits there, by what its member wants to be told of. Pure. */

/** {isBold, count, isNamed}: whether its name stands out, the number beside it, whether the mention mark shows. */
export function loudness(room) {
  if (room.level === "nothing") return { isBold: false, count: 0, isNamed: false };
  const isNamed = room.mentions > 0;
  if (room.level === "mentions") return { isBold: isNamed, count: room.mentions, isNamed };
  return { isBold: room.unread > 0, count: room.unread, isNamed };
}
