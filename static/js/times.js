/** Times in the page's language and the reader's zone: the one of the profile, else the browser's. */
import { language, timeZone } from "./language.js";
import { words } from "./words.js";

// English as the reader's browser has it (en-GB, en-US), when that is English at all.
export const locale = globalThis.navigator?.languages?.find((tag) => tag.split("-")[0] === language.split("-")[0]) ?? language;
const calendar = new Intl.DateTimeFormat("en-CA", { timeZone });
const clock = new Intl.DateTimeFormat(locale, { timeZone, hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(locale, { timeZone, weekday: "long", day: "numeric", month: "long" });
const full = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: "full", timeStyle: "medium" });

export const clockTime = (date) => clock.format(date);
/** For the narrow rail beside a row: without AM and PM, which the head of its group says. */
export const railTime = (date) =>
  clock
    .formatToParts(date)
    .filter((part) => part.type !== "dayPeriod")
    .map((part) => part.value)
    .join("")
    .trim();
export const fullTime = (date) => full.format(date);

/** Equal for two moments of one day in the reader's zone. */
export const dayKey = (moment) => calendar.format(moment);

export function dayName(date, now = new Date()) {
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (dayKey(date) === dayKey(now)) return words.today;
  if (dayKey(date) === dayKey(yesterday)) return words.yesterday;
  return day.format(date);
}
