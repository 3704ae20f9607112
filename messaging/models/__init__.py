from messaging.models.bridge_report import BridgeReport
from messaging.models.dead_letter import DeadLetter
from messaging.models.digest import MentionDigest
from messaging.models.head import RoomHead
from messaging.models.invite import Invite
from messaging.models.log_state import AppliedCommand, Lease, LogTopic, SiteState, StoredOffset
from messaging.models.membership import Membership
from messaging.models.mention import Mention
from messaging.models.message import Message
from messaging.models.outbox import OutboxCommand
from messaging.models.revision import MessageRevision
from messaging.models.room import Room
from messaging.models.sanction import Sanction
from messaging.models.spool import SpooledRecord

__all__ = [
    "AppliedCommand",
    "BridgeReport",
    "DeadLetter",
    "Invite",
    "Lease",
    "LogTopic",
    "Membership",
    "Mention",
    "MentionDigest",
    "Message",
    "MessageRevision",
    "OutboxCommand",
    "Room",
    "RoomHead",
    "Sanction",
    "SiteState",
    "SpooledRecord",
    "StoredOffset",
]
