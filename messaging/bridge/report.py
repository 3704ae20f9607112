"""What a bridge says of itself, in the database: for `kafka_bridge --status`, wherever that is run."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

import msgspec
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from messaging import limits, metrics
from messaging.breaker import State
from messaging.models import BridgeReport
from messaging.process_name import process_name

logger = logging.getLogger(__name__)

FORGET_AFTER = timedelta(days=1)


class Said(msgspec.Struct, kw_only=True):
    partitions: list[str | int]
    """"topic/number" of each (a number alone, of the only topic, from a bridge of before there could be several)"""
    halted: dict[str, str]
    """{topic/partition: why it stopped}"""
    applied: int
    """Records since the start."""
    rate: float
    """Records a second, over the last ten."""
    lag_records: int
    lag_s: float
    breakers: dict[str, str]
    last_error: str
    last_error_at: str


class Reporter:
    """Writes at most every REPORT_EVERY_S; what cannot be written is left out, the next one follows soon."""

    def __init__(self, group: str, name: str = "") -> None:
        self.name = name or process_name()
        self._group = group
        self._started_at = timezone.now()
        self._due_at = 0.0
        self._last_error = ("", "")

    def note_error(self, error: object) -> None:
        self._last_error = (str(error)[:500], timezone.now().isoformat(timespec="seconds"))

    @property
    def is_due(self) -> bool:
        return time.monotonic() >= self._due_at

    def say(self, **known: object) -> None:
        """Write down what is `known` (fields of Said) with the breakers and the last error."""
        self._due_at = time.monotonic() + limits.REPORT_EVERY_S
        error, at = self._last_error
        said = {**known, "breakers": breakers(), "last_error": error, "last_error_at": at}
        try:
            BridgeReport.objects.update_or_create(
                name=self.name,
                defaults={"group": self._group, "seen_at": timezone.now(), "said": said},
                create_defaults={
                    "group": self._group, "seen_at": timezone.now(), "said": said, "started_at": self._started_at,
                },
            )  # fmt: skip
        except (DatabaseError, InterfaceError) as error:
            logger.info("no report: %s", error)

    def leave(self) -> None:
        """Say nothing more; and forget those who left without a word long ago."""
        try:
            BridgeReport.objects.filter(name=self.name).delete()
            BridgeReport.objects.filter(seen_at__lt=timezone.now() - FORGET_AFTER).delete()
        except (DatabaseError, InterfaceError) as error:
            logger.info("the last report stays: %s", error)


def breakers() -> dict[str, str]:
    """The state of every breaker of this process, by what it stands before."""
    samples = next(iter(metrics.breaker_state.collect())).samples
    return {sample.labels["dependency"]: State(int(sample.value)).name.lower() for sample in samples}
