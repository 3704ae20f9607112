"""Settings: nothing set works, what is wrong is told in one sentence, and the documents name what exists."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
KAFKA = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
REDIS = {"REDIS_URL": "redis://127.0.0.1:1/0"}
MYSQL = {"DATABASE_URL": "mysql://u:p@127.0.0.1:1/x"}


def manage(*arguments: str, var: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**kept, "VAR": str(var), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_nothing_set_is_right(tmp_path: Path) -> None:
    done = manage("check", var=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (KAFKA | MYSQL, "KAFKA_BOOTSTRAP_SERVERS is set without REDIS_URL"),
        (KAFKA | REDIS, "KAFKA_BOOTSTRAP_SERVERS is set with SQLite"),
        ({"DATABASE_URL": "oracle://x/y"}, "DATABASE_URL starts with 'oracle'"),
        ({"REDIS_URL": "http://x"}, "REDIS_URL starts with 'http'"),
        ({"ALLOWED_HOSTS": "chat.example.org"}, "SECRET_KEY has to be set"),
        ({"ALLOWED_ORIGINS": "https://chat.example.org/path"}, "ALLOWED_ORIGINS contains"),
        ({"CHAT_SEND_RATE": "fast"}, "CHAT_SEND_RATE is 'fast', but has to be a number"),
        ({"KAFKA_PARTITIONS": "0"}, "KAFKA_PARTITIONS is 0, but has to be at least 1"),
        ({"KAFKA_STRATEGIES": "chat.events=round-robin"}, "but chat.events can be keyed"),
        ({"KAFKA_STRATEGIES": "chat.cmds=keyed"}, "KAFKA_STRATEGIES names 'chat.cmds', but there are only"),
        ({"DEBUG": "maybe"}, "DEBUG is 'maybe', but has to be 1 or 0"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(tmp_path: Path, environment: dict[str, str], sentence: str) -> None:
    done = manage("check", var=tmp_path, **environment)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert [line for line in done.stderr.splitlines() if sentence in line]


def test_the_bridge_of_an_embedded_log_exits_2_with_one_sentence(tmp_path: Path) -> None:
    done = manage("kafka_bridge", var=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "KAFKA_BOOTSTRAP_SERVERS is not set" in done.stderr


def test_production_settings_pass_the_deployment_check(tmp_path: Path) -> None:
    lines = (ROOT / "deploy/production.env").read_text().splitlines()
    environment = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    done = manage("check", "--deploy", "--fail-level", "WARNING", var=tmp_path, **environment)
    assert done.returncode == 0, done.stderr


def test_the_generated_key_is_private_and_stays_the_same(tmp_path: Path) -> None:
    show = ("shell", "-v", "0", "-c", "from django.conf import settings; print(settings.SECRET_KEY)")
    first, second = (manage(*show, var=tmp_path).stdout.strip() for _ in range(2))
    assert first == second
    assert len(first) > 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def names_read() -> set[str]:
    calls = r"(?:text|number|integer|switch|words|url)\(\s*\"([A-Z_]+)\""
    folder = ROOT / "chatsite/settings"
    return {name for path in folder.glob("*.py") for name in re.findall(calls, path.read_text())}


def test_the_example_and_the_documents_name_every_setting_and_no_other() -> None:
    example = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
    assert example == documented == names_read()
