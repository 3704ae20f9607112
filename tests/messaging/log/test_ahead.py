"""What was read ahead is delivered by the next poll, once, unless it is not to be delivered any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from messaging.log.ahead import ReadingAhead
from messaging.log.embedded import EmbeddedLog
from messaging.log.port import LogUnavailable, Partition, Polled
from tests.messaging.log.conftest import SPEC, TOPIC, take_gained

PLACE = Partition(TOPIC, 0)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EmbeddedLog]:
    made = EmbeddedLog(tmp_path / "log.sqlite3")
    made.ensure_topics([SPEC])
    for number in range(6):
        made.appender().append(TOPIC, b"k", b"%d" % number).result(10)
    yield made
    made.close()


@pytest.fixture
def reader(log: EmbeddedLog) -> Iterator[ReadingAhead]:
    """Two of six records are delivered, two more are held."""
    made = ReadingAhead(log.reader("g", [TOPIC]))
    take_gained(made)
    made.seek(PLACE, 0)
    assert offsets(made.poll(1, 2, 1 << 20)) == [0, 1]
    made.look_ahead(2, 1 << 20)
    yield made
    made.close()


def offsets(polled: Polled) -> list[int]:
    return [record.offset for record in polled.records.get(PLACE, ())]


def test_it_is_what_the_next_poll_delivers(reader: ReadingAhead) -> None:
    reader.look_ahead(2, 1 << 20)  # (one is under way)
    assert reader.lag() == {PLACE: 4}
    assert offsets(reader.poll(1, 2, 1 << 20)) == [2, 3]
    assert offsets(reader.poll(1, 2, 1 << 20)) == [4, 5]


def test_who_goes_elsewhere_does_not_get_it(reader: ReadingAhead) -> None:
    reader.seek(PLACE, 1)
    assert offsets(reader.poll(1, 2, 1 << 20)) == [1, 2]


def test_who_pauses_gets_it_later(reader: ReadingAhead) -> None:
    reader.pause(PLACE)
    assert offsets(reader.poll(0.05, 2, 1 << 20)) == []
    reader.resume(PLACE)
    assert offsets(reader.poll(1, 2, 1 << 20)) == [2, 3]


def test_what_goes_wrong_is_told_by_the_next_poll(reader: ReadingAhead, monkeypatch: pytest.MonkeyPatch) -> None:
    assert offsets(reader.poll(1, 2, 1 << 20)) == [2, 3]
    with monkeypatch.context() as broken:
        broken.setattr(reader._reader, "poll", lambda *_: (_ for _ in ()).throw(LogUnavailable("away")))
        reader.look_ahead(2, 1 << 20)
        assert reader.lag() == {PLACE: 2}
        with pytest.raises(LogUnavailable):
            reader.poll(1, 2, 1 << 20)
    assert offsets(reader.poll(1, 2, 1 << 20)) == [4, 5]
