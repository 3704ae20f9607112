"""Reports, the cases that gather them, and the log of what was done about them."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models.room import Room
from messaging.models.sanction import Sanction
from messaging.models.word_filter import WordFilter


class Deed(models.TextChoices):
    """What moderators do; stored for ever, so values never change."""

    CLAIM = "claim", _("take it")
    DISMISS = "dismiss", _("dismiss")
    HIDE = "hide", _("hide the message")
    RESTORE = "restore", _("restore the message")
    DELETE = "delete", _("delete the message")
    WARN = "warn", _("warn the author")
    MUTE_1H = "mute_1h", _("mute for 1 hour")
    MUTE_24H = "mute_24h", _("mute for 24 hours")
    MUTE_7D = "mute_7d", _("mute for 7 days")
    BAN_ROOM = "ban_room", _("ban from the room")
    BAN_SITE = "ban_site", _("ban from the site")
    VIEW = "view", _("looked at private content")
    DELETE_ALL = "delete_all", _("delete all messages of a person")
    PURGE = "purge", _("purge by retention")
    SANCTION = "sanction", _("impose a sanction")
    LIFT = "lift", _("lift a sanction")
    RELEASE = "release", _("let a held message pass")
    DISCARD = "discard", _("discard a held message")


class Reason(models.TextChoices):
    SPAM = "spam", _("Spam or advertising")
    HARASSMENT = "harassment", _("Harassment or insults")
    HATE = "hate", _("Hate")
    VIOLENCE = "violence", _("Violence or threats")
    ILLEGAL = "illegal", _("Illegal or stolen content")
    OTHER = "other", _("Something else")
    FILTER = "filter", _("A word filter")


class ModerationCase(models.Model):
    """One message that somebody (or a filter) found wrong: open until a moderator decides."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DECIDED = "decided", _("decided")

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("upheld")
        DISMISSED = "dismissed", _("dismissed")

    room = models.ForeignKey(Room, models.PROTECT, related_name="cases", verbose_name=_("room"))
    seq = models.BigIntegerField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="cases", verbose_name=_("author"), db_index=False
    )
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.OPEN)
    score = models.FloatField(_("score"), default=0)
    """Sum over its reports: weight of the reason x how often the reporter was right so far."""
    report_count = models.PositiveIntegerField(_("reports"), default=0)
    reasons = models.JSONField(_("reasons"), default=dict)
    """{reason: how many}"""
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name=_("taken by")
    )
    is_hidden = models.BooleanField(_("hidden"), default=False)
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome, blank=True)
    opened_at = models.DateTimeField(_("opened"))
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name=_("decided by")
    )

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [models.UniqueConstraint(fields=["room", "seq"], name="one_case_a_message")]
        indexes = [
            models.Index(fields=["-state", "-score", "id"], name="cases_queue"),
            models.Index(fields=["author", "outcome"], name="cases_strikes"),
        ]
        permissions = [("moderate", _("Can decide cases")), ("lead_moderation", _("Can lead moderation"))]

    def __str__(self) -> str:
        return f"case {self.pk}"


class Report(models.Model):
    """Somebody's word (or a filter's) that a message is wrong."""

    case = models.ForeignKey(ModerationCase, models.PROTECT, related_name="reports")
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reports", null=True, verbose_name=_("reporter")
    )
    filter = models.ForeignKey(WordFilter, models.PROTECT, related_name="reports", null=True, verbose_name=_("filter"))
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    body = models.TextField(_("text"), max_length=4000)
    """What the message said then: an edit or a deletion does not take the evidence along."""
    created_at = models.DateTimeField(_("reported"), auto_now_add=True)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [models.UniqueConstraint(fields=["case", "reporter"], name="one_report_a_person")]
        indexes = [models.Index(fields=["reporter", "created_at"], name="reports_of_a_person")]

    def __str__(self) -> str:
        return f"report {self.pk} on case {self.case_id}"


class AppendOnlyQuerySet(models.QuerySet):
    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("The log of moderation is only ever added to.")

    def delete(self) -> NoReturn:
        raise TypeError("The log of moderation is only ever added to.")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("The log of moderation is only ever added to.")


class ModerationAction(models.Model):
    """One line of the log of moderation. Commands in Kafka name the line that allows them; nobody changes or removes
    one, whoever they are."""

    deed = models.CharField(_("action"), max_length=10, choices=Deed)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name=_("by"))
    """Nobody: it happened by itself (score, filter, retention)."""
    case = models.ForeignKey(ModerationCase, models.PROTECT, related_name="actions", null=True, verbose_name=_("case"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name=_("person")
    )
    """Whom it is about."""
    room = models.ForeignKey(Room, models.PROTECT, related_name="+", null=True, verbose_name=_("room"))
    seq = models.BigIntegerField(null=True)
    sanction = models.ForeignKey(Sanction, models.PROTECT, related_name="+", null=True, verbose_name=_("sanction"))
    reason = models.CharField(_("reason"), max_length=250, blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("moderation action")
        verbose_name_plural = _("log of moderation")
        indexes = [models.Index(fields=["deed", "id"], name="moderation_by_deed")]

    def __str__(self) -> str:
        return f"{self.deed} #{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("The log of moderation is only ever added to.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("The log of moderation is only ever added to.")


class ModerationNotice(models.Model):
    """Tells a person of an action: a reporter what became of a report, an author what was done."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="moderation_notices")
    action = models.ForeignKey(ModerationAction, models.PROTECT, related_name="notices")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "action"], name="one_notice_a_person")]
        indexes = [models.Index(fields=["user", "seen_at"], name="notices_unseen")]

    def __str__(self) -> str:
        return f"notice of {self.action_id} to user {self.user_id}"
