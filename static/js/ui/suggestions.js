import { useState } from "preact/hooks";
import { EVERYBODY } from "../mentions.js";
import { recentFirst, replaced, suggestEmoji, suggestPeople, tokenAt } from "../suggest.js";
import { words } from "../words.js";
import { Avatar } from "./avatar.js";
import { html } from "./html.js";

/** Whom a message can name here; oneself least. */
function candidates(chat) {
  const others = chat.people.of(chat.roomId).filter((one) => one.id !== chat.me.id);
  const me = chat.people.of(chat.roomId).filter((one) => one.id === chat.me.id);
  return [...recentFirst(others, chat.store(chat.roomId).messages), { username: EVERYBODY, name: words.everybody }, ...me];
}

/**
 * Suggestions for what stands before the caret. Returns {list, press, look, close}: `press(event)` takes the keys that
 * are meant for the list and says whether it did; `look(text, caret)` follows the text.
 */
export function useSuggestions({ chat, choose }) {
  const [token, setToken] = useState(null);
  const [place, setPlace] = useState(0);
  const found = !token ? [] : token.kind === "@" ? suggestPeople(candidates(chat), token.query) : suggestEmoji(chat.emoji.all, token.query);
  const close = () => setToken(null);
  const look = (text, caret) => {
    const next = tokenAt(text, caret);
    if (next?.start !== token?.start || next?.query !== token?.query) setPlace(0);
    setToken(next);
  };
  const take = (index) => {
    choose((text, caret) => replaced(text, token.start, caret, found[index].insert));
    close();
  };
  const press = (event) => {
    if (found.length === 0) return false;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) setPlace((place + steps[event.key] + found.length) % found.length);
    else if (event.key === "Enter" || event.key === "Tab") take(place);
    else if (event.key === "Escape") close();
    else return false;
    event.preventDefault();
    return true;
  };
  const list =
    found.length > 0 &&
    html`<ul class="suggestions" role="listbox" id="suggestions" aria-label=${words.suggestions}>
      ${found.map(
        (one, index) => html`<li
          key=${one.insert}
          id=${`suggestion-${index}`}
          role="option"
          aria-selected=${index === place}
          onPointerDown=${(event) => (event.preventDefault(), take(index))}
        >
          ${one.id && html`<${Avatar} avatars=${chat.avatars} id=${one.id} name=${one.label} size="small" />`}<span>${one.label}</span> <span class="muted">${one.hint}</span>
        </li>`,
      )}
    </ul>`;
  return { list, press, look, close, active: found.length > 0 ? `suggestion-${place}` : undefined };
}
