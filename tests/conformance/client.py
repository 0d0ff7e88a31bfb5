"""A WebSocket client on the server's side of ASGI: two queues, as strict as a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Self

Application = Callable[..., Awaitable[None]]
PATIENCE = 5.0
"""Seconds after which something that should have come is missing."""


class GoneError(OSError):
    """What uvicorn raises out of `send` when the client has gone."""


class Client:
    """One connection to an application; entering it awaits the accept."""

    def __init__(self, application: Application, scope: Mapping[str, Any], *, accepted: bool = True) -> None:
        self._application = application
        self._awaits_accept = accepted
        self.scope: dict[str, Any] = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": "/",
            "raw_path": b"/",
            "root_path": "",
            "query_string": b"",
            "headers": [],
            "client": ("127.0.0.1", 40000),
            "server": ("127.0.0.1", 80),
            "subprotocols": [],
            "extensions": {},
            "state": {},
            **scope,
        }
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._to_client: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._read = asyncio.Event()
        self._phase = "connecting"
        self._hurried = False
        self.accept: dict[str, Any] | None = None
        """The event that accepted the handshake."""

    async def __aenter__(self) -> Self:
        self._to_server.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.get_running_loop().create_task(self._serve())
        if self._awaits_accept:
            self.accept = await self.event("websocket.accept")
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._phase != "gone":
            self.leave()
        if kind is None:
            await self.ended()
        else:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=PATIENCE)

    # -- what the client sends

    def text(self, *frames: str) -> None:
        for frame in frames:
            self._to_server.put_nowait({"type": "websocket.receive", "text": frame})

    def binary(self, frame: bytes) -> None:
        self._to_server.put_nowait({"type": "websocket.receive", "bytes": frame})

    def send(self, action: str, payload: Any = None, **more: Any) -> None:
        content = {} if payload is None else {"payload": payload}
        self.text(json.dumps({"action": action, **content, **more}))

    def leave(self, code: int = 1000) -> None:
        """Close from the client's side."""
        self._phase = "gone"
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": code})

    @property
    def unread(self) -> int:
        """How many frames the server hasn't read yet."""
        return self._to_server.qsize()

    async def read_but(self, unread: int) -> None:
        """Await that the server has read all frames but so many."""
        async with asyncio.timeout(PATIENCE):
            while self.unread > unread:
                self._read.clear()
                await self._read.wait()

    # -- what the client receives

    async def event(self, kind: str) -> dict[str, Any]:
        """Receive the next ASGI event, which must be of this type."""
        async with asyncio.timeout(PATIENCE):
            event = await self._to_client.get()
        assert event["type"] == kind, f"expected {kind}, received {event}"
        return event

    async def frame_text(self) -> str:
        text = (await self.event("websocket.send"))["text"]
        assert isinstance(text, str)
        return text

    async def receive(self) -> dict[str, Any]:
        """Receive the next frame, which must be a strict JSON object."""
        frame = json.loads(await self.frame_text(), parse_constant=_refuse)
        assert isinstance(frame, dict)
        return frame

    async def request(self, action: str, payload: Any = None, **more: Any) -> dict[str, Any]:
        self.send(action, payload, **more)
        return await self.receive()

    async def waiting(self, mark: str = "mark") -> list[dict[str, Any]]:
        """Receive all that comes before the answer to a ping: proof of what does not come."""
        self.send("ping", id=mark)
        frames = []
        while (frame := await self.receive()) != {"action": "pong", "payload": None, "id": mark}:
            frames.append(frame)
        return frames

    async def alive(self) -> bool:
        """Whether the next frame is the answer to a ping."""
        return await self.waiting("alive") == []

    async def closed(self) -> int:
        """Await the close, which must come next; return its code."""
        code = (await self.event("websocket.close"))["code"]
        assert isinstance(code, int)
        return code

    async def ended(self) -> None:
        """Await the end of the application, which must not raise."""
        if not await self.cancelled() or not self._hurried:
            self._task.result()

    def hurry(self) -> None:
        """Cancel the application, as a server does that shuts down."""
        self._phase = "gone"
        self._hurried = True
        self._task.cancel()

    async def cancelled(self) -> bool:
        """Await the end of the application; whether it ended as cancelled."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([self._task])
        return self._task.cancelled()

    def left(self) -> list[dict[str, Any]]:
        """Take the events that were not read yet."""
        return [self._to_client.get_nowait() for _ in range(self._to_client.qsize())]

    # -- the server between

    async def _serve(self) -> None:
        await self._application(self.scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        event = await self._to_server.get()
        self._read.set()
        return event

    async def _send(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if self._phase == "gone":
            raise GoneError
        allowed = _ALLOWED[self._phase]
        if kind not in allowed:
            raise RuntimeError(f"{kind} while {self._phase}")
        self._phase = allowed[kind]
        self._to_client.put_nowait(event)
        if kind == "websocket.close":
            self._to_server.put_nowait({"type": "websocket.disconnect", "code": event["code"]})


_ALLOWED: Mapping[str, Mapping[str, str]] = {
    "connecting": {
        "websocket.accept": "connected",
        "websocket.close": "closed",
        "websocket.http.response.start": "denying",
    },
    "denying": {"websocket.http.response.body": "closed"},
    "connected": {"websocket.send": "connected", "websocket.close": "closed"},
    "closed": {},
}
"""Which events a server takes when, and what it makes of the connection (ASGI specification)."""


def header(name: str, value: str) -> tuple[bytes, bytes]:
    return name.encode(), value.encode()


def actions(frames: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [frame["action"] for frame in frames]


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")
