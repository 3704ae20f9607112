"""Nothing that people write becomes a script, wherever it is shown: in real Chromium, with our own corpus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import chromium, complaints, open_room, see, signed_in, watched_context, write
from tests.e2e.hostile import BODIES, LINKS, MARKUP, NAMES
from tests.stack.client import ChatClient
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

# People and rooms with hostile names and topics, ada in every room; each has said something in the first of them.
WORLD = """
import json
from uuid import uuid4
from accounts.models import Block, User
from messaging.actions import outbox
from messaging.actions.rooms import create_room
from messaging.models import DeadLetter, Membership
from messaging.wire.commands import SendMessage
from messaging.wire.markdown import render
names = json.loads({names!r})
ada = User.objects.get(username="ada")
rooms = [create_room(ada, name, kind="public", topic=name) for name in names]
Membership.objects.filter(user=ada, room__in=rooms[-3:]).delete()
people = [User.objects.create(username=f"h{{n}}", name=name) for n, name in enumerate(names)]
Membership.objects.bulk_create([Membership(room=rooms[0], user=person) for person in people])
for person in people:
    said = SendMessage(client_id=uuid4(), room=rooms[0].pk, sender=person.pk, body=person.name, html=render(person.name))
    outbox.submit(said)
Block.objects.create(by=ada, person=people[0])
for n, name in enumerate(names):
    DeadLetter.objects.create(
        group=name, topic=name, partition=1, offset=n, value=name.encode(), accepted_ms=1, reason=name
    )
print(json.dumps([rooms[0].pk, people[1].pk, DeadLetter.objects.first().pk]))
"""

# Whatever a page must not have in it, as text to read: empty when all is well.
FOUND = """() => [...document.querySelectorAll('*')].flatMap((element) => {
  const found = [...element.attributes].filter((one) => /^(on|srcdoc|ping|formaction)/i.test(one.name));
  for (const name of ['href', 'src', 'action', 'xlink:href']) {
    const value = element.getAttribute(name);
    if (value && !/^(https?:|mailto:|\\/(?!\\/)|[?#.]|$)/i.test(value) && !element.matches('link')) found.push({ name, value });
  }
  const where = element.closest('.message-body');
  const tags = /^(A|BLOCKQUOTE|BR|BUTTON|CODE|DEL|DIV|EM|HR|LI|OL|P|PRE|S|SPAN|STRONG|TABLE|TBODY|TD|TH|THEAD|TR|UL)$/;
  if (where && !tags.test(element.tagName)) found.push({ name: element.tagName, value: 'in a body' });
  if (/^(IFRAME|OBJECT|EMBED|BASE|MATH|TEMPLATE)$/.test(element.tagName)) found.push({ name: element.tagName, value: '' });
  return found.map((one) => `${element.tagName}: ${one.name}=${one.value}`);
})"""


@pytest.fixture(scope="module")
def hostile_world(
    tmp_path_factory: pytest.TempPathFactory, embedded_template: Path
) -> Iterator[tuple[EmbeddedStack, list[int]]]:
    """The deployment, and ids: of the room where all speak, of a person, of a dead letter."""
    stack = EmbeddedStack(tmp_path_factory.mktemp("hostile"), embedded_template)
    try:
        printed = stack.run("shell", "-v", "0", "-c", WORLD.format(names=json.dumps(NAMES)))
        stack.start_web()
        yield stack, json.loads(printed.splitlines()[-1])
    finally:
        stack.end()


async def check(page: Page) -> None:
    """Nothing ran, nothing was reported, nothing stands in the page that could."""
    assert complaints == [], page.url
    assert await page.evaluate(FOUND) == [], page.url


async def test_the_corpus_bites_where_nothing_is_done_against_it() -> None:
    assert len(set(BODIES)) >= 150
    assert max(map(len, NAMES)) <= 60, "as long as the shortest of the names they stand for"
    async with chromium() as browser:
        page = await (await watched_context(browser)).new_page()
        await page.set_content("<p>A page without any policy.</p>")
        frame = "text => document.body.append(Object.assign(document.createElement('iframe'), { srcdoc: text }))"
        for payload in MARKUP:
            await page.evaluate(frame, payload)
        await page.wait_for_timeout(500)
        assert len([one for one in complaints if one.startswith("alert")]) > len(MARKUP) * 0.6
        assert await page.evaluate(FOUND) != []
        complaints.clear()


async def test_hostile_bodies_run_nothing(hostile_world: tuple[EmbeddedStack, list[int]]) -> None:
    """As drafts of the one who writes, as they arrive at the other, and as the page brings them."""
    stack, _ = hostile_world
    async with chromium() as browser:
        context, ada = await signed_in(browser, stack.url, "ada")
        _, bo = await signed_in(browser, stack.url, "bo")
        await open_room(ada, stack.url)
        await open_room(bo, stack.url)
        await context.set_offline(True)
        await ada.wait_for_selector("[data-testid=connection-banner]")
        for payload in BODIES:
            await write(ada, payload)
        await expect(ada.locator("[data-testid=message][data-state=sending]")).to_have_count(len(BODIES))
        await check(ada)
        await context.set_offline(False)
        await write(ada, "the end of the hostile bodies")
        for page in (ada, bo):
            await page.locator("[data-testid=message][data-state=sent]", has_text="the end of the hostile").wait_for()
            await check(page)
        await open_room(ada, stack.url)
        await see(ada, "the end of the hostile bodies")
        await check(ada)


async def test_what_is_quoted_edited_pasted_or_reacted_with_runs_nothing(
    hostile_world: tuple[EmbeddedStack, list[int]],
) -> None:
    stack, _ = hostile_world
    async with ChatClient(stack, "bo", room=2) as bo, chromium() as browser:
        options = {"permissions": ["clipboard-read", "clipboard-write"]}
        _, ada = await signed_in(browser, stack.url, "ada", **options)
        await open_room(ada, stack.url, room=2)
        for number, payload in enumerate((MARKUP[0], MARKUP[10], LINKS[17])):
            await bo.say(f"{payload} {number}?")
            await see(ada, f"{number}?")
            said = ada.locator("[data-testid=message]").last
            await said.hover()
            await said.get_by_label("Reply", exact=True).click()
            await write(ada, payload)
            await ada.locator("[data-testid=message][data-state=sent] .quote").last.wait_for()
            await ada.press("[data-testid=composer]", "ArrowUp")
            await write(ada, f"{payload} again")
            await ada.locator(".message-edited").last.click()
            await ada.get_by_test_id("versions-dialog").get_by_text("alert").first.wait_for()
            await check(ada)
            await ada.keyboard.press("Escape")
        markup = "".join(MARKUP[:60])
        await ada.evaluate("text => navigator.clipboard.writeText(text)", markup)
        await ada.focus("[data-testid=composer]")
        await ada.keyboard.press("Control+V")
        assert len(await ada.input_value("[data-testid=composer]")) > 1000
        await ada.keyboard.press("Enter")
        await expect(ada.locator("[data-testid=message][data-state=sent]").last).to_contain_text("background=x")
        for emoji in NAMES[:3]:
            client_id = str(uuid4())
            await bo.write(type="react", client_id=client_id, room=2, seq=1, emoji=emoji, on=True)
            await bo.until(lambda wanted=client_id: wanted in bo.rejected, "the refusal of what is no emoji")
        await check(ada)


async def test_hostile_names_and_topics_run_nothing(hostile_world: tuple[EmbeddedStack, list[int]]) -> None:
    stack, (room, _, _) = hostile_world
    async with chromium() as browser:
        _, ada = await signed_in(browser, stack.url, "ada")
        await open_room(ada, stack.url, room)
        await expect(ada.locator("[data-testid=message]")).to_have_count(len(NAMES))
        await check(ada)
        await ada.keyboard.press("Control+k")
        await ada.fill(".switcher input", "a")
        await ada.get_by_role("option").first.wait_for()
        await check(ada)
        await ada.keyboard.press("Escape")
        await ada.focus("[data-testid=composer]")
        await ada.keyboard.type("@h")
        await ada.locator("#suggestions [role=option]").first.wait_for()
        await check(ada)
        await ada.keyboard.press("Escape")
        await write(ada, f"@h3 {NAMES[1]}")
        await see(ada, f"@h3 {NAMES[1]}")
        await check(ada)
        for path in ("/rooms/", f"/rooms/{room}/people/", "/accounts/profile/", f"/rooms/{room}/2/"):
            await ada.goto(f"{stack.url}{path}")
            await check(ada)


async def test_hostile_texts_run_nothing_in_the_admin(hostile_world: tuple[EmbeddedStack, list[int]]) -> None:
    stack, (room, person, letter) = hostile_world
    paths = [
        "accounts/user/", f"accounts/user/{person}/change/", f"accounts/user/?q={NAMES[0]}", "messaging/room/",
        f"messaging/room/{room}/change/", "messaging/message/", "messaging/message/9/change/", "messaging/deadletter/",
        f"messaging/deadletter/{letter}/change/", "messaging/sanction/add/", "messaging/sanction/",
    ]  # fmt: skip
    async with chromium() as browser:
        _, admin = await signed_in(browser, stack.url, "admin")
        for path in paths:
            answer = await admin.goto(f"{stack.url}/admin/{path}")
            assert answer is not None
            assert answer.status == 200, path
            await check(admin)
        await admin.goto(f"{stack.url}/admin/messaging/deadletter/")
        await admin.check("#action-toggle")
        await admin.select_option("select[name=action]", "throw_away")
        await admin.click("button[name=index]")
        await admin.locator(".messagelist").wait_for()
        await check(admin)
