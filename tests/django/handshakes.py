"""Scopes of WebSocket connections, and authenticators run over them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from chanx.core.authenticator import BaseAuthenticator
from chanx.messages.base import BaseMessage


def make_scope(
    path: str = "/ws/rooms/",
    *,
    headers: Iterable[tuple[bytes, bytes]] = (),
    kwargs: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return the scope of a connection as a server and Channels' URLRouter make it."""
    return {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "ws",
        "http_version": "1.1",
        "query_string": b"",
        "headers": [(b"host", b"testserver"), *headers],
        "client": ("203.0.113.7", 40000),
        "server": ("127.0.0.1", 80),
        "subprotocols": [],
        "url_route": {"args": (), "kwargs": kwargs or {}},
        **more,
    }


async def send_nothing(message: BaseMessage) -> None:
    raise AssertionError(f"an authenticator sent {message!r}")


A = TypeVar("A", bound=BaseAuthenticator)


async def authenticate(kind: type[A], scope: dict[str, Any]) -> tuple[A, bool]:
    """Run an authenticator as the session does."""
    authenticator = kind(send_nothing)
    return authenticator, await authenticator.authenticate(scope)
