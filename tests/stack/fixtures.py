from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.stack import EmbeddedStack, ServicesStack, Stack


@pytest.fixture(scope="session")
def embedded_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """State of a fresh deployment with its demo people, made once: migrating takes longer than most tests."""
    folder = tmp_path_factory.mktemp("template")
    EmbeddedStack(folder)
    return folder


@pytest.fixture
def embedded_stack(tmp_path: Path, embedded_template: Path) -> Iterator[EmbeddedStack]:
    stack = EmbeddedStack(tmp_path, embedded_template)
    try:
        stack.start_web()
        yield stack
    finally:
        stack.end()


@pytest.fixture(scope="session")
def shared_stack(tmp_path_factory: pytest.TempPathFactory, embedded_template: Path) -> Iterator[EmbeddedStack]:
    """One embedded deployment for all tests that only look, or write into rooms of their own."""
    stack = EmbeddedStack(tmp_path_factory.mktemp("shared"), embedded_template)
    try:
        stack.start_web()
        yield stack
    finally:
        stack.end()


@pytest.fixture(scope="session")
def services_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The database of a fresh deployment with its demo people, made once on the shared server."""
    stack = ServicesStack(tmp_path_factory.mktemp("services-template"))
    try:
        yield stack.name
    finally:
        stack.end()


@pytest.fixture
def services_stack(tmp_path: Path, services_template: str) -> Iterator[ServicesStack]:
    """Web and one bridge, with the demo talk applied."""
    stack = ServicesStack(tmp_path, template=services_template)
    try:
        stack.start_bridge()
        stack.start_web()
        stack.wait_for_demo()
        yield stack
    finally:
        stack.end()


@pytest.fixture(params=["embedded", pytest.param("services", marks=pytest.mark.services)])
def stack(request: pytest.FixtureRequest) -> Stack:
    """Each kind of deployment in turn."""
    made: Stack = request.getfixturevalue(f"{request.param}_stack")
    return made
