"""python -m bench.profiled [daphne | uvicorn]: where the time of a fan-out goes, by cProfile.

Shares, not times: the profiler costs more than what it looks at.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats

from bench.sink import Sink
from bench.watched_room import WatchedRoom, serve

WATCHERS, MESSAGES = 1000, 200
LINES = 22


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", nargs="?", default="daphne", choices=("daphne", "uvicorn"))
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    profile: cProfile.Profile = serve(_work, options.server)
    pstats.Stats(profile).sort_stats("tottime").print_stats(LINES)


async def _work(room: WatchedRoom, port: int) -> cProfile.Profile:
    profile = cProfile.Profile()
    with Sink(port) as sink:
        await room.grow(sink, WATCHERS)
        await room.deliver(sink, 5)
        profile.enable()
        await room.deliver(sink, MESSAGES)
        profile.disable()
    return profile


if __name__ == "__main__":
    main()
