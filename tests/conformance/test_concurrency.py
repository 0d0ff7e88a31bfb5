"""Concurrent handlers run beside the order of frames: supervised, limited, and answered each once."""

from __future__ import annotations

import asyncio
import threading
from typing import Literal

import pytest
from pydantic import BaseModel

from chanx.core.decorators import ws_handler
from chanx.messages.base import BaseMessage
from tests.conformance.probe import Probe
from tests.conformance.transports import Mixin, Transport


class Name(BaseModel):
    name: str


class Done(BaseMessage):
    action: Literal["done"] = "done"
    payload: Name


class Worker(Mixin):
    probe: Probe

    @ws_handler(concurrent=True)
    async def beside(self, name: str) -> Done:
        await self.probe.hold(name)
        return Done(payload=Name(name=name))

    @ws_handler(concurrent=True)
    async def broken(self) -> None:
        raise ValueError("secret")

    @ws_handler(concurrent=True)
    async def stubborn(self) -> None:
        try:
            await self.probe.hold("stubborn")
        finally:
            self.probe.note("stopped")

    @ws_handler(concurrent=True)
    async def swallow(self) -> Done:
        try:
            await self.probe.hold("swallow")
        except asyncio.CancelledError:
            self.probe.note("swallowed")
        return Done(payload=Name(name="after all"))

    @ws_handler(concurrent=True)
    async def closing(self) -> None:
        await self.close(4000)

    @ws_handler
    async def serial(self) -> Done:
        return Done(payload=Name(name="serial"))


class Blocking(Mixin):
    started: threading.Event
    release: threading.Event

    @ws_handler
    def block(self) -> Done:
        self.started.set()
        self.release.wait(5)
        return Done(payload=Name(name=threading.current_thread().name))


async def test_a_concurrent_handler_holds_back_no_frame(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        client.send("beside", {"name": "a"}, id=1)
        assert (await client.request("serial"))["payload"] == {"name": "serial"}
        probe.gate.set()
        assert (await client.receive())["id"] == 1


async def test_concurrent_handlers_run_at_the_same_time(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        for name in ("a", "b", "c"):
            client.send("beside", {"name": name}, id=name)
            await probe.noted(name)
        probe.gate.set()
        assert {(await client.receive())["id"] for _ in range(3)} == {"a", "b", "c"}


async def test_one_handler_too_many_is_refused(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe, max_concurrent_handlers=2) as client:
        client.send("beside", {"name": "a"}, id=1)
        client.send("beside", {"name": "b"}, id=2)
        refused = await client.request("beside", {"name": "c"}, id=3)
        assert (refused["payload"]["code"], refused["id"]) == ("too_many_pending", 3)
        assert "MAX_CONCURRENT_HANDLERS=2" in refused["payload"]["detail"]
        probe.gate.set()
        assert {(await client.receive())["id"] for _ in range(2)} == {1, 2}


async def test_a_handler_that_ended_makes_room(transport: Transport, probe: Probe) -> None:
    probe.gate.set()
    async with transport.connect(Worker, probe=probe, max_concurrent_handlers=1) as client:
        for number in range(3):
            assert (await client.request("beside", {"name": "a"}, id=number))["action"] == "done"


async def test_an_id_that_is_in_use_is_refused(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        client.send("beside", {"name": "a"}, id=1)
        refused = await client.request("beside", {"name": "b"}, id=1)
        assert refused["payload"]["code"] == "validation_error"
        probe.gate.set()
        assert (await client.receive())["action"] == "done"
        assert "b" not in probe.notes


async def test_ids_of_different_types_are_different(transport: Transport, probe: Probe) -> None:
    probe.gate.set()
    async with transport.connect(Worker, probe=probe) as client:
        client.send("beside", {"name": "a"}, id=1)
        client.send("beside", {"name": "b"}, id="1")
        assert {(await client.receive())["id"] for _ in range(2)} == {1, "1"}


async def test_a_concurrent_failure_is_answered_once(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        client.send("broken", id=1)
        frame = await client.receive()
        assert (frame["payload"]["code"], frame["id"]) == ("internal_error", 1)
        assert await client.alive()


async def test_cancel_stops_a_concurrent_handler(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        client.send("stubborn", id="work")
        await probe.noted("stubborn")
        client.send("cancel", {"id": "work"}, id="stop")
        frames = {frame["id"]: frame for frame in [await client.receive(), await client.receive()]}
        assert frames["stop"]["action"] == "complete"
        assert frames["work"]["payload"]["code"] == "cancelled"
        assert "stopped" in probe.notes


async def test_cancel_right_behind_its_frame_is_answered_for_both(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        client.send("beside", {"name": "a"}, id="work")
        client.send("cancel", {"id": "work"}, id="stop")
        frames = {frame["id"]: frame for frame in [await client.receive(), await client.receive()]}
        assert frames["stop"]["action"] == "complete"
        assert frames["work"]["payload"]["code"] == "cancelled"
        assert await client.alive()


async def test_cancel_of_what_does_not_run_is_not_found(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        frame = await client.request("cancel", {"id": "work"}, id=1)
        assert (frame["payload"]["code"], frame["id"]) == ("not_found", 1)


async def test_cancel_without_id_is_answered_only_by_the_stopped_frame(
    transport: Transport, probe: Probe
) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        client.send("beside", {"name": "a"}, id="work")
        await probe.noted("a")
        client.send("cancel", {"id": "work"})
        assert (await client.receive())["id"] == "work"
        assert await client.alive()


async def test_a_handler_that_outlives_its_cancel_answers_itself(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        client.send("swallow", id="work")
        await probe.noted("swallow")
        client.send("cancel", {"id": "work"})
        assert (await client.receive())["payload"] == {"name": "after all"}
        assert await client.alive()


async def test_a_concurrent_handler_may_close_the_connection(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        client.send("closing")
        assert await client.closed() == 4000
        await client.ended()


@pytest.fixture
def release() -> threading.Event:
    return threading.Event()


async def test_a_blocking_handler_holds_up_no_other_connection(
    transport: Transport, release: threading.Event
) -> None:
    started = threading.Event()
    async with (
        transport.connect(Blocking, started=started, release=release) as blocked,
        transport.connect(Worker) as other,
    ):
        blocked.send("block")
        await asyncio.to_thread(started.wait, 5)
        assert (await other.request("serial"))["action"] == "done"
        assert await blocked.alive()
        release.set()
        assert (await blocked.receive())["action"] == "done"


async def test_blocking_handlers_run_in_threads_of_the_framework(
    transport: Transport, release: threading.Event
) -> None:
    release.set()
    async with transport.connect(Blocking, started=threading.Event(), release=release) as client:
        assert (await client.request("block"))["payload"]["name"].startswith("chanx")
