from messaging.admin.cases import CaseAdmin
from messaging.admin.dead_letters import DeadLetterAdmin
from messaging.admin.filters import HeldMessageAdmin, WordFilterAdmin
from messaging.admin.messages import MessageAdmin
from messaging.admin.moderation_log import ModerationLogAdmin
from messaging.admin.retention import RetentionRuleAdmin
from messaging.admin.rooms import RoomAdmin
from messaging.admin.sanctions import SanctionAdmin
from messaging.admin.webhooks import WebhookAdmin, WebhookDeliveryAdmin

__all__ = [
    "CaseAdmin",
    "DeadLetterAdmin",
    "HeldMessageAdmin",
    "MessageAdmin",
    "ModerationLogAdmin",
    "RetentionRuleAdmin",
    "RoomAdmin",
    "SanctionAdmin",
    "WebhookAdmin",
    "WebhookDeliveryAdmin",
    "WordFilterAdmin",
]
