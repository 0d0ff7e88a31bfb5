"""What chanx asks of the framework around it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol

Scope = MutableMapping[str, Any]
"""The scope of a WebSocket connection (ASGI specification, "WebSocket Connection Scope")."""

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
"""Awaits the next event of a connection (ASGI specification, ``websocket.*``)."""

Send = Callable[[dict[str, Any]], Awaitable[None]]
"""Sends an event to a connection (ASGI specification, ``websocket.*``)."""


class ChannelLayer(Protocol):
    """Carries messages between processes: the part of Channels' layer specification that is used here."""

    async def new_channel(self, prefix: str = ...) -> str:
        """Make a name for a channel that only this process receives from."""
        ...

    async def receive(self, channel: str) -> dict[str, Any]:
        """Await the next message of a channel."""
        ...

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send to one channel."""
        ...

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel to a group."""
        ...

    async def group_discard(self, group: str, channel: str) -> None:
        """Remove a channel from a group."""
        ...

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to every channel of a group."""
        ...


class Housekeeping(Protocol):
    """What is to be done between frames, such as closing old database connections."""

    def due(self) -> bool:
        """Tell, at almost no cost, whether there is anything to do."""
        ...

    async def run(self) -> None:
        """Do it."""
        ...
