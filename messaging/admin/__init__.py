from messaging.admin.messages import MessageAdmin
from messaging.admin.rooms import RoomAdmin
from messaging.admin.sanctions import SanctionAdmin

__all__ = ["MessageAdmin", "RoomAdmin", "SanctionAdmin"]
