import { useState } from "preact/hooks";
import { membersToShow, rightsOver } from "../members.js";
import { api } from "../page_api.js";
import { rightsIn } from "../rights.js";
import { words } from "../words.js";
import { Avatar } from "./avatar.js";
import { Confirm } from "./confirm.js";
import { html, Icon } from "./html.js";

/** Who is in the room: searched when there are many; opened, a row shows what may be done. */
export function Members({ chat, room, attempt }) {
  const [query, setQuery] = useState("");
  const [openId, setOpen] = useState(null);
  const members = chat.people.of(room.id);
  const { found, more, isSearched } = membersToShow(members, query);
  const refresh = () => chat.people.forget(room.id);
  return html`<section>
    <h3>${words.members(members.length)}</h3>
    ${rightsIn(room).add && html`<${Add} ...${{ chat, room, attempt, refresh }} />`}
    ${isSearched &&
    html`<input class="details-search" type="search" value=${query} placeholder=${words.findMember} aria-label=${words.findMember} onInput=${(event) => setQuery(event.target.value)} />`}
    <ul class="details-members" data-testid="members">
      ${found.map(
        (one) => html`<${Member} key=${one.id} member=${one} isOpen=${openId === one.id} onToggle=${() => setOpen(openId === one.id ? null : one.id)} ...${{ chat, room, attempt, refresh }} />`,
      )}
    </ul>
    ${found.length === 0 && query && html`<p class="muted">${words.noMember}</p>`}
    ${more > 0 && html`<p class="muted">${words.moreMembers(more)}</p>`}
  </section>`;
}

function Add({ chat, room, attempt, refresh }) {
  const [name, setName] = useState("");
  const add = async (event) => {
    event.preventDefault();
    const isDone = await attempt(() => api.change("POST", `rooms/${room.id}/members`, { username: name }));
    if (isDone) setName("");
    refresh();
  };
  return html`<form class="details-add" onSubmit=${add}>
    <input value=${name} placeholder=${words.addByName} aria-label=${words.addByName} autocapitalize="none" autocomplete="off" required onInput=${(event) => setName(event.target.value)} />
    <button type="submit">${words.add}</button>
  </form>`;
}

function Member({ member, isOpen, onToggle, ...given }) {
  const { chat, room } = given;
  const may = rightsOver(room, member, chat.me);
  const isPlain = may.roles.length === 0 && !may.remove;
  const who = html`<${Avatar} avatars=${chat.avatars} id=${member.id} name=${member.name} />
    <span class="details-who"><strong>${member.name}</strong> <span class="muted">@${member.username}</span></span>
    ${member.role !== "member" && html`<span class="details-role">${words.roles[member.role]}</span>`}`;
  if (isPlain) return html`<li class="details-member">${who}</li>`;
  return html`<li>
    <button type="button" class="details-member" aria-expanded=${isOpen} onClick=${onToggle}>${who}<${Icon} name="more" /></button>
    ${isOpen && html`<${MemberActions} member=${member} may=${may} onDone=${onToggle} ...${given} />`}
  </li>`;
}

function MemberActions({ member, may, chat, room, attempt, refresh, onDone }) {
  const [isAsking, ask] = useState(false);
  const act = async (work) => {
    if (await attempt(work)) onDone();
    refresh();
  };
  const give = (role) => act(() => api.change("PATCH", `rooms/${room.id}/members`, { username: member.username, role }));
  const remove = () => {
    ask(false);
    act(() => api.change("DELETE", `rooms/${room.id}/members?username=${encodeURIComponent(member.username)}`));
  };
  return html`<div class="details-actions">
    ${may.roles.map((role) => html`<button type="button" key=${role} onClick=${() => give(role)}>${words.makeRole[role]}</button>`)}
    ${may.remove && html`<button type="button" class="danger" onClick=${() => ask(true)}>${words.putOut}</button>`}
    ${isAsking &&
    html`<${Confirm} title=${words.putOutTitle(member.name)} text=${words.putOutWarning} action=${words.putOut} onDo=${remove} onClose=${() => ask(false)} />`}
  </div>`;
}
