"""Pictures of people: kept in Django's default storage under names that are never used again."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse

from accounts.models import User

FOLDER = "avatars"


def avatar_url(name: str) -> str | None:
    """Where the picture of this name is; None for nobody's (an empty name)."""
    return reverse("accounts:avatar", args=[name]) if name else None


def avatars_of(user_ids: Collection[int]) -> dict[int, str | None]:
    """{user: the address of their picture, or None}, for every one of these ids, whoever they are."""
    rows = User.objects.filter(pk__in=user_ids).exclude(avatar="").values_list("pk", "avatar")
    return dict.fromkeys(sorted(user_ids)) | {user: avatar_url(name) for user, name in rows}


def picture_at(name: str) -> bytes | None:
    """The picture of this name, if there is one (still)."""
    if not name:
        return None
    try:
        with default_storage.open(f"{FOLDER}/{name}") as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None


def put_avatar(user: User, picture: bytes) -> None:
    """From now on this WebP is the person's picture; the one before is gone. Raises OSError when it cannot be kept."""
    name = f"{secrets.token_hex(20)}.webp"
    try:
        default_storage.save(f"{FOLDER}/{name}", ContentFile(picture))
    except OSError:
        default_storage.delete(f"{FOLDER}/{name}")  # what may be there of it
        raise
    _replace(user, name)


def remove_avatar(user: User) -> None:
    """The person has no picture any more, nor has the storage."""
    _replace(user, "")


@transaction.atomic
def _replace(user: User, name: str) -> None:
    """The row's lock makes changes at once follow each other, so that none leaves its file behind."""
    before = User.objects.select_for_update().values_list("avatar", flat=True).get(pk=user.pk)
    User.objects.filter(pk=user.pk).update(avatar=name)
    user.avatar = name
    if before:
        transaction.on_commit(lambda: default_storage.delete(f"{FOLDER}/{before}"), robust=True)
