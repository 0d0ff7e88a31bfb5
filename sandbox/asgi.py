"""The ASGI application: pages, static files and WebSockets."""

from __future__ import annotations

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sandbox.settings")
pages = get_asgi_application()

# Django is set up now: what follows may import models.
from sandbox.routing import router  # noqa: E402
from sandbox.statics import StaticFiles  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": StaticFiles(pages),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(router)),
    }
)
