from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.tutorial.settings")

from django.core.asgi import get_asgi_application

# First, so that models are loaded before anything imports them.
_django = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

from bench.tutorial.consumers import BareConsumer, ChatConsumer  # noqa: E402

chat: Any = ChatConsumer.as_asgi()
bare: Any = BareConsumer.as_asgi()
routes: list[Any] = [
    re_path(r"ws/chat/(?P<room_name>\w+)/$", chat),
    re_path(r"ws/bare/$", bare),
]
application = ProtocolTypeRouter({"http": _django, "websocket": AuthMiddlewareStack(URLRouter(routes))})
