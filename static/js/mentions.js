/** Whom a text names, as the server reads it (messaging/wire/mentions.py). Pure. */
const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]*`/gu;
const NAME = /(?<![\p{L}\p{N}_@./+-])@([\p{L}\p{N}_.+-]{1,150})/gu;
/** Names everybody in the room. */
export const EVERYBODY = "room";
/** From so many people on it is asked whether all of them are meant. */
const MANY = 15;

/** Names as written, each with what it is without a full stop at its end. */
function names(body) {
  return [...body.replace(CODE, " ").matchAll(NAME)].map(([, name]) => [name, name.replace(/[.+-]+$/u, "")]);
}

function isEverybody(spellings) {
  return spellings.some((name) => name.toLowerCase() === EVERYBODY);
}

/** How many people are told when this is sent, if that is worth asking about: many, and by `@room`; else 0. */
export function crowd(body, people, most) {
  const isMany = people.length > MANY && people.length <= most;
  return isMany && names(body).some(isEverybody) ? people.length - 1 : 0;
}

/** Whether `@room` is written where there are too many people for it. */
export function isTooLarge(body, people, most) {
  return people.length > most && names(body).some(isEverybody);
}

/** Names of nobody in the room, as written. `people` as [{username}]; with nobody known nothing is said. */
export function strangers(body, people) {
  if (people.length === 0 || !body.includes("@")) return [];
  const members = new Set(people.map((one) => one.username.toLowerCase()));
  const isKnown = (spellings) => isEverybody(spellings) || spellings.some((name) => members.has(name.toLowerCase()));
  return [...new Set(names(body).filter((spellings) => !isKnown(spellings)).map(([, name]) => name))].filter(Boolean);
}
