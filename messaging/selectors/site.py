from __future__ import annotations

from messaging.models import SiteState


def epoch() -> str:
    """The id of this history; made at first need."""
    state, _ = SiteState.objects.get_or_create(pk=1)
    return state.epoch
