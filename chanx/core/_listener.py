"""Receives from one channel of a layer, whatever fails."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Any
from weakref import WeakSet

from chanx.core.ports import ChannelLayer

logger = logging.getLogger("chanx")

Take = Callable[[dict[str, Any]], None]
Rejoin = Callable[[], Awaitable[None]]

_LONGEST_PAUSE = 2.0
_down: WeakSet[Any] = WeakSet()


class Listener:
    """
    Hands on each message of a channel, until it is closed.

    When the layer fails, it tries again with pauses, and first calls `rejoin`: the layer may have forgotten
    its memberships.
    """

    def __init__(self, layer: ChannelLayer, channel: str, take: Take, rejoin: Rejoin | None = None) -> None:
        self.channel = channel
        self._layer = layer
        self._take = take
        self._rejoin = rejoin
        # An empty context: it belongs to no connection.
        self._task = asyncio.get_running_loop().create_task(self._run(), context=Context())

    async def close(self) -> None:
        """Stop receiving; layers free a channel when its receive is cancelled."""
        await asyncio.sleep(0)  # so that it has begun to receive
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        failed = False
        while True:
            try:
                if failed and self._rejoin is not None:
                    await self._rejoin()
                failed = False
                message = await self._layer.receive(self.channel)
            except Exception as error:  # noqa: BLE001 - any error of any layer: its connections outlive it
                failed = await self._pause(error, failed)
                continue
            _down.discard(self._layer)
            # No turn for others here: what waits in several channels is taken before any of it is delivered.
            self._take(message)

    async def _pause(self, error: Exception, failed: bool) -> bool:
        """Wait before the next try; False when nothing is wrong but that nothing came in time."""
        if isinstance(error, TimeoutError) or type(error).__name__ == "TimeoutError":
            await asyncio.sleep(0)
            return failed
        report_outage(self._layer, error)
        await asyncio.sleep(random.uniform(0.5, 1.0) * (_LONGEST_PAUSE if failed else 0.2))  # noqa: S311 - spreads reconnects
        return True


def report_outage(layer: ChannelLayer, error: Exception) -> None:
    """Log that a layer fails: once, however many connections notice, until something arrives through it again."""
    if layer not in _down:
        _down.add(layer)
        logger.error("The channel layer failed; connections stay and try again", exc_info=error)
