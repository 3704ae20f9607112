"""`{% avatar name url size %}`: a person's picture over their initials, as static/js/ui/avatar.js shows it."""

from __future__ import annotations

from django import template

from accounts.avatars import avatar_url

register = template.Library()
HUES = 12


@register.inclusion_tag("partials/avatar.html")
def avatar(name: str, url: str | None, size: str = "") -> dict[str, str | int | None]:
    """`size`: blank, "small" or "large". Decoration: the name stands beside it."""
    letters = initials(name)
    return {"letters": letters[:1] if size == "small" else letters, "hue": hue_of(name), "url": url, "size": size}


@register.filter
def avatar_address(name: str) -> str | None:
    """From the name that a person's row has to where their picture is."""
    return avatar_url(name)


@register.filter
def of_person(avatars: dict[int, str | None], user_id: int) -> str | None:
    return avatars.get(user_id)


def initials(name: str) -> str:
    """Up to two letters; as `initials` in static/js/rows.js."""
    parts = name.split() or [""]
    letters = [parts[0], parts[-1]] if len(parts) > 1 else parts
    return "".join(part[:1] for part in letters).upper()


def hue_of(name: str) -> int:
    """One of HUES for a name; as `hueOf` in static/js/rows.js."""
    number = 0
    for character in name:
        number = (number * 31 + ord(character)) % 4096
    return number % HUES
