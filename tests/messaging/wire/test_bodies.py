"""What is stored is trimmed, has LF line ends and 1 to 4,000 code points; everything else is refused with its reason."""

from __future__ import annotations

import pytest

from messaging.errors import Empty, Invalid, TooLong
from messaging.wire.bodies import clean_body


def test_line_ends_and_margins_are_made_alike() -> None:
    assert clean_body("  a\r\nb\rc\n\n") == "a\nb\nc"


@pytest.mark.parametrize("body", ["x" * 4000, "😀" * 4000, "  " + "陈" * 4000 + "\r\n"])
def test_four_thousand_code_points_fit(body: str) -> None:
    assert len(clean_body(body)) == 4000


@pytest.mark.parametrize("body", ["x" * 4001, "😀" * 4001])
def test_one_more_does_not(body: str) -> None:
    with pytest.raises(TooLong):
        clean_body(body)


@pytest.mark.parametrize("body", ["", "   ", "\n\r\n\t", "\u2003"])
def test_nothing_is_nothing(body: str) -> None:
    with pytest.raises(Empty):
        clean_body(body)


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85"])
def test_control_characters_are_refused(character: str) -> None:
    with pytest.raises(Invalid):
        clean_body(f"a{character}b")


def test_tabs_stay() -> None:
    assert clean_body("a\tb") == "a\tb"
