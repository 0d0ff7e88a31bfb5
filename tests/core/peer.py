"""The client's end of a connection in memory: ASGI events, one by one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Self

PATIENCE = 5.0
"""Seconds after which a test that waits for an event has failed."""


class Peer:
    """Talks to a consumer class."""

    def __init__(self, consumer: Callable[[], Any], **scope: Any) -> None:
        self.scope = {
            "type": "websocket",
            "path": "/",
            "query_string": b"",
            "headers": [],
            "subprotocols": [],
            **scope,
        }
        self.app = consumer()
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.reads = 0
        self.read = asyncio.Event()
        self.hindrance: Callable[[dict[str, Any]], Awaitable[None]] | None = None

    async def __aenter__(self) -> Self:
        self.start()
        assert (await self.event())["type"] == "websocket.accept"
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.leave()
            await self.ended()
        else:
            self.task.cancel()

    def start(self) -> None:
        self.put({"type": "websocket.connect"})
        self.task = asyncio.create_task(self.app(self.scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        event = await self.incoming.get()
        self.reads += 1
        self.read.set()
        return event

    async def taken(self, count: int) -> None:
        """Await that the consumer has taken so many events."""
        async with asyncio.timeout(PATIENCE):
            while self.reads < count:
                self.read.clear()
                await self.read.wait()

    async def _send(self, event: dict[str, Any]) -> None:
        self.outgoing.put_nowait(event)
        if self.hindrance is not None:
            await self.hindrance(event)

    def put(self, *events: dict[str, Any]) -> None:
        for event in events:
            self.incoming.put_nowait(event)

    def say(self, *frames: Any) -> None:
        for frame in frames:
            text = frame if isinstance(frame, str) else json.dumps(frame)
            self.put({"type": "websocket.receive", "text": text})

    def leave(self, code: int = 1001) -> None:
        self.put({"type": "websocket.disconnect", "code": code})

    async def event(self) -> dict[str, Any]:
        """Await what the consumer sends next; its failure surfaces at once."""
        waiting = asyncio.create_task(self.outgoing.get())
        await asyncio.wait({waiting, self.task}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            if self.task.done():
                self.task.result()
            raise AssertionError("the consumer sent nothing")
        return waiting.result()

    async def hear(self) -> dict[str, Any]:
        """Await a frame."""
        event = await self.event()
        assert event["type"] == "websocket.send", event
        return json.loads(event["text"])

    async def ask(self, frame: Any) -> dict[str, Any]:
        self.say(frame)
        return await self.hear()

    async def closed(self) -> int:
        """Await the consumer's close, and what its server says then."""
        event = await self.event()
        assert event["type"] == "websocket.close", event
        return event["code"]

    async def ended(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([self.task])
        self.task.result()

    def silent(self) -> bool:
        return self.outgoing.empty()
