"""For all tests: which of them use the database, and which need the real services."""

from __future__ import annotations

import os
from collections.abc import Iterator
from uuid import uuid4

import hypothesis
import pytest
from django.conf import settings
from django.test import TransactionTestCase, override_settings
from django.utils import translation

from tests.emptying import empty_tables

# How long an example takes says more of the machine than of the code; the tests that mean time measure it.
hypothesis.settings.register_profile(
    "shared-machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("shared-machine")

TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[method-assign]

pytest_plugins = ["tests.stack.fixtures"]

SERVICES = {"mariadb": "DATABASE_URL", "redis": "REDIS_URL", "kafka": "KAFKA_BOOTSTRAP_SERVERS"}
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup"}


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses the test database runs on SQLite and on MariaDB."""
    for item in items:
        if DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())) or item.get_closest_marker("django_db"):
            item.add_marker("database")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that needs services is skipped by name without them; with REQUIRE_SERVICES=1 that is a failure."""
    if item.get_closest_marker("services") is None:
        return
    missing = [name for name, variable in SERVICES.items() if not os.environ.get(variable)]
    if not missing:
        return
    reason = f"needs {', '.join(missing)} (make test starts them)"
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> Iterator[None]:
    """Argon2 is meant to be slow, and most tests make people. Servers that tests start keep it."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """Requests and sockets activate a language for the thread; the next test starts in English."""
    yield
    translation.deactivate()


@pytest.fixture
def own_cache() -> Iterator[None]:
    """A cache with nothing in it. `cache.clear()` would empty all of Redis, also for the tests that run beside."""
    with override_settings(CACHES={"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}}):
        yield
