"""The spool's rows: records of one owner, in the order of its appends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from django.db.models import Max

from messaging.log.port import ACCEPTED_AT, Headers
from messaging.models import SpooledRecord

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...]).decode


def row(owner: str, topic: str, key: bytes | None, value: bytes, headers: Headers, accepted_ms: int) -> SpooledRecord:
    marked = (*headers, (ACCEPTED_AT, str(accepted_ms).encode()))
    return SpooledRecord(owner=owner, topic=topic, key=key, value=value, headers=_encode(marked))


def headers_of(row: SpooledRecord) -> Headers:
    return _decode(bytes(row.headers))


def put(rows: Sequence[SpooledRecord]) -> None:
    SpooledRecord.objects.bulk_create(rows)


def waiting(owner: str, limit: int) -> list[SpooledRecord]:
    """The next rows to relay. Never by an id larger than the last one: what is not relayed yet is what is here."""
    return list(SpooledRecord.objects.filter(owner=owner, refusal="").order_by("id")[:limit])


def done(rows: Iterable[SpooledRecord]) -> None:
    SpooledRecord.objects.filter(pk__in=[row.pk for row in rows]).delete()


def refuse(row: SpooledRecord, why: str) -> None:
    SpooledRecord.objects.filter(pk=row.pk).update(refusal=why[:250])


def owners() -> list[str]:
    """Who has rows waiting, the oldest first."""
    rows = SpooledRecord.objects.filter(refusal="").values("owner").annotate(newest=Max("id")).order_by("newest")
    return [row["owner"] for row in rows]
