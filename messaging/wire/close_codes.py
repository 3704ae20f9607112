"""Why a socket ends. daphne can send only 1000 and 3000-4999, hence our own 44xx."""

from enum import IntEnum

from messaging.errors import ChatError


class CloseCode(IntEnum):
    NORMAL = 1000
    NOT_THE_PROTOCOL = 4400
    NOT_SIGNED_IN = 4401
    FORBIDDEN = 4403
    TOO_SLOW = 4408
    RESTARTING = 4412
    FRAME_TOO_LARGE = 4413
    TOO_MANY_FRAMES = 4429
    OUR_FAULT = 4500


class Closing(ChatError):
    """The connection has to end."""

    def __init__(self, close_code: CloseCode) -> None:
        super().__init__()
        self.close_code = close_code
