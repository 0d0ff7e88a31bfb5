"""What goes to a client: the sending side of a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic_core import to_json

from chanx.core.ports import Send


class Outlet:
    """Sends to one connection, and drops quietly what comes after its end."""

    __slots__ = ("_send", "accepted", "closed", "code", "ended")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.accepted = False
        self.ended = False
        """Nothing is sent any more."""
        self.closed = False
        """This side has closed."""
        self.code = 1006
        """The close code: ours or the client's (RFC 6455, section 7.4)."""

    async def accept(self, subprotocol: str | None, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Answer the handshake."""
        if not self.accepted and not self.ended:
            self.accepted = True
            await self._put(
                {"type": "websocket.accept", "subprotocol": subprotocol, "headers": list(headers)}
            )

    async def text(self, text: str) -> None:
        """Send one frame."""
        if self.ended:
            await asyncio.sleep(0)  # a handler that goes on sending can be cancelled here
            return
        try:
            await self._send({"type": "websocket.send", "text": text})
        except OSError:  # the server's word for a client that has gone; its disconnect event follows
            self.ended = True

    async def close(self, code: int, reason: str | None = None) -> None:
        """End the connection; before the handshake is answered, servers make an HTTP 403 of it."""
        if not self.ended:
            self.ended = self.closed = True
            self.code = code
            await self._put({"type": "websocket.close", "code": code, "reason": _short(reason)})

    async def deny(self, status: int, detail: str) -> None:
        """Refuse the handshake with an HTTP response (ASGI extension ``websocket.http.response``)."""
        self.ended = self.closed = True
        self.code = 4000 + status
        headers = [(b"content-type", b"application/json")]
        await self._put({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await self._put({"type": "websocket.http.response.body", "body": to_json({"detail": detail})})

    def gone(self, code: int) -> None:
        """Note that the client has left."""
        self.ended = True
        if not self.closed:
            self.code = code

    async def _put(self, event: dict[str, Any]) -> None:
        try:
            await self._send(event)
        except OSError:  # as in text()
            self.ended = True


def _short(reason: str | None) -> str:
    """Cut a reason to what a close frame holds (RFC 6455, section 5.5)."""
    return (reason or "").encode()[:123].decode(errors="ignore")
