"""The load test's own sums: what it checks, what it measures, what it concludes."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import time
from uuid import UUID

import pytest

from messaging.errors import Busy
from messaging.management.loadtest import frames
from messaging.management.loadtest.histogram import Histogram
from messaging.management.loadtest.part import Part
from messaging.management.loadtest.plan import Plan, Seat
from messaging.management.loadtest.saturation import Law, Point, cause, fit, kept, knee, phases
from messaging.management.loadtest.scenarios import SCENARIOS
from messaging.management.loadtest.verifier import Place, Verifier
from messaging.wire import server_frames

IDS = [f"00000000-0000-7000-8000-{number:012d}" for number in range(100)]


def changes(after: int, rev: int, seqs: range, *, first_id: int | None = None, reset: bool = False) -> bytes:
    """A frame as servers write it; message `seq` has the id of that number, or counted from `first_id`."""
    start = seqs.start if first_id is None else first_id
    now = time.monotonic_ns()
    fragments = [
        b'{"seq":%d,"rev":%d,"client_id":"%s","body":"%d xxx"}' % (seq, seq, IDS[start + place].encode(), now)
        for place, seq in enumerate(seqs)
    ]
    return server_frames.changes(7, after, rev, 0, fragments, reset=reset)


def begun() -> tuple[Verifier, Place]:
    verifier, place = Verifier(), Place()
    assert verifier.take(place, changes(0, 3, range(1, 4), reset=True), 0)
    assert (place.rev, place.seq, verifier.delivered) == (3, 3, 0), (
        "what was there before is nothing that was delivered"
    )
    return verifier, place


def wrong(verifier: Verifier) -> tuple[int, int, int]:
    return verifier.holes, verifier.doubles, verifier.disorder


def test_what_follows_is_counted_once_for_each_socket() -> None:
    verifier, place = begun()
    other = Place(3, 3, is_begun=True)
    frame = changes(3, 5, range(4, 6))
    for one in (place, other, other):
        assert verifier.take(one, bytes(bytearray(frame)), time.monotonic_ns())
    assert verifier.delivered == 4
    assert wrong(verifier) == (0, 0, 0)
    assert verifier.take_late().total == 4


def test_a_frame_that_begins_earlier_counts_for_what_is_new() -> None:
    verifier, place = begun()
    assert verifier.take(place, changes(1, 5, range(2, 6)), 0)
    assert (verifier.delivered, wrong(verifier)) == (2, (0, 0, 0))


def test_a_hole_is_noticed_and_asked_for() -> None:
    verifier, place = begun()
    assert not verifier.take(place, changes(4, 5, range(5, 6)), 0)
    assert wrong(verifier) == (1, 0, 0)
    assert place.rev == 3


@pytest.mark.parametrize("seqs", [range(5, 7), range(4, 8, 2)], ids=["one left out before", "one left out within"])
def test_what_is_left_out_between_is_disorder(seqs: range) -> None:
    verifier, place = begun()
    verifier.take(place, changes(3, 5, seqs), 0)
    assert wrong(verifier) == (0, 0, 1)


def test_the_same_message_at_two_places_and_two_at_one_are_doubles() -> None:
    verifier, place = begun()
    verifier.take(place, changes(3, 4, range(4, 5), first_id=2), 0)
    assert wrong(verifier) == (0, 1, 0)
    verifier.take(Place(3, 3, is_begun=True), changes(3, 5, range(4, 6), first_id=60), 0)
    assert wrong(verifier) == (0, 2, 0)


def test_what_snapshots_passed_over_for_everybody_is_known() -> None:
    verifier, place = begun()
    others = [Place(3, 3, is_begun=True) for _ in range(3)]
    assert verifier.take(others[0], changes(3, 5, range(4, 6)), 0)
    assert verifier.left_out() == 0
    for one in (place, others[1]):
        assert verifier.take(one, changes(0, 20, range(18, 21), reset=True), 0)
    assert verifier.take(others[0], changes(0, 24, range(22, 25), reset=True), 0)
    assert verifier.take(others[2], changes(0, 20, range(18, 21), reset=True), 0)
    assert verifier.left_out() == len(range(6, 18)) + 1, "what one was shown, or another's snapshot has, is not"
    assert wrong(verifier) == (0, 0, 0)


def test_percentiles_are_at_most_two_percent_too_high() -> None:
    values = [random.lognormvariate(2, 1.5) for _ in range(5_000)]
    one, other = Histogram(), Histogram()
    for number, value in enumerate(values):
        (one if number % 2 else other).add(value)
    one.merge(other)
    values.sort()
    for share in (0.5, 0.9, 0.99):
        exact = values[int(share * len(values)) - 1]
        assert exact <= one.percentile(share) <= exact * 1.021
    assert one.summary()["max"] == round(values[-1], 2)


def from_server(text: bytes) -> bytes:
    """Unmasked, as RFC 6455 has it."""
    size = len(text)
    if size < 126:
        return bytes([0x81, size]) + text
    return (b"\x81\x7e" + size.to_bytes(2, "big") if size < 65_536 else b"\x81\x7f" + size.to_bytes(8, "big")) + text


def test_frames_are_read_however_they_are_cut() -> None:
    texts = [b"x" * size for size in (0, 5, 125, 126, 70_000, 3)]
    stream = b"".join(map(from_server, texts))
    parser, found, at = frames.Parser(), [], 0
    while at < len(stream):
        step = random.randint(1, 3_000)
        found += parser.feed(stream[at : at + step])
        at += step
    assert found == [(frames.TEXT, text) for text in texts]


def point(offered: float, goodput: float, *, swing: float = 0.0, **watched: float) -> Point:
    by_second = [goodput * (1 + swing * (-1) ** second) for second in range(6)]
    return Point(offered, goodput, by_second, {name.replace("_", " "): value for name, value in watched.items()})


def test_the_law_is_found_again_in_what_it_made() -> None:
    law = Law(sigma=0.08, kappa=0.003)
    found = fit([point(100 * n, 100 * law.at(n)) for n in (1, 2, 5, 10, 20, 30)])
    assert found.sigma == pytest.approx(law.sigma, rel=0.01)
    assert found.kappa == pytest.approx(law.kappa, rel=0.01)
    assert fit([point(100 * n, 100 * n) for n in (1, 2, 3)]) == Law(0, 0)
    assert fit([]) == Law(0, 0)


def test_phases_knee_and_cause_are_named() -> None:
    points = [
        point(100, 100), point(200, 198, web_cpu=0.7), point(300, 260, web_cpu=0.97, bridge_cpu=0.4),
        point(400, 250), point(500, 150), point(600, 160, swing=0.6), point(100, 100),
    ]  # fmt: skip
    assert phases(points) == ["growth", "growth", "plateau", "plateau", "decline", "oscillation", "growth"]
    assert knee(points) == 200
    assert knee([*points[:-1], point(300, 310), points[-1]]) == 200, "on the way down some of it had waited"
    assert cause(points) == "web cpu 0.97"
    assert cause(points[:2]) == "nothing gave out"
    edge = point(50, 46, web_cpu=0.1)  # its last moments counted in the next step
    assert phases([edge, *points])[:3] == ["growth", "growth", "growth"]
    assert cause([edge, *points]) == "web cpu 0.97"
    assert phases([*points, edge])[-1] == "decline", "after the fall it has not come back"
    assert cause([edge]) != "nothing gave out", "never kept up at all"


def test_what_is_kept_of_the_most_is_seen_in_turns_so_that_a_machine_that_slows_down_changes_nothing() -> None:
    points = [point(200, 198)]
    for peak in (400, 360, 200):
        points += [point(420, peak), point(800, 0.95 * peak)]
    assert kept([*points, point(200, 200)]) == pytest.approx(0.95)
    assert kept([point(420, 0), point(800, 0)]) == 0


def test_scenarios_take_the_time_they_were_given() -> None:
    for scenario in SCENARIOS.values():
        steps = scenario.steps(100, 60)
        assert sum(step.seconds for step in steps) == pytest.approx(60)
        assert max(step.rate for step in steps) in (100, 200, 300)


class Wire(asyncio.Transport):
    """An open socket of the load test: what it says, and what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.part = Part(Plan("127.0.0.1", 1, [Seat("", 7)], [], 24), multiprocessing.Pipe()[0])
        self.socket = self.part.sockets[0]
        self.said: list[str] = []
        self.socket.connection_made(self)
        self.socket.data_received(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")

    def write(self, data: bytes | bytearray | memoryview) -> None:
        payload = bytes(data)[bytes(data).find(b"{") :]
        if b'"type":"send"' in payload:
            self.said.append(json.loads(payload)["client_id"])

    def told(self, frame: bytes) -> None:
        self.socket.data_received(bytes((0x81, 126)) + len(frame).to_bytes(2, "big") + frame)

    def refuse(self, client_id: str, retry_after: float) -> None:
        self.told(server_frames.rejected(UUID(client_id), Busy(retry_after=retry_after)))


def test_who_was_refused_waits_and_goes_on_one_by_one_in_the_order_of_writing() -> None:
    wire = Wire()
    for _ in range(3):
        wire.socket.say(0, "")
        time.sleep(0.002)  # so that the ids rise
    first = list(wire.said)
    for client_id in first:
        wire.refuse(client_id, 0.05)
    wire.socket.say(0, "")
    assert wire.said == first, "told to wait, it says nothing"
    assert (wire.part.now.sent, wire.part.now.busy) == (4, 4), "and that is counted"
    time.sleep(0.06)
    wire.socket.say(0, "")
    wire.socket.say(0, "")
    assert wire.said[3:] == first[:1], "one by one"
    wire.refuse(first[0], 0.0)
    for client_id in first:
        wire.socket.say(0, "")
        assert wire.said[-1] == client_id
        wire.told(server_frames.accepted(UUID(client_id)))
    for _ in range(2):
        wire.socket.say(0, "")
    assert not set(wire.said[-2:]) & set(first), "then freely again"
