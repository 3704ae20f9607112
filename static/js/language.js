/** Which language and time zone the page is in: the server says so on <html>; in Node it is English and the machine's zone. */
const root = globalThis.document?.documentElement;

export const language = root?.lang || "en";
export const timeZone = known(root?.dataset.zone);
export const isChinese = (tag) => /^zh\b/iu.test(tag);

/** The zone's name; undefined (the browser's own) for one that this browser does not know. */
function known(zone) {
  try {
    return zone && new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** `english` with what `other` says instead. A key that `other` lacks stays English; one that is unknown is left out. */
export function translated(english, other) {
  for (const key of Object.keys(english)) {
    if (typeof other[key] === typeof english[key]) english[key] = other[key];
  }
  return english;
}
