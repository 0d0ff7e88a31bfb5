"""A group of a layer in this process: one channel and one membership, however many connections are in it."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from chanx.core._listener import Listener
from chanx.core.ports import ChannelLayer

logger = logging.getLogger("chanx")

MESSAGE_TYPE = "chanx.message"
EVENT_TYPE = "chanx.event"
OWN_TYPES = frozenset({MESSAGE_TYPE, EVENT_TYPE})


class Member(Protocol):
    """A connection in a group."""

    def offer(self, message: dict[str, Any]) -> None:
        """Take a message at once; deliver it in its turn."""
        ...


class Hub:
    """
    The members of one group in this event loop.

    The first member to join makes this process a member of the layer's group, the last one to leave ends that.
    """

    def __init__(self, layer: ChannelLayer, group: str) -> None:
        self._layer = layer
        self._group = group
        self._members: dict[Member, None] = {}
        self._lock = asyncio.Lock()
        self._listener: Listener | None = None
        self._joined = False
        self._refresh: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def join(self, member: Member) -> None:
        """Join the group; when this returns, what is sent to it arrives."""
        self._members[member] = None
        try:
            async with self._lock:
                if not self._joined:
                    await self._open()
        except BaseException:  # as though nobody had asked
            with suppress(Exception):  # the first failure counts
                await self.leave(member)
            raise

    async def leave(self, member: Member) -> None:
        """Leave the group."""
        self._members.pop(member, None)
        async with self._lock:
            if not self._members:
                await self._close()

    async def _open(self) -> None:
        if self._listener is not None:  # the layer failed when it was left
            await self._discard(self._listener)
        self._listener = Listener(self._layer, await self._layer.new_channel(), self._take, self._rejoin)
        await self._rejoin()
        self._joined = True
        expiry = getattr(self._layer, "group_expiry", None)
        if expiry:
            self._schedule_refresh(expiry / 2)

    async def _close(self) -> None:
        self._joined = False
        if self._refresh is not None:
            self._refresh.cancel()
        for task in self._tasks:
            task.cancel()
        if self._listener is not None:
            await self._discard(self._listener)
        if not self._members:
            _forget(self._layer, self._group)

    async def _discard(self, listener: Listener) -> None:
        """End the membership; when the layer fails, only receiving ends, and this can be tried again."""
        try:
            await twice(self._layer.group_discard, self._group, listener.channel)
        finally:
            await listener.close()
        self._listener = None

    def _take(self, message: dict[str, Any]) -> None:
        own = message.get("type") in OWN_TYPES
        for member in tuple(self._members):
            member.offer(message if own else copy.deepcopy(message))

    async def _rejoin(self) -> None:
        if self._listener is not None and self._members:
            await twice(self._layer.group_add, self._group, self._listener.channel)

    def _schedule_refresh(self, interval: float) -> None:
        self._refresh = asyncio.get_running_loop().call_later(interval, self._start_refresh, interval)

    def _start_refresh(self, interval: float) -> None:
        """Renew the membership before the layer lets it expire."""
        task = asyncio.get_running_loop().create_task(self._rejoin())
        self._tasks.add(task)
        task.add_done_callback(self._refreshed)
        self._schedule_refresh(interval)

    def _refreshed(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("A refresh of group memberships failed", exc_info=error)


_Hubs = dict[tuple[ChannelLayer, str], Hub]
_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, _Hubs] = WeakKeyDictionary()


def hub_of(layer: ChannelLayer, group: str) -> Hub:
    """Return the hub of a group in this event loop."""
    hubs = _hubs.setdefault(asyncio.get_running_loop(), {})
    hub = hubs.get((layer, group))
    if hub is None:
        hub = hubs[layer, group] = Hub(layer, group)
    return hub


def _forget(layer: ChannelLayer, group: str) -> None:
    _hubs[asyncio.get_running_loop()].pop((layer, group), None)


async def twice(change: Callable[[str, str], Awaitable[None]], group: str, channel: str) -> None:
    """Change a membership; layers notice by a failure that they have lost a connection, so try again at once."""
    try:
        await change(group, channel)
    except Exception:  # noqa: BLE001 - any error of any layer; the second counts
        await change(group, channel)
