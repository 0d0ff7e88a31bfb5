from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from chanx.core._inbox import Inbox

DISCONNECT = {"type": "websocket.disconnect"}


def frame(number: int) -> dict[str, Any]:
    return {"type": "websocket.receive", "text": str(number)}


class Server:
    """Gives events to an inbox, and counts how many were taken."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.taken = 0
        self.urgent: list[str] = []
        self.changed = asyncio.Event()

    async def receive(self) -> Any:
        event = await self.queue.get()
        if isinstance(event, Exception):
            raise event
        self.taken += 1
        self.changed.set()
        return event

    async def act(self, event: Any) -> bool:
        acts = event.get("text") in self.urgent
        self.changed.set()
        return acts

    def put(self, *events: Any) -> None:
        for event in events:
            self.queue.put_nowait(event)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def inbox(server: Server) -> AsyncIterator[Inbox]:
    inbox = Inbox(server.receive, 3, server.act)
    yield inbox
    await inbox.close()


async def text(inbox: Inbox) -> str:
    async with asyncio.timeout(5):
        return (await inbox.next())["text"]


async def test_the_session_reads_itself_while_nothing_takes_long(inbox: Inbox, server: Server) -> None:
    server.put(frame(1))
    assert not inbox.reading_ahead
    assert await text(inbox) == "1"
    assert not inbox.reading_ahead


async def test_a_reader_takes_over_and_keeps_the_order(inbox: Inbox, server: Server) -> None:
    inbox.read_ahead()
    inbox.read_ahead()
    assert inbox.reading_ahead
    server.put(frame(1), frame(2))
    await server.until(lambda: server.taken == 2)
    server.put(frame(3))
    assert [await text(inbox) for _ in range(3)] == ["1", "2", "3"]


async def test_reading_stops_at_the_limit_and_goes_on_below(inbox: Inbox, server: Server) -> None:
    inbox.read_ahead()
    server.put(*map(frame, range(10)))
    await server.until(lambda: server.taken == 3)
    assert server.queue.qsize() == 7
    assert await text(inbox) == "0"
    await server.until(lambda: server.taken == 4)
    assert server.queue.qsize() == 6
    assert [await text(inbox) for _ in range(9)] == [str(number) for number in range(1, 10)]


async def test_what_is_urgent_is_not_kept(inbox: Inbox, server: Server) -> None:
    server.urgent = ["1", "3"]
    inbox.read_ahead()
    server.put(*map(frame, range(5)))
    await server.until(lambda: server.taken == 5)
    assert [await text(inbox) for _ in range(3)] == ["0", "2", "4"]


async def test_the_reader_ends_when_the_session_has_caught_up(inbox: Inbox, server: Server) -> None:
    inbox.read_ahead()
    next_event = asyncio.create_task(inbox.next())
    await asyncio.sleep(0)
    server.put(frame(1))
    assert await next_event == frame(1)
    assert not inbox.reading_ahead
    server.put(frame(2))
    assert await text(inbox) == "2"


async def test_a_reader_can_take_over_again(inbox: Inbox, server: Server) -> None:
    for number in range(3):
        inbox.read_ahead()
        next_event = asyncio.create_task(inbox.next())
        await asyncio.sleep(0)
        server.put(frame(number))
        assert await next_event == frame(number)
    inbox.read_ahead()
    server.put(frame(7), frame(8))
    await server.until(lambda: server.taken == 5)
    assert [await text(inbox), await text(inbox)] == ["7", "8"]


async def test_reading_ends_with_the_disconnect(inbox: Inbox, server: Server) -> None:
    inbox.read_ahead()
    server.put(frame(1), DISCONNECT, frame(2))
    await server.until(lambda: server.taken == 2)
    await asyncio.sleep(0)
    inbox.read_ahead()
    assert await text(inbox) == "1"
    assert await inbox.next() == DISCONNECT
    assert server.queue.qsize() == 1


async def test_a_failure_of_the_server_comes_after_what_was_read(inbox: Inbox, server: Server) -> None:
    inbox.read_ahead()
    server.put(frame(1), OSError("broken"))
    await server.until(lambda: server.taken == 1)
    assert await text(inbox) == "1"
    with pytest.raises(OSError, match="broken"):
        await inbox.next()


async def test_a_failure_of_the_server_wakes_a_waiting_session(inbox: Inbox, server: Server) -> None:
    inbox.read_ahead()
    next_event = asyncio.create_task(inbox.next())
    await asyncio.sleep(0)
    server.put(OSError("broken"))
    with pytest.raises(OSError, match="broken"):
        await next_event


async def test_a_failure_that_nobody_reads_is_not_reported_by_asyncio(server: Server) -> None:
    reports: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context))
    inbox = Inbox(server.receive, 3, server.act)
    inbox.read_ahead()
    server.put(OSError("broken"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await inbox.close()
    del inbox
    gc.collect()
    assert reports == []


async def test_other_connections_get_their_turn(server: Server) -> None:
    inbox = Inbox(server.receive, 1000, server.act)
    server.put(*map(frame, range(100)))
    inbox.read_ahead()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert 0 < server.taken < 100
    await inbox.close()


async def test_closing_stops_the_reader(inbox: Inbox, server: Server) -> None:
    inbox.read_ahead()
    await asyncio.sleep(0)
    await inbox.close()
    await inbox.close()
    server.put(frame(1))
    await asyncio.sleep(0)
    assert server.taken == 0
