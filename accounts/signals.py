"""What other apps may want to know of accounts. `accounts` knows nobody who listens."""

from django.dispatch import Signal

account_closed = Signal()
"""Sent inside the transaction in which an account is deleted; argument `user`."""

sessions_ended = Signal()
"""Sent after sign-out or a changed password; argument `session_keys`: the keys that are not valid any more."""
