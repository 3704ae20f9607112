import { useEffect, useState } from "preact/hooks";
import { api } from "../page_api.js";
import { rightsIn } from "../rights.js";
import { fullTime } from "../times.js";
import { words } from "../words.js";
import { html } from "./html.js";

const DAYS = 7;

/** Links that let people in: made, copied and revoked by those who may. */
export function Invites({ chat, room, attempt }) {
  const [invites, setInvites] = useState([]);
  const mayInvite = rightsIn(room).invite;
  const path = `rooms/${room.id}/invites`;
  const load = () => attempt(async () => setInvites((await api.read(path)).invites));
  useEffect(() => {
    if (mayInvite) load();
  }, [room.id, mayInvite]);
  if (!mayInvite) return null;
  const make = async () => (await attempt(() => api.change("POST", path, { days: DAYS, most_uses: null }))) && load();
  const revoke = async (one) => (await attempt(() => api.change("DELETE", `${path}/${one.id}`))) && load();
  return html`<section data-testid="invites">
    <h3>${words.invites}</h3>
    <ul class="details-invites">
      ${invites.map((one) => html`<${Invite} key=${one.id} invite=${one} onRevoke=${() => revoke(one)} />`)}
    </ul>
    <button type="button" onClick=${make}>${words.makeInvite(DAYS)}</button>
  </section>`;
}

function Invite({ invite, onRevoke }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    if (!navigator.clipboard) return; // only where the page came over TLS; the link can be chosen by hand
    await navigator.clipboard.writeText(invite.url);
    setCopied(true);
  };
  return html`<li>
    <input readonly value=${invite.url} aria-label=${words.inviteLink} onFocus=${(event) => event.target.select()} />
    <p class="muted">${words.inviteUses(invite.uses)}${invite.expires_at && ` · ${words.inviteUntil(fullTime(new Date(invite.expires_at)))}`}</p>
    <button type="button" class="link" onClick=${copy}>${isCopied ? words.copied : words.copy}</button>
    <button type="button" class="link" onClick=${onRevoke}>${words.revoke}</button>
  </li>`;
}
