"""A connection's place in a channel layer, and what is sent into it: encoded once, delivered as it is."""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from chanx.core._hub import hub_of
from chanx.core._listener import Listener, report_outage
from chanx.core._order import numbered, put_in_order
from chanx.core.errors import LayerMissingError, RequestError
from chanx.core.ports import ChannelLayer
from chanx.messages.outgoing import ErrorCode

logger = logging.getLogger("chanx")

Deliver = Callable[[dict[str, Any]], Awaitable[None]]

_SAFE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,99}\Z")
_REMEMBERED = 256
_BACKLOG = 1000
"""How many messages wait for a connection when the layer has no capacity of its own."""
_TURN = 32
"""After how many messages others get their turn."""


class Relay:
    """One connection's place in a channel layer: its own channel, its groups, and what arrives, in order."""

    def __init__(self, layer: ChannelLayer | None, max_groups: int) -> None:
        self.layer = layer
        self.groups: dict[str, None] = {}
        self.name: str | None = None
        """The name of its channel: what `exclude` compares."""
        self._max_groups = max_groups
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: Listener | None = None
        self._closed = False
        self._seen: dict[str, None] = {}
        self._arrived: list[dict[str, Any]] = []
        self._backlog: int = getattr(layer, "capacity", None) or _BACKLOG
        self._full = False
        self._deliver: Deliver | None = None
        self._context: contextvars.Context | None = None
        self._worker: asyncio.Task[None] | None = None

    @property
    def channel(self) -> str:
        """
        The name of the connection's channel, which from now on is listened to.

        Raises:
            LayerMissingError: There is no channel layer.
        """
        if self.name is None or self._loop is None:
            raise LayerMissingError("There is no channel layer. Configure one in CHANNEL_LAYERS.")
        if self._listener is None:
            self._loop.call_soon_threadsafe(self._listen)
        return self.name

    async def open(self, groups: Iterable[str]) -> None:
        """Take a channel and join groups."""
        if self.layer is not None:
            self._loop = asyncio.get_running_loop()
            self.name = await self.layer.new_channel()
        for group in groups:
            await self.join(group)

    def start(self, deliver: Deliver) -> None:
        """Begin to deliver, also what has arrived already."""
        self._deliver = deliver
        self._context = contextvars.copy_context()
        self._wake()

    def offer(self, message: dict[str, Any]) -> None:
        """Take a message at once; it is delivered after those before it."""
        if len(self._arrived) < self._backlog:
            self._arrived.append(message)
            if self._worker is None:
                self._wake()
        elif not self._full:
            self._full = True
            logger.warning("A connection takes its pushes too slowly: more than %s wait", self._backlog)

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
        hub = hub_of(required(self.layer), safe_group(group))
        self.groups[group] = None
        try:
            await hub.join(self)
        except BaseException:  # as though nobody had asked
            self.groups.pop(group, None)
            raise

    async def leave(self, group: str) -> None:
        """Leave a group; nothing happens when the connection isn't in it."""
        if group in self.groups:
            del self.groups[group]
            try:
                await hub_of(required(self.layer), safe_group(group)).leave(self)
            except BaseException:  # close() shall try again
                self.groups[group] = None
                raise

    def wants(self, message: dict[str, Any]) -> bool:
        """Whether a message is for this connection, and comes for the first time."""
        if message.get("exclude") == self.name:
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
        Stop delivering and leave all groups, whatever fails; a failure of the layer is logged once for all connections.

        Raises:
            ExceptionGroup: Delivering has failed.
        """
        self._listen()  # so that the layer learns that the channel is not needed any more
        self._closed = True
        self._deliver = None
        tasks = [] if self._worker is None else [self._worker]
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        if self._listener is not None:
            await self._listener.close()
        leaving = (self.leave(group) for group in list(self.groups))
        for result in await asyncio.gather(*leaving, return_exceptions=True):
            if isinstance(result, Exception):
                report_outage(required(self.layer), result)
        failures = [result for result in results if isinstance(result, Exception)]
        if failures:
            raise ExceptionGroup("delivering failed", failures)

    def _listen(self) -> None:
        if self.layer is not None and self.name is not None and self._listener is None and not self._closed:
            self._listener = Listener(self.layer, self.name, self.offer)

    def _wake(self) -> None:
        if self._deliver is not None and self._arrived:
            work = self._work(self._deliver)
            self._worker = asyncio.get_running_loop().create_task(work, context=self._context)

    async def _work(self, deliver: Deliver) -> None:
        count = 0
        while self._arrived:
            arrived, self._arrived, self._full = self._arrived, [], False
            if len(arrived) > 1:
                put_in_order(arrived)
            for message in arrived:
                await deliver(message)
                count += 1
                if count % _TURN == 0:
                    await asyncio.sleep(0)
        self._worker = None


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
    message = numbered(message)
    for group in groups:
        await required(layer).group_send(safe_group(group), message)
