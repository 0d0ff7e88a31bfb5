"""
The client of every subject: an ASGI server and its peer in one object, in process.

It needs nothing but the standard library, so that subprocesses with other packages can load it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import perf_counter
from typing import Any

Event = dict[str, Any]
Application = Callable[..., Awaitable[Any]]


class Client:
    """One connection to an ASGI application."""

    def __init__(self, application: Application, path: str = "/") -> None:
        self.received: list[str] = []
        self.count = 0
        self._application = application
        self._path = path
        self._inbox: asyncio.Queue[Event] = asyncio.Queue()
        self._accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None
        self.on_text: Callable[[str], None] = self.received.append

    async def connect(self) -> None:
        """Open the connection, and wait until it is accepted."""
        self._inbox.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.ensure_future(self._serve())
        await asyncio.wait([self._task, self._accepted], return_when=asyncio.FIRST_COMPLETED)
        if not self._accepted.done():
            raise RuntimeError("the application ended before it accepted")

    def send(self, text: str) -> None:
        """Send one frame."""
        self._inbox.put_nowait({"type": "websocket.receive", "text": text})

    async def disconnect(self) -> None:
        """Leave, and wait until the application has ended."""
        assert self._task is not None
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self._task

    async def receive(self) -> Event:
        """Do what a server does for an application that awaits the next event."""
        return await self._inbox.get()

    async def _serve(self) -> None:
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "path": self._path,
            "headers": [],
            "query_string": b"",
            "subprotocols": [],
            "client": ("127.0.0.1", 1),
            "url_route": {"args": (), "kwargs": {}},
        }
        await self._application(scope, self.receive, self.put)

    async def put(self, event: Event) -> None:
        """Take an event from the application."""
        if event["type"] == "websocket.send":
            self.count += 1
            self.on_text(event["text"])
        elif event["type"] == "websocket.accept":
            self._accepted.set_result(None)


class Exchange(Client):
    """
    Sends frames and takes as many replies, and measures the time.

    Directly, all frames lie ready; with `turns`, each one arrives in a turn of the event loop of its own,
    after the reply to the one before it.
    """

    def __init__(
        self, application: Application, frames: Iterable[str], *, turns: bool, path: str = "/"
    ) -> None:
        super().__init__(application, path)
        self._loop = asyncio.get_running_loop()
        self._frames = [{"type": "websocket.receive", "text": frame} for frame in frames]
        self._frames.reverse()
        self._expected = len(self._frames)
        self._turns = turns
        self._started = False
        self._done = self._loop.create_future()
        self._waiting: asyncio.Future[Event] | None = None
        self._end = 0.0

    async def measure(self) -> float:
        """Return the seconds from the first frame to the last reply."""
        await self.connect()
        for _ in range(10):  # what goes on after the accept is no part of it
            await asyncio.sleep(0)
        self.on_text = self._reply
        self._started = True
        begin = perf_counter()
        self._inbox.put_nowait(self._frames.pop())
        await self._done
        for _ in range(10):
            await asyncio.sleep(0)
        await self.disconnect()
        return self._end - begin

    async def receive(self) -> Event:
        if self._started and self._frames and self._inbox.empty():
            if not self._turns:
                return self._frames.pop()
            self._waiting = self._loop.create_future()
            return await self._waiting
        return await self._inbox.get()

    def _reply(self, text: str) -> None:
        self._expected -= 1
        if self._expected == 0:
            self._end = perf_counter()
            self._done.set_result(None)
        elif self._turns:
            self._loop.call_soon(self._arrive)

    def _arrive(self) -> None:
        frame = self._frames.pop()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(frame)
        else:
            self._inbox.put_nowait(frame)
