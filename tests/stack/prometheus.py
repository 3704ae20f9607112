"""Asking a Prometheus that a test has started."""

from __future__ import annotations

from typing import Any

import httpx


def query(url: str, expression: str) -> list[dict[str, Any]]:
    """The series of an expression, now."""
    answer = httpx.get(f"{url}/api/v1/query", params={"query": expression}, timeout=10).json()
    assert answer["status"] == "success", answer
    result: list[dict[str, Any]] = answer["data"]["result"]
    return result
