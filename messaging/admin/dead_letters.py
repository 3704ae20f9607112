from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from messaging.admin.read_only import ReadOnlyAdmin
from messaging.bridge.dead_letters import ask_replay, discard
from messaging.models import DeadLetter
from messaging.wire.records import UndecodableRecord, parse_command

DUMP_BYTES = 512


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    """Records that could not be applied: to look at, to replay once their cause is mended, or to discard."""

    list_display = ("id", "reason", "kind", "origin", "appeared_at", "tries", "state", "decided_by")
    list_display_links = ("id", "reason")
    list_filter = ("state",)
    list_select_related = ("decided_by",)
    search_fields = ("reason",)
    ordering = ("-id",)
    fields = (
        "reason", "origin", "group", "appeared_at", "tries", "state", "decided_by", "decided_at", "preview", "original",
    )  # fmt: skip
    actions = ("replay", "throw_away")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("messaging.change_deadletter")

    @admin.display(description=_("kind"))
    def kind(self, letter: DeadLetter) -> str:
        try:
            return type(parse_command(bytes(letter.value))).__name__
        except UndecodableRecord:
            return "?"

    @admin.display(description=_("content"))
    def preview(self, letter: DeadLetter) -> str:
        """What can be read of it, without the body of a message: private rooms are not an operator's to read."""
        try:
            command = parse_command(bytes(letter.value))
        except UndecodableRecord as why:
            return str(why)
        shown = {name: getattr(command, name) for name in command.__struct_fields__ if name not in ("body", "html")}
        lines = [f"{name}: {value}" for name, value in shown.items()]
        if hasattr(command, "body"):
            lines.append(_("body: %(count)d characters") % {"count": len(command.body)})
        return "\n".join(map(str, lines))

    @admin.display(description=_("original bytes"))
    def original(self, letter: DeadLetter) -> str:
        value = bytes(letter.value)
        key = "-" if letter.original_key is None else letter.original_key[:64].hex(" ")
        size = _("%(count)d bytes") % {"count": len(value)}
        if self.kind(letter) != "?":
            return f"{size}; key {key}"
        return Truncator(f"{size}; key {key}; {value[:DUMP_BYTES].hex(' ')}").chars(DUMP_BYTES * 3 + 100)

    @admin.action(description=_("Replay the selected dead letters"), permissions=["decide"])
    def replay(self, request: HttpRequest, chosen: QuerySet[DeadLetter]) -> None:
        count = ask_replay(chosen, request.user)  # type: ignore[arg-type]
        done = ngettext("%(count)d dead letter is replayed.", "%(count)d dead letters are replayed.", count)
        self._tell(request, count, done)

    @admin.action(description=_("Discard the selected dead letters"), permissions=["decide"])
    def throw_away(self, request: HttpRequest, chosen: QuerySet[DeadLetter]) -> None:
        count = discard(chosen, request.user)  # type: ignore[arg-type]
        done = ngettext("%(count)d dead letter is discarded.", "%(count)d dead letters are discarded.", count)
        self._tell(request, count, done)

    @staticmethod
    def _tell(request: HttpRequest, count: int, done: Any) -> None:
        if count:
            messages.success(request, done % {"count": count})
        else:
            messages.warning(request, _("None of them was waiting: somebody has decided already."))
