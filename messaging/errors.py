"""Everything that can go wrong in a way a person or program is told about.

    ChatError
    ├── FrameError           the frame was wrong; answered by `error`, the socket lives
    │   ├── BadJson
    │   ├── UnknownType
    │   └── InvalidFrame
    ├── Rejection            the command was understood and refused; answered by `rejected`
    │   ├── NotMember  Muted  Banned  Archived  RateLimited  SlowMode  TooLong  Empty
    │   ├── Filtered  NotFound  Forbidden  EditWindow  Busy  Invalid  Handled  Held
    │   └── ReadOnly  LastOwner
    └── Closing              the socket ends with a close code (wire/close_codes.py)

The docstring of a class is its default message, in the language that is active where it is
raised; `code` is what programs read, `http_status` what HTTP answers.
"""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext

NEVER_YEAR = 9999


class ChatError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 400

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        self.message = message or gettext(inspect.cleandoc(type(self).__doc__ or ""))
        self.retry_after = retry_after
        super().__init__(self.message)


class FrameError(ChatError):
    """This frame could not be understood."""


class BadJson(FrameError):
    """This frame is not JSON."""

    code = "bad_json"


class UnknownType(FrameError):
    """There is no frame of this type."""

    code = "unknown_type"


class InvalidFrame(FrameError):
    """A field of this frame is missing or has the wrong type."""

    code = "invalid"


class Rejection(ChatError):
    """This cannot be done."""

    until: datetime | None = None
    """When it may be tried again, for those who have long to wait."""

    client_id: UUID = UUID(int=0)
    """Set where the frame could not be made into a command but named its `client_id`."""


class NotMember(Rejection):
    """Join this room before you write in it."""

    code, http_status = "not_member", 403


class Muted(Rejection):
    """You are muted: you can read, but not write."""

    code, http_status = "muted", 403

    def __init__(self, message: str | None = None, *, until: datetime | None = None) -> None:
        """`until` is when it ends; far away for a mute without an end."""
        super().__init__(message)
        if until is not None and until.year < NEVER_YEAR:
            self.until = until
            self.retry_after = round(max(0.0, (until - datetime.now(UTC)).total_seconds()), 1)


class Banned(Rejection):
    """You may not take part here."""

    code, http_status = "banned", 403


class Archived(Rejection):
    """This room is archived; it can be read but not changed."""

    code, http_status = "archived", 409


class RateLimited(Rejection):
    """That was too fast. Wait a moment and send it again."""

    code, http_status = "rate_limited", 429


class SlowMode(Rejection):
    """This room is in slow mode. Wait a moment and send it again."""

    code, http_status = "slow_mode", 429


class TooLong(Rejection):
    """A message has at most 4,000 characters."""

    code = "too_long"


class Empty(Rejection):
    """There is nothing in this message."""

    code = "empty"


class Filtered(Rejection):
    """This message contains something that is not allowed here."""

    code, http_status = "filtered", 422


class NotFound(Rejection):
    """There is no such room or message."""

    code, http_status = "not_found", 404


class Forbidden(Rejection):
    """You are not allowed to do that."""

    code, http_status = "forbidden", 403


class EditWindow(Rejection):
    """This message can no longer be edited."""

    code, http_status = "edit_window", 409


class ReadOnly(Rejection):
    """Only owners and moderators write in this room."""

    code, http_status = "read_only", 403


class LastOwner(Rejection):
    """A room needs an owner. Make somebody else an owner first."""

    code, http_status = "last_owner", 409


class Busy(Rejection):
    """The chat is busy. Your message was not sent; try again in a moment."""

    code, http_status = "busy", 503


class Handled(Rejection):
    """Somebody else has handled this already."""

    code, http_status = "handled", 409


class Held(Rejection):
    """This message waits until a moderator has looked at it."""

    code, http_status = "held", 409

    def __init__(self, command: Any = None, filter_id: int = 0) -> None:
        """`command` is what was to be sent; whoever catches this keeps it."""
        super().__init__()
        self.command, self.filter_id = command, filter_id


class Invalid(Rejection):
    """A field is missing or has the wrong type."""

    code = "invalid"


def _leaves(base: type[ChatError]) -> list[type[ChatError]]:
    return [leaf for child in base.__subclasses__() for leaf in ([child] if "code" in vars(child) else _leaves(child))]


REJECTIONS: dict[str, type[Rejection]] = {cls.code: cls for cls in _leaves(Rejection) if issubclass(cls, Rejection)}
"""By code: how a refusal that the bridge recorded becomes an exception again."""
