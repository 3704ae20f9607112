"""The ASGI application: pages and API by Django, `/ws/` by the chat."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

# First, so that models are loaded before anything imports them.
_django = get_asgi_application()

from accounts.pictures import BYTES_MOST  # noqa: E402
from chatsite.body_limit import BodyLimit  # noqa: E402
from messaging.consumers import websocket_application  # noqa: E402
from messaging.web_process import lifespan  # noqa: E402

FORM_BYTES = 262_144
"""Beside the largest upload: the fields and borders of its form."""

application = ProtocolTypeRouter(
    {"http": BodyLimit(_django, BYTES_MOST + FORM_BYTES), "websocket": websocket_application, "lifespan": lifespan}
)
