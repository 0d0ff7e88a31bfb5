"""Database connections between the messages of a consumer, with a real PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from time import monotonic
from typing import Any, Literal
from urllib.parse import urlsplit

import psycopg
import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from django.db import Error, connections, transaction
from pytest_django import DjangoDbBlocker

from chanx.core.decorators import ws_handler
from chanx.messages.base import BaseMessage
from chanx_django._database import DatabaseHousekeeping, database_housekeeping, run_and_close
from chanx_django.websocket import AsyncJsonWebsocketConsumer

pytestmark = pytest.mark.integration
ALIAS = "postgresql"


@pytest.fixture
def options(database_url: str, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    """The settings of the database; its connections are forgotten after the test."""
    parts = urlsplit(database_url)
    settings = {
        **connections.settings["default"],
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.strip("/"),
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": {"application_name": f"chanx-test-{os.getpid()}"},
    }
    connections.settings[ALIAS] = settings
    try:
        with django_db_blocker.unblock():
            yield settings
            SyncToAsync.single_thread_executor.submit(forget).result()
    finally:
        del connections.settings[ALIAS]


def forget() -> None:
    connections[ALIAS].close()
    del connections[ALIAS]


class Server:
    """What the database server knows about the connections of this test, asked on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)

    def backends(self) -> set[int]:
        """Return the process of the server for each open connection."""
        name = f"chanx-test-{os.getpid()}"
        found = self._connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = %s", [name]
        )
        return {pid for (pid,) in found}

    def wait_until_gone(self, pid: int) -> None:
        """Ask until a backend has ended; the server takes a moment after the client has closed."""
        deadline = monotonic() + 5
        while pid in self.backends():
            assert monotonic() < deadline, "the connection is open still"

    def kill(self, pid: int) -> None:
        """End a connection from the server's side, and wait until it has ended."""
        self._connection.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def server(database_url: str) -> Iterator[Server]:
    server = Server(database_url)
    yield server
    server.close()


def query() -> int:
    """Run a query as a synchronous handler would, and return the backend's process."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return pid


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> DatabaseHousekeeping:
    """The housekeeping of all consumers, without what earlier tests have taught it."""
    monkeypatch.setattr(database_housekeeping, "_open", {})
    return database_housekeeping


async def between_messages(house: DatabaseHousekeeping) -> bool:
    """Do as a session after each frame, and return whether it hopped."""
    due = house.due()
    if due:
        await house.run()
    return due


async def test_without_persistent_connections_each_message_gets_a_new_one(
    options: dict[str, Any], house: DatabaseHousekeeping, server: Server
) -> None:
    options["CONN_MAX_AGE"] = 0
    first = await sync_to_async(query)()
    assert await between_messages(house)
    server.wait_until_gone(first)
    assert not await between_messages(house)
    assert await sync_to_async(query)() != first


async def test_a_persistent_connection_stays_without_a_hop(
    options: dict[str, Any], house: DatabaseHousekeeping, server: Server
) -> None:
    options["CONN_MAX_AGE"] = None
    first = await sync_to_async(query)()
    assert [await between_messages(house) for _ in range(3)] == [False, False, False]
    assert await sync_to_async(query)() == first
    assert server.backends() == {first}


async def test_a_connection_that_the_server_has_ended_is_replaced_after_one_failure(
    options: dict[str, Any], house: DatabaseHousekeeping, server: Server
) -> None:
    options["CONN_MAX_AGE"] = None
    first = await sync_to_async(query)()
    server.kill(first)
    with pytest.raises(Error):
        await sync_to_async(query)()
    assert await between_messages(house)
    assert await sync_to_async(query)() != first


async def test_with_health_checks_a_dead_connection_fails_no_message(
    options: dict[str, Any], house: DatabaseHousekeeping, server: Server
) -> None:
    options |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
    first = await sync_to_async(query)()
    assert await between_messages(house)
    server.kill(first)
    assert await sync_to_async(query)() != first


async def test_a_connection_without_autocommit_is_closed(
    options: dict[str, Any], house: DatabaseHousekeeping, server: Server
) -> None:
    options["CONN_MAX_AGE"] = None

    def leave_autocommit_off() -> int:
        transaction.set_autocommit(False, ALIAS)
        return query()

    first = await sync_to_async(leave_autocommit_off)()
    assert await between_messages(house)
    server.wait_until_gone(first)


async def test_a_data_error_costs_no_connection(
    options: dict[str, Any], house: DatabaseHousekeeping, server: Server
) -> None:
    options["CONN_MAX_AGE"] = None

    def divide() -> None:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    first = await sync_to_async(query)()
    with pytest.raises(Error):
        await sync_to_async(divide)()
    assert not await between_messages(house)
    assert await sync_to_async(query)() == first


async def test_the_pool_of_synchronous_handlers_leaves_no_connection_behind(
    options: dict[str, Any], house: DatabaseHousekeeping, server: Server
) -> None:
    options["CONN_MAX_AGE"] = 0
    loop = asyncio.get_running_loop()
    calls = [loop.run_in_executor(None, run_and_close, query) for _ in range(8)]
    for pid in await asyncio.gather(*calls):
        server.wait_until_gone(pid)
    assert not house.due()


# --- through a consumer


class Ask(BaseMessage):
    action: Literal["ask"] = "ask"


class AskPool(BaseMessage):
    action: Literal["ask_pool"] = "ask_pool"


class Backend(BaseMessage):
    action: Literal["backend"] = "backend"
    payload: int


class Asking(AsyncJsonWebsocketConsumer):
    @ws_handler
    async def ask(self, message: Ask) -> Backend:
        return Backend(payload=await sync_to_async(query)())

    @ws_handler
    def ask_pool(self, message: AskPool) -> Backend:
        return Backend(payload=query())


class Connection:
    """A client of a consumer, without the test communicator of Channels, which keeps connections open."""

    def __init__(self) -> None:
        self._received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._received.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "path": "/", "headers": [], "query_string": b""}
        self._task = asyncio.ensure_future(Asking()(scope, self._received.get, self._sent.put))

    async def call(self, action: str) -> Any:
        """Send a frame, and return the payload of its answer."""
        self._received.put_nowait({"type": "websocket.receive", "text": json.dumps({"action": action})})
        async with asyncio.timeout(5):
            while "text" not in (event := await self._sent.get()):
                assert event["type"] == "websocket.accept"
        return json.loads(event["text"])["payload"]

    async def close(self) -> None:
        self._received.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self._task


@pytest.mark.parametrize("action", ["ask", "ask_pool"])
async def test_a_consumer_leaves_no_connection_open_after_a_message(
    options: dict[str, Any], house: DatabaseHousekeeping, server: Server, action: str
) -> None:
    options["CONN_MAX_AGE"] = 0
    connection = Connection()
    first = await connection.call(action)
    # The next answer comes after what is done between messages.
    second = await connection.call(action)
    assert first != second
    server.wait_until_gone(first)
    await connection.close()
    server.wait_until_gone(second)


async def test_a_consumer_reuses_a_persistent_connection(
    options: dict[str, Any], house: DatabaseHousekeeping, server: Server
) -> None:
    options["CONN_MAX_AGE"] = None
    connection = Connection()
    assert len({await connection.call("ask") for _ in range(3)}) == 1
    await connection.close()


async def test_a_consumer_recovers_from_a_database_that_was_restarted(
    options: dict[str, Any], house: DatabaseHousekeeping, server: Server
) -> None:
    options["CONN_MAX_AGE"] = None
    connection = Connection()
    first = await connection.call("ask")
    server.kill(first)
    assert (await connection.call("ask"))["code"] == "internal_error"
    assert await connection.call("ask") != first
    await connection.close()
