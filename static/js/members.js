/** The members of a room: what may be done to them, and which of them are shown. Pure. */
import { RANKS, rightsIn } from "./rights.js";

const SEARCH_FROM = 9;
const SHOWN_MOST = 100;

/** What may be done to a member: the roles they can get, and whether they can be put out. */
export function rightsOver(room, member, me) {
  const rights = rightsIn(room);
  const isMe = member.id === me.id;
  const leads = room.kind !== "direct" && RANKS[room.role] > RANKS[member.role];
  return {
    roles: rights.giveRoles ? Object.keys(RANKS).filter((role) => role !== member.role) : [],
    remove: leads && !isMe,
  };
}

/** Owners first, then moderators; `found` are those that match and are shown, `more` how many others match. */
export function membersToShow(members, query = "") {
  const wanted = query.trim().toLocaleLowerCase();
  const matching = members.filter((one) => `${one.name}\n${one.username}`.toLocaleLowerCase().includes(wanted));
  const ranked = matching.toSorted((one, other) => RANKS[other.role] - RANKS[one.role]);
  return {
    found: ranked.slice(0, SHOWN_MOST),
    more: Math.max(0, ranked.length - SHOWN_MOST),
    isSearched: members.length >= SEARCH_FROM,
  };
}
