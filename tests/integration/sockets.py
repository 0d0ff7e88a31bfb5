"""What tests do with a real WebSocket."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

PATIENCE = 10.0


async def send(client: ClientConnection, action: str, payload: Any = None, **more: Any) -> None:
    content = {} if payload is None else {"payload": payload}
    await client.send(json.dumps({"action": action, **content, **more}))


async def receive(client: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        frame: dict[str, Any] = json.loads(await client.recv())
    return frame


async def request(client: ClientConnection, action: str, payload: Any = None, **more: Any) -> dict[str, Any]:
    await send(client, action, payload, **more)
    return await receive(client)


async def pong(client: ClientConnection) -> bool:
    """Whether the next frame answers a ping."""
    return await request(client, "ping", id="p") == {"action": "pong", "payload": None, "id": "p"}


async def closed(client: ClientConnection) -> tuple[int, list[dict[str, Any]]]:
    """Await the close; return its code, 1006 if there is none, and the frames that came before it."""
    frames: list[dict[str, Any]] = []
    try:
        while True:
            frames.append(await receive(client))
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else 1006, frames


def reset(client: ClientConnection) -> None:
    """Vanish: end the TCP connection with a reset."""
    raw: socket.socket = client.transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.transport.abort()
