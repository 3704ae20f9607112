"""python -m bench.counted COMMAND ...: manage.py, with every call of a metric and of tracing counted.

What was called how often so far, and the CPU of this process, stand in $VAR/CALLS_FILE, made anew a few times a second.
"""

from __future__ import annotations

import functools
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import prometheus_client

import manage
from messaging import tracing

CALLS_FILE = "calls.json"
EVERY_S = 0.2
METRICS = {
    prometheus_client.Counter: ("inc", "labels"),
    prometheus_client.Gauge: ("inc", "dec", "set", "labels"),
    prometheus_client.Histogram: ("observe", "labels"),
}
TRACING = ("begin", "end", "traceparent", "headers", "parent_in", "note", "forget")


def watched() -> Iterable[tuple[Any, str, str]]:
    """(where it is, how it is called there, what it is counted as)"""
    for kind, names in METRICS.items():
        for name in names:
            yield kind, name, f"{kind.__name__}.{name}"
    for name in TRACING:
        yield tracing, name, f"tracing.{name}"


def main() -> None:
    calls: Counter[str] = Counter()
    for owner, name, label in watched():
        setattr(owner, name, _counted(getattr(owner, name), calls, label))
    threading.Thread(target=_tell, args=(calls, Path(os.environ["VAR"]) / CALLS_FILE), daemon=True).start()
    manage.main()


def _counted(call: Callable[..., Any], calls: Counter[str], label: str) -> Callable[..., Any]:
    @functools.wraps(call)
    def counted(*arguments: Any, **named: Any) -> Any:
        calls[label] += 1
        return call(*arguments, **named)

    return counted


def _tell(calls: Counter[str], file: Path) -> None:
    while True:
        new = file.with_suffix(".new")
        new.write_text(json.dumps({"cpu_s": time.process_time(), "calls": dict(calls)}))
        new.replace(file)
        time.sleep(EVERY_S)


if __name__ == "__main__":
    main()
