"""The log: takes commands durably, keeps each room's order, absorbs peaks. It knows no chat."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from messaging.log.port import Log


def open_log(config: dict[str, Any] | None = None) -> Log:
    """The log that `CHAT_LOG` names. Opens no connection yet."""
    config = dict(settings.CHAT_LOG) if config is None else config
    backend = import_string(str(config["BACKEND"]))
    log: Log = backend(**{name.lower(): value for name, value in config.items() if name != "BACKEND"})
    return log


__all__ = ["Log", "open_log"]
