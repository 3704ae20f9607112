"""The image and the Compose file."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy/Dockerfile"
COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}


def test_the_dockerfile_has_nothing_to_complain_of(tmp_path: Path) -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM python:latest\nRUN cd /tmp\n")
    assert subprocess.run([hadolint, bad], capture_output=True, check=False, timeout=60).returncode == 1


def test_what_the_image_copies_exists_and_is_everything_the_chat_is_made_of() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE.read_text(), re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    assert [name for name in names if not (ROOT / name).exists()] == []
    assert {"chatsite", "accounts", "messaging", "templates", "static", "locale", "manage.py", "VERSION"} <= names
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert not names & set(ignored)
    assert {".git", ".env", "var"} <= set(ignored)


def test_the_image_runs_as_nobody_in_particular() -> None:
    text = DOCKERFILE.read_text()
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["10001:10001"]
    assert "/livez" in text


def as_compose_reads_it(made: object) -> str:
    """With anchors and variables filled in: what is required by a word, the others by their defaults."""
    return re.sub(
        r"\$\{\w+:([-?])([^}]*)\}", lambda it: it[2] if it[1] == "-" else "given", yaml.safe_dump(made, width=1000)
    )


def test_the_compose_file_is_valid_by_its_schema() -> None:
    assert set(PyCompose.from_yaml(as_compose_reads_it(COMPOSE)).service_names()) == COMPOSE["services"].keys()
    with pytest.raises(ValueError, match="prots"):
        PyCompose.from_yaml(as_compose_reads_it({"services": {"web": {"image": "x", "prots": ["80:80"]}}}))


def test_every_service_says_how_it_is_and_has_a_version() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["healthcheck"], name
        tag = service["image"].rpartition(":")[2]
        assert re.search(r"\d+\.\d+", tag), name
        assert "latest" not in tag
        named = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert {one for one in named if not one.startswith(".")} <= COMPOSE["volumes"].keys(), name
        assert all((ROOT / "deploy" / one).exists() for one in named if one.startswith(".")), name


@pytest.mark.parametrize("name", OURS)
def test_ours_are_read_only_without_rights_and_configured_by_settings_that_exist(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
    assert service["environment"].keys() <= documented
    commands = {path.stem for path in (ROOT / "messaging/management/commands").glob("*.py")} | {"migrate"}
    assert service.get("command", ["serve"])[0] in commands


def test_prometheus_scrapes_the_services_by_their_names() -> None:
    for part, names in {"web": ["web"], "bridge": ["bridge"], "worker": ["notifier", "previewer", "webhooks"]}.items():
        targets = yaml.safe_load((ROOT / f"deploy/prometheus/targets/{part}.json").read_text())
        assert targets == [{"targets": [f"{name}:9100" for name in names]}]
        assert OURS.keys() >= set(names)
