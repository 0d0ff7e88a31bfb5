"""What a client sends, in order; read ahead while a handler runs."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any

from chanx.core.ports import Receive

Event = Mapping[str, Any]
Urgent = Callable[[Event], Awaitable[bool]]
TURN = 32
"""After how many frames other connections get their turn."""


class Inbox:
    """
    The receiving side of one connection.

    Normally the session awaits ``receive`` itself. While a handler runs long, a reader takes over:
    it offers each event to ``urgent`` and keeps what that leaves, until the session catches up.
    """

    def __init__(self, receive: Receive, limit: int, urgent: Urgent) -> None:
        self._receive = receive
        self._limit = limit
        self._urgent = urgent
        self._waiting: list[Event] = []
        self._reader: asyncio.Task[None] | None = None
        self._idle = False

    @cached_property
    def _changed(self) -> asyncio.Event:
        return asyncio.Event()  # made when it is needed: most connections are idle, and it is large

    async def next(self) -> Event:
        """Await the next event."""
        while not self._waiting:
            reader = self._reader
            if reader is None:
                return await self._receive()
            if reader.done():
                self._reader = None
                reader.result()
            else:
                self._idle = True
                await self._change()
                self._idle = False
        event = self._waiting.pop(0)
        self._changed.set()
        return event

    @property
    def reading_ahead(self) -> bool:
        """Whether a reader runs, or has left something."""
        return self._reader is not None or bool(self._waiting)

    def read_ahead(self) -> None:
        """Let a reader take over, if none has."""
        if self._reader is None:
            self._reader = asyncio.get_running_loop().create_task(self._read())
            self._reader.add_done_callback(lambda _: self._changed.set())

    async def close(self) -> None:
        """Stop reading."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
            self._reader = None

    async def _read(self) -> None:
        for number in itertools.count(1):  # pragma: no branch - endless
            event = await self._receive()
            if number % TURN == 0:
                await asyncio.sleep(0)
            if await self._urgent(event):
                continue
            self._waiting.append(event)
            self._changed.set()
            if event["type"] == "websocket.disconnect":
                return
            if self._idle:  # the session has caught up
                self._reader = None
                return
            while len(self._waiting) >= self._limit:
                await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
