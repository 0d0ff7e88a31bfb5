"""Sending through Redis, by both layers of channels_redis, between a uvicorn and a daphne process."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from typing import Any
from urllib.parse import quote

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.integration.conftest import Inspector
from tests.integration.processes import Daphne, Process, Redis, Server, Uvicorn
from tests.integration.sockets import closed, pong, receive, request, reset, send

pytestmark = pytest.mark.integration

ODD = ["a b", "日本", "x" * 1000, "a/b?c", "\x00"]


class Cluster:
    """Two servers that share a Redis."""

    def __init__(self, redis: Redis, layer: str) -> None:
        self.redis = redis
        self.layer = layer
        self.environment = {"CHANX_TEST_SERVER_REDIS": redis.url, "CHANX_TEST_SERVER_LAYER": layer}
        self.uvicorn: Server = Uvicorn(environment=self.environment)
        self.daphne: Server = Daphne(environment=self.environment)

    @property
    def lines(self) -> list[str]:
        """What both servers have said."""
        return [*self.uvicorn.lines, *self.daphne.lines]

    def python(self, code: str) -> None:
        """Run Python code in a third process, with the servers' settings."""
        with Process(
            [sys.executable, "-c", f"from tests.integration.server import *; {code}"], self.environment
        ) as process:
            assert process.wait() == 0, process.lines


@pytest.fixture(scope="module")
def redis(redis_binary: str) -> Iterator[Redis]:
    with Redis() as redis:
        yield redis


@pytest.fixture(scope="module", params=["core", "pubsub"])
def cluster(request: pytest.FixtureRequest, redis: Redis) -> Iterator[Cluster]:
    cluster = Cluster(redis, request.param)
    with cluster.uvicorn, cluster.daphne:
        yield cluster


@pytest.fixture
async def pair(cluster: Cluster, name: str) -> AsyncIterator[tuple[ClientConnection, ClientConnection]]:
    """Return two connections to one room, on different servers."""
    async with (
        connect(f"{cluster.uvicorn.url}/room/?name={name}") as one,
        connect(f"{cluster.daphne.url}/room/?name={name}") as two,
    ):
        for client in (one, two):
            assert await pong(client)
        yield one, two


def text(frame: dict[str, Any]) -> Any:
    return frame["payload"]["text"]


Pair = tuple[ClientConnection, ClientConnection]


async def test_a_broadcast_reaches_members_in_other_processes(pair: Pair) -> None:
    for sender in pair:
        await send(sender, "say", {"text": "hé"})
        for client in pair:
            assert await receive(client) == {"action": "said", "payload": {"text": "hé"}}


async def test_broadcasts_of_one_connection_arrive_in_order(pair: Pair) -> None:
    for number in range(50):
        await send(pair[0], "say", {"text": str(number)})
    for client in pair:
        assert [text(await receive(client)) for _ in range(50)] == [str(number) for number in range(50)]


async def test_broadcasts_to_different_groups_arrive_in_order(pair: Pair, name: str) -> None:
    for number in range(60):
        await send(pair[0], "say", {"text": str(number), "to": [name if number % 2 else f"{name}+"]})
    for client in pair:
        assert [text(await receive(client)) for _ in range(60)] == [str(number) for number in range(60)]


async def test_a_broadcast_may_leave_out_its_sender(pair: Pair) -> None:
    one, two = pair
    await send(one, "say", {"text": "others", "exclude": True})
    await send(one, "say", {"text": "all"})
    assert text(await receive(one)) == "all"
    assert [text(await receive(two)) for _ in range(2)] == ["others", "all"]


async def test_several_groups_deliver_once(pair: Pair, name: str) -> None:
    one, two = pair
    await send(one, "say", {"text": "first", "to": [name, "all", "every room", name]})
    await send(one, "say", {"text": "second"})
    for client in (one, two):
        assert [text(await receive(client)) for _ in range(2)] == ["first", "second"]


async def test_rooms_are_apart(pair: Pair, cluster: Cluster, name: str) -> None:
    async with connect(f"{cluster.daphne.url}/room/?name={name}2") as other:
        assert await pong(other)
        await send(pair[0], "say", {"text": "here"})
        await send(pair[0], "say", {"text": "there", "to": [f"{name}2"]})
        assert text(await receive(other)) == "there"


async def test_any_string_is_a_group(cluster: Cluster) -> None:
    for room in ODD:
        async with (
            connect(f"{cluster.uvicorn.url}/room/?name={quote(room)}") as one,
            connect(f"{cluster.daphne.url}/room/?name={quote(room)}") as two,
        ):
            assert await pong(two)
            await send(one, "say", {"text": ascii(room)})
            assert text(await receive(two)) == ascii(room)


async def test_an_event_of_a_third_process_reaches_all(pair: Pair, cluster: Cluster, name: str) -> None:
    code = f"Room.broadcast_event_sync(Renamed(payload=Text(text='new')), [{name!r}, 'all'])"
    await asyncio.to_thread(cluster.python, code)
    for client in pair:
        assert await receive(client) == {"action": "renamed", "payload": {"text": "new"}}
        assert await pong(client)


async def test_an_event_of_a_third_process_reaches_one_connection(pair: Pair, cluster: Cluster) -> None:
    for client in pair:
        channel = text(await request(client, "whoami"))
        code = f"Room.send_event_sync(Renamed(payload=Text(text='you')), {channel!r})"
        await asyncio.to_thread(cluster.python, code)
        assert await receive(client) == {"action": "renamed", "payload": {"text": "you"}}
    for client in pair:
        assert await pong(client)


async def test_an_event_of_a_synchronous_handler_reaches_all(pair: Pair) -> None:
    for sender in pair:
        await send(sender, "announce", {"text": "new"})
        for client in pair:
            assert await receive(client) == {"action": "renamed", "payload": {"text": "new"}}


async def test_several_events_of_one_synchronous_caller_arrive_in_order(
    pair: Pair, cluster: Cluster, name: str
) -> None:
    one = f"Room.broadcast_event_sync(Renamed(payload=Text(text=str(n))), {name!r})"
    await asyncio.to_thread(cluster.python, f"[{one} for n in range(5)]")
    for client in pair:
        assert [text(await receive(client)) for _ in range(5)] == list("01234")


async def test_a_member_that_has_left_gets_nothing(cluster: Cluster, pair: Pair, name: str) -> None:
    async with connect(f"{cluster.daphne.url}/room/?name={name}") as leaver:
        assert await pong(leaver)
    await send(pair[0], "say", {"text": "still here"})
    for client in pair:
        assert text(await receive(client)) == "still here"


async def test_a_client_that_vanishes_in_mid_handler_leaves_nothing_in_redis(
    cluster: Cluster, name: str
) -> None:
    for server in (cluster.uvicorn, cluster.daphne):
        async with (
            connect(f"{server.url}/inspect/") as connection,
            connect(f"{server.url}/room/?name={name}") as client,
        ):
            inspect = Inspector(connection)
            await send(client, "hold")
            await inspect.noted(name, "held")
            assert cluster.redis.names(name) != []
            reset(client)
            assert await inspect.noted(name, "disconnect") == ["held", "disconnect"]
            assert cluster.redis.names(name) == []


async def test_large_messages_travel(pair: Pair) -> None:
    await send(pair[0], "say", {"text": "x" * 60_000})
    for client in pair:
        assert len(text(await receive(client))) == 60_000


async def test_connections_outlive_a_restart_of_redis(cluster: Cluster, pair: Pair) -> None:
    one, two = pair
    before = len(cluster.uvicorn.lines)
    cluster.redis.kill()
    try:
        for client in pair:
            assert await pong(client)
        answer = await request(one, "say", {"text": "lost"}, id=1)
        assert (answer["payload"]["code"], answer["id"]) == ("internal_error", 1)
        error_id = answer["payload"]["error_id"]
        await asyncio.to_thread(cluster.uvicorn.wait_for, error_id, after=before)
        assert len([line for line in cluster.uvicorn.lines[before:] if error_id in line]) == 1
        for client in pair:
            assert await pong(client)
    finally:
        cluster.redis.start()
    await pushes_arrive(one, two)
    await pushes_arrive(two, one)


async def test_an_outage_is_one_line_for_all_connections_of_a_process(
    cluster: Cluster, pair: Pair, name: str
) -> None:
    before = len(cluster.uvicorn.lines)
    async with AsyncExitStack() as stack:
        room = f"{cluster.uvicorn.url}/room/?name={name}"
        more = [await stack.enter_async_context(connect(room)) for _ in range(5)]
        for client in more:
            assert await pong(client)
        cluster.redis.kill()
        try:
            for client in more:
                assert await pong(client)
        finally:
            cluster.redis.start()
        await pushes_arrive(pair[0], *more)
    log = cluster.uvicorn.lines[before:]
    # The pub/sub layer mends itself.
    expected = 1 if cluster.layer == "core" else 0
    assert len([line for line in log if "chanx ERROR The channel layer failed" in line]) == expected


async def test_connections_open_after_a_restart_of_redis(cluster: Cluster, pair: Pair, name: str) -> None:
    cluster.redis.kill()
    cluster.redis.start()
    for _ in range(5):
        async with asyncio.timeout(20):
            while not await opens(f"{cluster.uvicorn.url}/room/?name={name}"):
                pass


async def opens(room: str) -> bool:
    """Whether a connection opens; else it is told to come back later."""
    async with connect(room) as client:
        with suppress(ConnectionClosed):
            if await pong(client):
                return True
        code, _ = await closed(client)
        assert code == 4503
        return False


async def pushes_arrive(sender: ClientConnection, *receivers: ClientConnection) -> None:
    """Publish until every receiver has got it; afterwards all frames that came before are read."""
    async with asyncio.timeout(20):
        for number in itertools.count():
            mark = f"try {number}"
            await send(sender, "say", {"text": mark}, id=number)
            if all([await arrived(client, mark) for client in (sender, *receivers)]):
                break


async def arrived(client: ClientConnection, mark: str) -> bool:
    """Read frames until this text has come, or nothing comes for a while."""
    try:
        while True:
            async with asyncio.timeout(0.5):
                frame = json.loads(await client.recv())
            if frame["action"] == "said" and text(frame) == mark:
                return True
    except TimeoutError:
        return False


async def test_a_socket_timeout_of_redis_closes_no_idle_connection(redis: Redis, name: str) -> None:
    environment = {"CHANX_TEST_SERVER_REDIS": redis.url, "CHANX_TEST_SERVER_LAYER": "idle"}
    with Uvicorn(environment=environment) as server:
        async with (
            connect(f"{server.url}/inspect/") as connection,
            connect(f"{server.url}/room/?name={name}") as client,
        ):
            await Inspector(connection).noted("layer", "TimeoutError", times=2)
            assert await pong(client)
            await pushes_arrive(client)
        assert "Traceback" not in "".join(server.lines)
