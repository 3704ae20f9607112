from messaging.admin.dead_letters import DeadLetterAdmin
from messaging.admin.messages import MessageAdmin
from messaging.admin.rooms import RoomAdmin
from messaging.admin.sanctions import SanctionAdmin

__all__ = ["DeadLetterAdmin", "MessageAdmin", "RoomAdmin", "SanctionAdmin"]
