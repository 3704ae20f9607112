"""What the database knows of the log: how far it is applied, by whom, and what has been decided."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models

from messaging.models.fields import BinaryUUIDField


class LogTopic(models.Model):
    """The partition count a topic had when it was first used: another one would give rooms another partition."""

    name = models.CharField(max_length=190, primary_key=True)
    topic_id = models.CharField(max_length=64)
    partitions = models.PositiveIntegerField()
    ends = models.JSONField(null=True, default=None)
    """[the end of each partition], final since it was closed, because it has grown into another one; null: open."""

    def __str__(self) -> str:
        return f"{self.name} ({self.partitions} partitions)"


class StoredOffset(models.Model):
    """How far a partition is applied. Moved by compare-and-set as the first statement of a batch's transaction:
    that makes effect and offset one, and fences a bridge that was stopped and woke up."""

    group = models.CharField(max_length=100)
    topic = models.CharField(max_length=190)
    partition = models.PositiveIntegerField()
    topic_id = models.CharField(max_length=64)
    next_offset = models.BigIntegerField()
    rooms_before = models.JSONField(default=dict)
    """{room id: rev before the last batch}: what has to be told again when nobody knows whether it was."""
    changed_members = models.JSONField(default=list)
    """[[room id, user id], ...] of the last batch: who came, went or changed."""
    publisher = models.CharField(max_length=190, default="", blank=True)
    """Who applied the last batch, as the log knows it: what it may have left open is ended by its successor."""

    rebuilt_to = models.BigIntegerField(default=0, db_default=0)
    """Of what lies below it, only messages left a trace: the database was rebuilt from the log up to there."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "topic", "partition"], name="one_offset_a_partition")]

    def __str__(self) -> str:
        return f"{self.group} {self.topic}/{self.partition} at {self.next_offset}"


class AppliedCommand(models.Model):
    """A command that is decided and is not a stored message: edits, deletions, joins, and every refusal."""

    client_id = BinaryUUIDField()
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    room_id = models.BigIntegerField()
    kind = models.PositiveSmallIntegerField()
    fingerprint = models.BigIntegerField()
    seq = models.BigIntegerField(null=True)
    refusal = models.CharField(max_length=20, blank=True)
    """A rejection code; empty when the command took effect."""
    applied_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client_id", "sender"], name="one_decision_a_client_id")]

    def __str__(self) -> str:
        return f"{self.client_id} {self.refusal or 'applied'}"


class Lease(models.Model):
    """A role that one process holds at a time; the database's clock decides."""

    name = models.CharField(max_length=50, primary_key=True)
    holder = models.CharField(max_length=100)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} held by {self.holder}"


def new_epoch() -> str:
    return secrets.token_hex(8)


class SiteState(models.Model):
    """One row. `epoch` changes with a restore or rebuild: clients of another epoch forget what they hold."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.CharField(max_length=16, default=new_epoch)

    def __str__(self) -> str:
        return f"epoch {self.epoch}"
