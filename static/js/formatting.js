/** Marks around what is selected, or at the beginning of its lines. Pure. */
export const FORMATS = [
  { name: "bold", around: "**", key: "b" },
  { name: "italic", around: "*", key: "i" },
  { name: "struck", around: "~~" },
  { name: "code", around: "`" },
  { name: "quote", before: "> " },
  { name: "list", before: "- " },
];

/** How a format is written, around a word. */
export function sample({ around, before }, word) {
  return around ? around + word + around : before + word;
}

/** The text with a format put on what stands from `start` to `end`, or taken off it: {text, start, end}. */
export function formatted(text, start, end, format) {
  return format.around ? wrapped(text, start, end, format.around) : prefixed(text, start, end, format.before);
}

function wrapped(text, start, end, mark) {
  const chosen = text.slice(start, end);
  const size = mark.length;
  if (text.slice(start - size, start) === mark && text.slice(end, end + size) === mark) {
    return { text: text.slice(0, start - size) + chosen + text.slice(end + size), start: start - size, end: end - size };
  }
  return { text: text.slice(0, start) + mark + chosen + mark + text.slice(end), start: start + size, end: end + size };
}

function prefixed(text, start, end, mark) {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const lines = text.slice(from, end).split("\n");
  const marked = lines.map((line) => mark + line).join("\n");
  return { text: text.slice(0, from) + marked + text.slice(end), start: start + mark.length, end: from + marked.length };
}
