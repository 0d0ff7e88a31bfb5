"""A channel layer within one event loop, which records what goes through it."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that was given to a layer."""

    target: str
    """The name of a channel or a group."""
    message: dict[str, Any]
    to_group: bool


class MemoryLayer:
    """
    A channel layer for tests, in memory; give it to consumers through ``get_channel_layer``::

        layer = MemoryLayer()

        class ChatConsumer(WebsocketConsumer):
            @classmethod
            def get_channel_layer(cls) -> ChannelLayer:
                return layer
    """

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        """All that was sent, oldest first."""
        self.groups: dict[str, dict[str, None]] = {}
        """The channels of each group that has any, in the order in which they joined."""
        self._channels: defaultdict[str, asyncio.Queue[dict[str, Any]]] = defaultdict(asyncio.Queue)
        self._names = itertools.count(1)

    async def new_channel(self, prefix: str = "memory") -> str:
        """Make a name for a channel."""
        return f"{prefix}.{next(self._names)}"

    async def receive(self, channel: str) -> dict[str, Any]:
        """Await the next message of a channel."""
        return await self._channels[channel].get()

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send to one channel."""
        self.sent.append(Sent(channel, message, to_group=False))
        self._channels[channel].put_nowait(dict(message))

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel to a group."""
        self.groups.setdefault(group, {})[channel] = None

    async def group_discard(self, group: str, channel: str) -> None:
        """Remove a channel from a group."""
        members = self.groups.get(group, {})
        members.pop(channel, None)
        if not members:
            self.groups.pop(group, None)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to every channel of a group."""
        self.sent.append(Sent(group, message, to_group=True))
        for channel in self.groups.get(group, {}):
            self._channels[channel].put_nowait(dict(message))
