"""The groups of a new site. What an administrator changes of them stays changed."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission

MODERATOR = ("moderate",)
LEAD = (
    *MODERATOR, "lead_moderation", "view_message", "view_room", "view_user", "view_sanction", "add_sanction",
    "view_retentionrule", "add_retentionrule", "change_retentionrule", "view_wordfilter",
    "add_wordfilter", "change_wordfilter",
)  # fmt: skip
GROUPS = {"Moderator": MODERATOR, "Lead": LEAD}


def make_groups(**kwargs: object) -> None:
    """After migrations, once: a group that is there is left alone."""
    for name, codes in GROUPS.items():
        group, is_new = Group.objects.get_or_create(name=name)
        if is_new:
            group.permissions.set(Permission.objects.filter(codename__in=codes))
