"""Who is in whose company, and how far they have read: for presence and read receipts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Count

from messaging import limits
from messaging.models import Membership


def rooms_of_people(user_ids: Collection[int]) -> dict[int, set[int]]:
    """{user: the rooms they are in}."""
    found: dict[int, set[int]] = defaultdict(set)
    rows = Membership.objects.in_force().filter(user_id__in=user_ids)
    for user, room in rows.values_list("user_id", "room_id"):
        found[user].add(room)
    return found


def readers_of(room_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """{room: {user: read marker}} of those who share it, in rooms of at most RECEIPT_ROOM_MOST members; others are
    left out."""
    members = Membership.objects.in_force().filter(room_id__in=room_ids)
    counted = members.values("room_id").order_by().annotate(count=Count("pk"))
    found: dict[int, dict[int, int]] = {
        row["room_id"]: {} for row in counted if row["count"] <= limits.RECEIPT_ROOM_MOST
    }
    sharing = members.filter(room_id__in=found, user__shares_reading=True, user__is_active=True)
    for room, user, seq in sharing.values_list("room_id", "user_id", "read_seq"):
        found[room][user] = seq
    return found
