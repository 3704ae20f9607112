"""Whom somebody does not want to read."""

from __future__ import annotations

from accounts.models import Block, User


def block_person(by: User, person: User) -> bool:
    """False for oneself; blocking twice is blocking once."""
    if by.pk == person.pk:
        return False
    Block.objects.get_or_create(by=by, person=person)
    return True


def unblock_person(by: User, person_id: int) -> None:
    Block.objects.filter(by=by, person_id=person_id).delete()
