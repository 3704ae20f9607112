"""Every service that reads `chat.events`, by its name."""

from __future__ import annotations

from messaging.bridge.notifier import Notifier
from messaging.bridge.previewer import Previewer
from messaging.bridge.webhooks import Webhooks
from messaging.bridge.worker import Worker

WORKERS: dict[str, type[Worker]] = {worker.name: worker for worker in (Notifier, Previewer, Webhooks)}
