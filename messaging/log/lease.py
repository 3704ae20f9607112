"""A role that one process holds at a time, by a row and the database's clock."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError
from django.db.models import Q
from django.db.models.functions import Now

from messaging import limits
from messaging.models import Lease


class HeldLease:
    """`renew` takes the lease or keeps it; False while another process holds it."""

    def __init__(self, name: str, holder: str) -> None:
        self.name, self.holder = name, holder

    def renew(self) -> bool:
        until = Now() + timedelta(seconds=limits.LEASE_S)
        free = Q(holder=self.holder) | Q(expires_at__lt=Now())
        if Lease.objects.filter(free, name=self.name).update(holder=self.holder, expires_at=until):
            return True
        if Lease.objects.filter(name=self.name).exists():
            return False
        try:
            Lease.objects.create(name=self.name, holder=self.holder, expires_at=until)
        except IntegrityError:  # another process made the row in the same moment
            return False
        return True

    def release(self) -> None:
        Lease.objects.filter(name=self.name, holder=self.holder).delete()
