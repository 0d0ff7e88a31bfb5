"""The routes of the chat's WebSockets."""

from __future__ import annotations

from chanx.channels.routing import path
from sandbox.chat.consumers import RoomConsumer, RoomsConsumer

websocket_urlpatterns = [
    path("rooms/", RoomsConsumer.as_asgi()),
    path("rooms/<int:room>/", RoomConsumer.as_asgi()),
]
