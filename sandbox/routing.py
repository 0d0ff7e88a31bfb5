"""The routes of the WebSockets."""

from __future__ import annotations

from channels.routing import URLRouter

from chanx.channels.routing import include, path

router = URLRouter([path("ws/", include("sandbox.chat.routing"))])
