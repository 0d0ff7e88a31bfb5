"""Fixtures of the integration tests: real servers, and one to ask them what happened inside."""

from __future__ import annotations

import asyncio
import json
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.integration.processes import Daphne, Server, Uvicorn

PATIENCE = 10.0


@pytest.fixture(scope="session")
def uvicorn_server() -> Iterator[Server]:
    with Uvicorn() as server:
        yield server


@pytest.fixture(scope="session")
def daphne_server() -> Iterator[Server]:
    with Daphne("--application-close-timeout", "1") as server:
        yield server


@pytest.fixture(params=["uvicorn", "daphne"])
def server(request: pytest.FixtureRequest) -> Server:
    """Return each real server in turn."""
    found: Server = request.getfixturevalue(f"{request.param}_server")
    return found


@pytest.fixture
def name() -> str:
    """Return a name for the connections of this test."""
    return uuid.uuid4().hex


@pytest.fixture
async def inspect(server: Server) -> AsyncIterator[Inspector]:
    """Return who answers questions about the inside of the server."""
    async with connect(f"{server.url}/inspect/") as connection:
        yield Inspector(connection)


class Inspector:
    """Asks a server what its consumers have done."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def noted(self, name: str, note: str, times: int = 1) -> list[str]:
        """Await that a consumer has noted something so often; return all that was noted under this name."""
        notes: list[str] = await self._ask("noted", name, note, times)
        return notes

    async def open(self, name: str) -> None:
        """Open the gate at which handlers wait."""
        await self._ask("open", name)

    async def members(self, group: str) -> int:
        count: int = await self._ask("members", group)
        return count

    async def _ask(self, *question: object) -> Any:
        async with asyncio.timeout(PATIENCE):
            await self._connection.send(json.dumps(question))
            return json.loads(await self._connection.recv())


@pytest.fixture(scope="session")
def redis_binary() -> str:
    """Return the path of redis-server, or skip the test."""
    return shutil.which("redis-server") or pytest.skip("redis-server is not installed")
