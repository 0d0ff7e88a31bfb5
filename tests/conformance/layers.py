"""Channel layers: one in memory without a framework, and one that fails at will."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any

from chanx.core.ports import ChannelLayer

Message = dict[str, Any]


class MemoryLayer:
    """The smallest layer that fills the port."""

    def __init__(self) -> None:
        self._channels: defaultdict[str, asyncio.Queue[Message]] = defaultdict(asyncio.Queue)
        self._numbers = itertools.count()
        self.groups: defaultdict[str, dict[str, None]] = defaultdict(dict)

    async def new_channel(self, prefix: str = "specific.") -> str:
        return f"{prefix}!{next(self._numbers)}"

    async def receive(self, channel: str) -> Message:
        return await self._channels[channel].get()

    async def send(self, channel: str, message: Message) -> None:
        self._channels[channel].put_nowait(copy.deepcopy(message))

    async def group_add(self, group: str, channel: str) -> None:
        self.groups[group][channel] = None

    async def group_discard(self, group: str, channel: str) -> None:
        self.groups[group].pop(channel, None)

    async def group_send(self, group: str, message: Message) -> None:
        for channel in self.groups[group]:
            await self.send(channel, message)


class FailingLayer:
    """Another layer, whose every operation can be made to raise, also those under way."""

    def __init__(self, layer: ChannelLayer) -> None:
        self._layer = layer
        self._broken = asyncio.Event()
        self._changed = asyncio.Event()
        self._error: Exception | None = None
        self.joins: list[str] = []
        """The groups that were joined since the last `fail`."""
        self.failures = 0
        """How many operations have failed since `fail` was called."""
        self.group_expiry: float | None = None
        """After how many seconds memberships end."""
        self.refused_joins = 0.0
        """How many of the next joins fail."""

    def fail(self, error: Exception) -> None:
        self._error = error
        self.failures = 0
        self.joins.clear()
        self._broken.set()

    def recover(self) -> None:
        self._error = None
        self._broken.clear()

    async def joined(self, *groups: str, times: int = 1) -> None:
        """Await that each of the groups has been joined so often since the last `fail`."""
        await self._until(lambda: all(self.joins.count(group) >= times for group in groups))

    async def failed(self, count: int) -> None:
        """Await that so many operations have failed."""
        await self._until(lambda: self.failures >= count)

    @property
    def groups(self) -> Any:
        return getattr(self._layer, "groups", None)

    async def new_channel(self, prefix: str = "specific.") -> str:
        return str(await self._try(self._layer.new_channel(prefix)))

    async def receive(self, channel: str) -> Message:
        message: Message = await self._try(self._layer.receive(channel))
        return message

    async def send(self, channel: str, message: Message) -> None:
        await self._try(self._layer.send(channel, message))

    async def group_add(self, group: str, channel: str) -> None:
        if self.refused_joins > 0:
            self.refused_joins -= 1
            self._note_failure()
            raise ConnectionError("no joins")
        await self._try(self._layer.group_add(group, channel))
        self.joins.append(group)
        self._changed.set()

    async def group_discard(self, group: str, channel: str) -> None:
        await self._try(self._layer.group_discard(group, channel))

    async def group_send(self, group: str, message: Message) -> None:
        await self._try(self._layer.group_send(group, message))

    async def _try(self, operation: Coroutine[Any, Any, Any]) -> Any:
        loop = asyncio.get_running_loop()
        work = loop.create_task(operation)
        broken = loop.create_task(self._broken.wait())
        try:
            await asyncio.wait([work, broken], return_when=asyncio.FIRST_COMPLETED)
            if self._error is not None:
                self._note_failure()
                raise self._error
            return await work
        finally:
            pending = [task for task in (work, broken) if task.cancel()]
            if pending:
                await asyncio.wait(pending)

    def _note_failure(self) -> None:
        self.failures += 1
        self._changed.set()

    async def _until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not true():
                self._changed.clear()
                await self._changed.wait()
