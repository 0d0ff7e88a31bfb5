"""What goes through a channel layer: encoded once, delivered as it is."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import re
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from weakref import WeakSet

from chanx.core.errors import LayerMissingError, RequestError
from chanx.core.ports import ChannelLayer
from chanx.messages.outgoing import ErrorCode

logger = logging.getLogger("chanx")

MESSAGE_TYPE = "chanx.message"
EVENT_TYPE = "chanx.event"
Deliver = Callable[[dict[str, Any]], Awaitable[None]]

_SAFE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,99}\Z")
_REMEMBERED = 256
_LONGEST_PAUSE = 2.0
_down: WeakSet[Any] = WeakSet()


class Relay:
    """One connection's place in a channel layer: its own channel, its groups, what arrives."""

    def __init__(self, layer: ChannelLayer | None, max_groups: int) -> None:
        self.layer = layer
        self.groups: dict[str, None] = {}
        self._max_groups = max_groups
        self._channel: str | None = None
        self._seen: dict[str, None] = {}
        self._pump: asyncio.Task[None] | None = None
        self._refresh: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def channel(self) -> str:
        """
        The name of the connection's channel.

        Raises:
            LayerMissingError: There is no channel layer.
        """
        if self._channel is None:
            raise LayerMissingError("There is no channel layer. Configure one in CHANNEL_LAYERS.")
        return self._channel

    async def open(self, groups: Iterable[str]) -> None:
        """Take a channel and join groups."""
        if self.layer is not None:
            self._channel = await self.layer.new_channel()
        for group in groups:
            await self.join(group)

    def start(self, deliver: Deliver) -> None:
        """Begin to receive."""
        if self.layer is not None:
            loop = asyncio.get_running_loop()
            self._pump = loop.create_task(self._receive(deliver, self.layer, self.channel))
            expiry = getattr(self.layer, "group_expiry", None)
            if expiry:
                self._refresh = loop.call_later(expiry / 2, self._refresh_memberships, expiry / 2)

    async def join(self, group: str) -> None:
        """
        Join a group.

        Raises:
            LayerMissingError: There is no channel layer.
            RequestError: The connection is in too many groups.
        """
        if group in self.groups:
            return
        if len(self.groups) >= self._max_groups:
            raise RequestError(
                f"The connection is in MAX_SUBSCRIPTIONS={self._max_groups} groups. Leave one first.",
                ErrorCode.TOO_MANY_PENDING,
            )
        channel, name = self.channel, safe_group(group)
        self.groups[group] = None
        try:
            await _twice(required(self.layer).group_add, name, channel)
        except Exception:  # as though nobody had asked
            self.groups.pop(group, None)
            raise

    async def leave(self, group: str) -> None:
        """Leave a group; nothing happens when the connection isn't in it."""
        if group in self.groups:
            del self.groups[group]
            try:
                await _twice(required(self.layer).group_discard, safe_group(group), self.channel)
            except BaseException:  # close() shall try again
                self.groups[group] = None
                raise

    def wants(self, message: dict[str, Any]) -> bool:
        """Whether a message is for this connection, and comes for the first time."""
        if message.get("exclude") == self._channel:
            return False
        once = message.get("once")
        if once is None:
            return True
        if once in self._seen:
            return False
        self._seen[once] = None
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return True

    async def close(self) -> None:
        """
        Stop receiving and leave all groups, whatever fails.

        Raises:
            ExceptionGroup: The layer failed; every group was tried.
        """
        if self._refresh is not None:
            self._refresh.cancel()
        if self.layer is not None and self._channel is not None and self._pump is None:
            self._pump = asyncio.ensure_future(self._forget(self.layer, self._channel))
            await asyncio.sleep(0)
        tasks = [task for task in (self._pump, *self._tasks) if task is not None]
        for task in tasks:
            task.cancel()
        results = [
            *await asyncio.gather(*tasks, return_exceptions=True),
            *await asyncio.gather(
                *(self.leave(group) for group in list(self.groups)), return_exceptions=True
            ),
        ]
        failures = [result for result in results if isinstance(result, Exception)]
        if failures:
            raise ExceptionGroup("the layer failed", failures)

    async def _receive(self, deliver: Deliver, layer: ChannelLayer, channel: str) -> None:
        failed = False
        count = 0
        while True:
            try:
                if failed:
                    await self._rejoin(layer, channel)
                    failed = False
                message = await layer.receive(channel)
            except Exception as error:  # noqa: BLE001 - any error of any layer: this connection outlives it
                failed = await self._pause(layer, error, failed)
                continue
            _down.discard(layer)
            await deliver(message)
            count += 1
            if count % 32 == 0:
                await asyncio.sleep(0)

    async def _forget(self, layer: ChannelLayer, channel: str) -> None:
        """Receive once: layers free a channel when its receive is cancelled."""
        await layer.receive(channel)

    async def _pause(self, layer: ChannelLayer, error: Exception, failed: bool) -> bool:
        """Wait before the next try; False when nothing is wrong but that nothing came in time."""
        if isinstance(error, TimeoutError) or type(error).__name__ == "TimeoutError":
            await asyncio.sleep(0)
            return failed
        if layer not in _down:
            _down.add(layer)
            logger.error("The channel layer failed; connections stay and try again", exc_info=error)
        await asyncio.sleep(random.uniform(0.5, 1.0) * (_LONGEST_PAUSE if failed else 0.2))  # noqa: S311 - spreads reconnects
        return True

    async def _rejoin(self, layer: ChannelLayer, channel: str) -> None:
        for group in list(self.groups):
            if group in self.groups:  # not left meanwhile
                await _twice(layer.group_add, safe_group(group), channel)

    def _refresh_memberships(self, interval: float) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._rejoin(required(self.layer), self.channel))
        self._tasks.add(task)
        task.add_done_callback(self._refreshed)
        self._refresh = loop.call_later(interval, self._refresh_memberships, interval)

    def _refreshed(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("A refresh of group memberships failed", exc_info=error)


async def _twice(change: Callable[[str, str], Awaitable[None]], group: str, channel: str) -> None:
    """Change a membership; layers notice by a failure that they have lost a connection, so try again at once."""
    try:
        await change(group, channel)
    except Exception:  # noqa: BLE001 - any error of any layer; the second counts
        await change(group, channel)


def required(layer: ChannelLayer | None) -> ChannelLayer:
    """Return the layer, which must be there."""
    if layer is None:
        raise LayerMissingError("There is no channel layer. Configure one in CHANNEL_LAYERS.")
    return layer


def safe_group(group: str) -> str:
    """Map any string to a name that every layer takes; valid names stay."""
    if not isinstance(group, str):
        raise TypeError(f"A group is a string, not {group!r}.")
    if _SAFE_NAME.match(group):
        return str.__str__(group)
    digest = hashlib.sha256(group.encode("utf-8", "surrogatepass")).hexdigest()
    return f"chanx.{digest[:48]}"


def as_groups(groups: str | Iterable[str] | None, default: Iterable[str]) -> list[str]:
    """
    List groups without repeats; one string is one group.

    Raises:
        ValueError: There is no group.
    """
    found = (
        [groups] if isinstance(groups, str) else list(dict.fromkeys(default if groups is None else groups))
    )
    if not found:
        raise ValueError("There is no group to send to. Name one, or declare groups on the consumer.")
    return found


async def publish(
    layer: ChannelLayer | None, groups: list[str], message: dict[str, Any], *, exclude: str | None = None
) -> None:
    """Send one message to groups, so that each connection receives it once."""
    if len(groups) > 1:
        message = {**message, "once": uuid.uuid4().hex}
    if exclude is not None:
        message = {**message, "exclude": exclude}
    for group in groups:
        await required(layer).group_send(safe_group(group), message)
