"""What a process of the load test is told, and what it tells. Plain values: they travel between processes."""

from __future__ import annotations

from dataclasses import dataclass, field

from messaging.management.loadtest.histogram import Histogram


@dataclass(frozen=True)
class Seat:
    """One socket: whose session, the room it watches, and whether it talks."""

    session: str
    room: int
    talks: bool = True


@dataclass(frozen=True)
class Step:
    """So many sends a second for so long; `cut`: all sockets are lost at its start."""

    rate: float
    seconds: float
    cut: bool = False


@dataclass(frozen=True)
class Plan:
    host: str
    port: int
    seats: list[Seat]
    steps: list[Step]
    characters: int


@dataclass
class Second:
    """What happened since the last one told. `late`: this process' own delay, worst of it."""

    step: int = 0
    sent: int = 0
    accepted: int = 0
    busy: int = 0
    rejected: int = 0
    delivered: int = 0
    closed: int = 0
    accept: Histogram = field(default_factory=Histogram)
    deliver: Histogram = field(default_factory=Histogram)
    lag: Histogram = field(default_factory=Histogram)
    resumed: Histogram = field(default_factory=Histogram)
    cpu: float = 0.0
    """Seconds of processor time; `most_cpu`: of the process that used most."""
    most_cpu: float = 0.0
    holes: int = 0
    doubles: int = 0
    disorder: int = 0

    def merge(self, other: Second) -> None:
        for name in ADDED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("accept", "deliver", "lag", "resumed"):
            getattr(self, name).merge(getattr(other, name))
        self.step = max(self.step, other.step)
        self.most_cpu = max(self.most_cpu, other.most_cpu)


ADDED = (
    "sent", "accepted", "busy", "rejected", "delivered", "closed", "cpu", "holes", "doubles", "disorder",
)  # fmt: skip
"""What is counted in a `Second`."""


@dataclass
class End:
    """Of a process, after everything was waited for; `lost` was accepted and never shown to anybody here."""

    lost: int
    behind: int
    """Sockets that were not shown their room's newest message."""
    left_out: int = 0
    """Passed over by snapshots, for sockets that were away too long, and so shown to nobody here."""
