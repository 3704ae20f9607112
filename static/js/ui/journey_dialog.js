import { useEffect, useState } from "preact/hooks";
import { timeZone } from "../language.js";
import { locale } from "../times.js";
import { words } from "../words.js";
import { Dialog, DialogButtons } from "./dialog.js";
import { html } from "./html.js";

/** To the millisecond. */
const exact = new Intl.DateTimeFormat(locale, { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });

/** What became of one's own message: accepted, in the log, stored, announced, read. What the log has forgotten is left out. */
export function JourneyDialog({ chat, message, onClose }) {
  const [journey, setJourney] = useState(undefined);
  useEffect(() => {
    let isOpen = true;
    chat.load.journey(chat.roomId, message.seq).then((found) => isOpen && setJourney(found));
    return () => (isOpen = false);
  }, []);
  return html`<${Dialog} title=${words.journey} onClose=${onClose} testid="journey-dialog">
    ${journey === null && html`<p class="muted">${words.loadFailed}</p>`}
    ${journey && html`<${Stations} chat=${chat} journey=${journey} />`}
    <${DialogButtons} onClose=${onClose} />
  <//>`;
}

function Stations({ chat, journey }) {
  const { accepted, logged, stored, told, read } = words.stations;
  const names = journey.readers.map((id) => chat.nameOf(id)).filter(Boolean);
  return html`<dl class="journey">
      <${Station} name=${accepted} at=${journey.accepted_at} />
      <${Station} name=${logged} at=${journey.log?.at} place=${journey.log} />
      <${Station} name=${stored} at=${journey.stored_at} />
      <${Station} name=${told} at=${journey.told?.at} place=${journey.told} />
      <div>
        <dt>${read}</dt>
        <dd>${words.readBy(journey.read, journey.others)}</dd>
        ${names.length > 0 && html`<dd class="muted"><strong>${names.join(", ")}</strong></dd>`}
      </div>
    </dl>
    ${journey.log_is_away && html`<p class="muted">${words.loadFailed}</p>`}`;
}

/** `place`: where it stands in the log, as topic/partition/offset. */
function Station({ name, at, place }) {
  if (!at) return null;
  return html`<div>
    <dt>${name}</dt>
    <dd><time dateTime=${at}>${exact.format(new Date(at))}</time></dd>
    ${place && html`<dd class="muted"><code>${place.topic}/${place.partition}/${place.offset}</code></dd>`}
  </div>`;
}
