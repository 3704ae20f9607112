from messaging.models.bridge_report import BridgeReport
from messaging.models.dead_letter import DeadLetter
from messaging.models.digest import MentionDigest
from messaging.models.head import RoomHead
from messaging.models.invite import Invite
from messaging.models.linked_page import LinkedPage
from messaging.models.log_state import AppliedCommand, Lease, LogTopic, SiteState, StoredOffset
from messaging.models.membership import Membership
from messaging.models.mention import Mention
from messaging.models.message import Message
from messaging.models.moderation import Deed, ModerationAction, ModerationCase, ModerationNotice, Reason, Report
from messaging.models.outbox import OutboxCommand
from messaging.models.retention import RetentionRule
from messaging.models.revision import MessageRevision
from messaging.models.room import Room
from messaging.models.sanction import Sanction
from messaging.models.spool import SpooledRecord
from messaging.models.web_report import WebReport
from messaging.models.webhook import Webhook, WebhookDelivery
from messaging.models.word_filter import HeldMessage, WordFilter

__all__ = [
    "AppliedCommand",
    "BridgeReport",
    "DeadLetter",
    "Deed",
    "HeldMessage",
    "Invite",
    "Lease",
    "LinkedPage",
    "LogTopic",
    "Membership",
    "Mention",
    "MentionDigest",
    "Message",
    "MessageRevision",
    "ModerationAction",
    "ModerationCase",
    "ModerationNotice",
    "OutboxCommand",
    "Reason",
    "Report",
    "RetentionRule",
    "Room",
    "RoomHead",
    "Sanction",
    "SiteState",
    "SpooledRecord",
    "StoredOffset",
    "WebReport",
    "Webhook",
    "WebhookDelivery",
    "WordFilter",
]
