/** What somebody may do in a room, as far as its page offers it; the server decides. Pure. */
export const RANKS = { member: 0, moderator: 1, owner: 2 };

/** `room` is a standing: mine. */
export function rightsIn(room) {
  const isPlace = room.kind !== "direct";
  const leads = isPlace && RANKS[room.role] > 0;
  const owns = isPlace && room.role === "owner";
  return {
    change: leads && !room.archived,
    archive: owns,
    add: isPlace && !room.archived && (leads || room.kind === "public"),
    invite: leads && !room.archived,
    giveRoles: owns,
    leave: isPlace,
    write: !room.archived && (!room.announcements || RANKS[room.role] > 0),
  };
}
