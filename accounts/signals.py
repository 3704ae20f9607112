"""What other apps may want to know of accounts. `accounts` knows nobody who listens."""

from django.dispatch import Signal

sessions_ended = Signal()
"""Sent after sign-out or a changed password; argument `session_keys`: the keys that are not valid any more."""
