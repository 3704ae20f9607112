from messaging.models.head import RoomHead
from messaging.models.log_state import AppliedCommand, Lease, LogTopic, SiteState, StoredOffset
from messaging.models.membership import Membership
from messaging.models.message import Message
from messaging.models.outbox import OutboxCommand
from messaging.models.room import Room

__all__ = [
    "AppliedCommand",
    "Lease",
    "LogTopic",
    "Membership",
    "Message",
    "OutboxCommand",
    "Room",
    "RoomHead",
    "SiteState",
    "StoredOffset",
]
