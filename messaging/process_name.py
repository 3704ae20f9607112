from __future__ import annotations

import os
import socket
from uuid import uuid4


def process_name() -> str:
    """How something of this process is called in leases and reports: host:pid:random, another one at every call."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
