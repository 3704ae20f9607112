"""Imports flow one way, and what is installed is what is named."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("chatsite", "accounts", "messaging", "deploy")

LAYERS = [
    [
        "messaging.errors",
        "messaging.limits",
        "messaging.metrics",
        "messaging.breaker",
        "messaging.tracing",
        "messaging.process_name",
        "messaging.garbage",
        "messaging.handshake",
        "messaging.watchdog",
    ],
    ["messaging.wire"],
    ["messaging.models", "messaging.threads"],
    ["messaging.selectors", "messaging.fetching"],
    ["messaging.log"],
    ["messaging.actions"],
    ["messaging.live"],
    ["messaging.bridge"],
    ["messaging.web_process"],
    [
        "messaging.consumers",
        "messaging.views",
        "messaging.api",
        "messaging.admin",
        "messaging.daphne_server",
        "messaging.uvicorn_protocol",
    ],
    ["messaging.management", "messaging.checks", "messaging.apps", "messaging.urls"],
]
"""A line may import from its own and from lines above."""

INSTALLED_AS = {
    "asgiref": "django", "axes": "django-axes", "channels_redis": "channels-redis", "csp": "django-csp",
    "django_prometheus": "django-prometheus", "re2": "google-re2", "django_redis": "django-redis",
    "environ": "django-environ", "compose_spec": "compose-spec", "kubernetes_validate": "kubernetes-validate",
    "google": "protobuf", "kafka": "kafka-python", "markdown_it": "markdown-it-py", "MySQLdb": "mysqlclient",
    "ninja": "django-ninja", "prometheus_client": "prometheus-client", "pydantic": "django-ninja", "twisted": "daphne",
    "PIL": "pillow", "grpc_tools": "grpcio-tools", "pytest_asyncio": "pytest-asyncio", "pytest_django": "pytest-django",
    "yaml": "pyyaml", "opentelemetry": "opentelemetry-sdk", "sentry_sdk": "sentry-sdk",
}  # fmt: skip
"""Where a module has another name than its package, or comes with one that is named."""

NOT_IMPORTED = {
    "argon2-cffi", "channels-redis", "crc32c", "django-axes", "django-prometheus", "django-redis", "linkify-it-py",
    "lz4", "mysqlclient", "opentelemetry-exporter-otlp-proto-http", "packaging", "redis", "servestatic",
}  # fmt: skip
"""Run-time packages that another one loads by name."""


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


def module_of(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer_of(module: str) -> int | None:
    for number, names in enumerate(LAYERS):
        if any(module == name or module.startswith(name + ".") for name in names):
            return number
    return None


def is_under(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def test_every_module_of_messaging_has_a_layer() -> None:
    homeless = [module_of(path) for path in sources("messaging") if layer_of(module_of(path)) is None]
    assert homeless == ["messaging"]


@pytest.mark.parametrize("path", list(sources("messaging")), ids=module_of)
def test_messaging_imports_only_from_lines_above(path: Path) -> None:
    own = layer_of(module_of(path))
    if own is None:
        return
    wrong = {name for name in imported(path) if (other := layer_of(name)) is not None and other > own}
    assert wrong == set()


def test_accounts_knows_nothing_of_messaging() -> None:
    assert [path for path in sources("accounts") if any(is_under(name, "messaging") for name in imported(path))] == []


def test_chatsite_is_imported_by_nobody_but_what_starts_the_process() -> None:
    users = {
        module_of(path)
        for path in sources("accounts", "messaging")
        if any(is_under(n, "chatsite") for n in imported(path))
    }
    assert users == {"messaging.management.commands.serve"}


OF_USE_TO_THE_LOG = (
    "messaging.log", "messaging.metrics", "messaging.breaker", "messaging.limits", "messaging.process_name",
    "messaging.models.SpooledRecord", "messaging.models.Lease",
)  # fmt: skip


def test_the_log_knows_no_chat() -> None:
    """Its spool has a table and a lease; that is all it knows of models."""
    for path in sources("messaging/log"):
        ours = {name for name in imported(path) if is_under(name, "messaging", "accounts")}
        ours -= {"messaging", "messaging.models"}  # the packages that names are imported from
        assert {name for name in ours if not is_under(name, *OF_USE_TO_THE_LOG)} == set(), path


def test_only_broadcast_sends_into_the_channel_layer() -> None:
    users = {module_of(path) for path in sources(*PACKAGES) if "group_send" in path.read_text()}
    assert users == {"messaging.live.broadcast"}


def test_only_env_reads_the_environment() -> None:
    reads = re.compile(r"os\.(environ|getenv)|environ\.Env\(")
    users = {module_of(path) for path in sources("chatsite", "accounts", "messaging") if reads.search(path.read_text())}
    # asgi.py names the settings module, which has to happen before there are settings.
    assert users == {"chatsite.settings.env", "chatsite.asgi"}


def pins(text: str) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", text, re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in found}


REQUIREMENTS = (ROOT / "requirements.txt").read_text()
RUN, DEVELOPMENT = (pins(part) for part in REQUIREMENTS.split("# Development"))


def test_the_locks_hold_every_named_package_at_its_pin() -> None:
    run_lock, dev_lock = (pins((ROOT / name).read_text()) for name in ("requirements.lock", "requirements-dev.lock"))
    wheels = {name: version for name, version in RUN.items() if name != "mysqlclient"}
    assert wheels.items() <= run_lock.items()
    assert {**RUN, **DEVELOPMENT}.items() <= dev_lock.items()
    assert run_lock.items() <= dev_lock.items()
    assert not {"mysqlclient", *DEVELOPMENT} & run_lock.keys()


def test_every_pin_says_what_it_is_for() -> None:
    lines = [line for line in REQUIREMENTS.splitlines() if "==" in line]
    assert [line for line in lines if not re.search(r"# \S.{10,}", line)] == []


def third_party(*folders: str) -> set[str]:
    tops = {name.partition(".")[0] for path in sources(*folders) for name in imported(path)}
    ours = {*PACKAGES, "tests", "bench"}
    found = tops - ours - set(sys.stdlib_module_names)
    return {INSTALLED_AS.get(name, name).lower().replace("_", "-") for name in found}


def test_what_is_imported_is_named_and_what_is_named_is_used() -> None:
    used = third_party("chatsite", "accounts", "messaging")
    assert used <= RUN.keys()
    assert RUN.keys() - used - NOT_IMPORTED == set()
    assert third_party("tests", "deploy") <= RUN.keys() | DEVELOPMENT.keys()
