/** What a composer suggests while somebody writes `@name` or `:emoji`. Pure. */
const MOST = 8;
const TOKEN = /(?:^|[\s(])([@:])([\p{L}\p{N}_.+-]*)$/u;
const EMOJI_NAME = /:([a-z0-9+_-]+):$/;

/** The token that ends at the caret: {kind: "@" | ":", query, start}, or null. An emoji needs a letter first. */
export function tokenAt(text, caret) {
  const found = TOKEN.exec(text.slice(0, caret));
  if (!found || (found[1] === ":" && found[2] === "")) return null;
  return { kind: found[1], query: found[2].toLowerCase(), start: caret - found[2].length - 1 };
}

/** `people` as [{id, username, name}]; those whose name begins with the query come first. */
export function suggestPeople(people, query) {
  const rank = ({ username, name }) => {
    const names = [username.toLowerCase(), ...name.toLowerCase().split(/\s+/u)];
    if (names.some((one) => one.startsWith(query))) return 0;
    return names.some((one) => one.includes(query)) ? 1 : 2;
  };
  return ranked(people, rank).map(({ id, username, name }) => ({ id, insert: `@${username} `, label: name, hint: `@${username}` }));
}

/** Those who spoke last come first, the others stay as they are. `messages` in the order of writing. */
export function recentFirst(people, messages) {
  const spoke = new Map(messages.map((message) => [message.sender.id, message.seq]));
  return [...people].sort((one, other) => (spoke.get(other.id) ?? 0) - (spoke.get(one.id) ?? 0));
}

/** `emoji` as {emoji: [names]}. */
export function suggestEmoji(emoji, query) {
  const rank = ([, names]) => {
    if (names[0].startsWith(query)) return 0;
    return names.some((name) => name.startsWith(query)) ? 1 : 2;
  };
  return ranked(Object.entries(emoji), rank).map(([one, names]) => ({ insert: `${one} `, label: one, hint: `:${names[0]}:` }));
}

/** Candidates of rank 0 and 1, in that order. */
function ranked(candidates, rank) {
  const found = candidates.map((one) => [rank(one), one]).filter(([place]) => place < 2);
  return found.sort(([one], [other]) => one - other).slice(0, MOST).map(([, one]) => one);
}

/** `:tada:` just finished before the caret becomes its emoji: {text, caret}, or null. */
export function finishedEmoji(emoji, text, caret) {
  const found = EMOJI_NAME.exec(text.slice(0, caret));
  if (!found) return null;
  const match = Object.entries(emoji).find(([, names]) => names[0] === found[1]);
  return match ? replaced(text, caret - found[0].length, caret, match[0]) : null;
}

/** `text` with what stands from `start` to `end` replaced: {text, caret}. */
export function replaced(text, start, end, insert) {
  return { text: text.slice(0, start) + insert + text.slice(end), caret: start + insert.length };
}
