"""Prometheus with the configuration, rules and alerts of deploy/prometheus, over targets of our choice."""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.services import install
from deploy.services.processes import Running, spawn, wait_until

NAME = "prometheus"
NEEDS = ("prometheus",)
SOURCE = Path(__file__).parents[1] / "prometheus"
PARTS = ("web", "bridge", "worker")


def configure(folder: Path, targets: Mapping[str, Sequence[str]], every: str = "15s") -> Path:
    """A copy of deploy/prometheus for these targets (by part: addresses), scraped and judged `every` so often."""
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
    for part in PARTS:
        found = [{"targets": list(targets[part])}] if targets.get(part) else []
        (folder / f"targets/{part}.json").write_text(json.dumps(found))
    config = folder / "prometheus.yml"
    config.write_text(re.sub(r"(_interval|_timeout): \S+", rf"\1: {every}", config.read_text()))
    return config


def start(folder: Path, state: Path, port: int, targets: Mapping[str, Sequence[str]], every: str = "15s") -> Running:
    """Raises ServiceError when it cannot be had or does not get ready."""
    install.require(*NEEDS)
    config = configure(folder / "config", targets, every)
    log = folder / "prometheus.log"
    command = [install.program("prometheus") or "prometheus", f"--config.file={config}"]
    command += [f"--storage.tsdb.path={folder / 'data'}", "--storage.tsdb.retention.time=2d"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
    running = spawn(command, log, state, port)
    wait_until(lambda: is_ready(port), running, log, "Prometheus")
    return running


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
