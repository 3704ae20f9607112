from __future__ import annotations

import pytest

from messaging.wire.mentions import MENTIONS_MOST, mention_names


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("hello @Bo", {"Bo"}),
        ("@bo, @chen: look", {"bo", "chen"}),
        ("that was @bo.", {"bo.", "bo"}),
        ("(@bo) and @a.b-c_d", {"bo", "a.b-c_d"}),
        ("mail me at ada@example.org", set()),
        ("`@bo` and\n```\n@chen\n```", set()),
        ("```\n@chen never closed", set()),
        ("@ alone", set()),
        ("nobody", set()),
        ("你好 @陈", {"陈"}),
    ],
)
def test_names(body: str, names: set[str]) -> None:
    assert mention_names(body) == names


def test_a_crowd_of_names_is_cut_short() -> None:
    assert len(mention_names(" ".join(f"@p{number}" for number in range(1000)))) <= MENTIONS_MOST + 1
