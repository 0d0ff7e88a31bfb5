"""Frames are handled one at a time, in order; events are a second lane; pings pass a handler that takes long."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from pydantic import BaseModel

from chanx.core.decorators import event_handler, ws_handler
from chanx.messages.base import BaseMessage
from tests.conformance.client import actions
from tests.conformance.probe import Probe
from tests.conformance.transports import Mixin, Transport


class Number(BaseModel):
    number: int


class Numbered(BaseMessage):
    action: Literal["numbered"] = "numbered"
    payload: Number


class Pushed(BaseMessage):
    action: Literal["pushed"] = "pushed"
    payload: Number


class Name(BaseModel):
    name: str


class Named(BaseMessage):
    action: Literal["named"] = "named"
    payload: Name


class Slow(BaseMessage):
    action: Literal["slow_event"] = "slow_event"


class Worker(Mixin):
    groups = ["room"]
    probe: Probe

    def __init__(self) -> None:
        self.total = 0

    @ws_handler
    async def quick(self, number: int) -> Numbered:
        self.probe.note(("quick", number))
        return Numbered(payload=Number(number=number))

    @ws_handler
    async def held(self, number: int) -> Numbered:
        await self.probe.hold("held")
        self.probe.note("released")
        return Numbered(payload=Number(number=number))

    @ws_handler
    async def add(self) -> Numbered:
        before = self.total
        await asyncio.sleep(0)
        self.total = before + 1
        return Numbered(payload=Number(number=self.total))

    @ws_handler
    async def whoami(self) -> Named:
        return Named(payload=Name(name=self.channel_name))

    @event_handler
    async def on_pushed(self, event: Pushed) -> Pushed:
        return event

    @event_handler
    async def on_slow(self, event: Slow) -> None:
        await self.probe.hold("slow event")


class Other(Mixin):
    """Is in no group."""

    @ws_handler
    async def quick(self, number: int) -> Numbered:
        return Numbered(payload=Number(number=number))


def numbers(frames: list[dict[str, Any]]) -> list[int]:
    return [frame["payload"]["number"] for frame in frames]


async def test_replies_leave_in_the_order_of_their_frames(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        for number in range(100):
            client.send("quick", {"number": number})
        assert numbers([await client.receive() for _ in range(100)]) == list(range(100))


async def test_one_frame_is_handled_at_a_time(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        for _ in range(50):
            client.send("add")
        assert numbers([await client.receive() for _ in range(50)]) == list(range(1, 51))


async def test_a_frame_waits_for_the_handler_before_it(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        client.send("held", {"number": 1})
        await probe.noted("held")
        client.send("quick", {"number": 2})
        assert await client.waiting() == []
        probe.gate.set()
        assert numbers([await client.receive(), await client.receive()]) == [1, 2]
        assert probe.notes == ["held", "released", ("quick", 2)]


async def test_a_ping_is_answered_while_a_handler_runs(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        client.send("held", {"number": 1})
        assert (await client.request("ping", id="p")) == {"action": "pong", "payload": None, "id": "p"}
        probe.gate.set()
        assert (await client.receive())["action"] == "numbered"


async def test_a_ping_passes_frames_that_wait(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        client.send("held", {"number": 1})
        client.send("quick", {"number": 2})
        client.send("ping")
        assert (await client.receive())["action"] == "pong"
        probe.gate.set()
        assert numbers([await client.receive(), await client.receive()]) == [1, 2]


async def test_a_bad_frame_is_answered_in_its_turn(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        client.send("held", {"number": 1})
        client.text('{"ping"', '"cancel"')
        assert await client.waiting() == []
        probe.gate.set()
        assert actions([await client.receive() for _ in range(3)]) == ["numbered", "error", "error"]


async def test_a_push_arrives_while_a_handler_runs(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        client.send("held", {"number": 1})
        await probe.noted("held")
        await transport.consumer(Worker, probe=probe).broadcast_event(Pushed(payload=Number(number=5)))
        assert (await client.receive())["action"] == "pushed"
        probe.gate.set()
        assert (await client.receive())["action"] == "numbered"


async def test_a_slow_event_handler_holds_back_no_frame(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        await transport.consumer(Worker, probe=probe).broadcast_event(Slow())
        await probe.noted("slow event")
        assert numbers([await client.request("quick", {"number": 1})]) == [1]
        probe.gate.set()


async def test_a_slow_event_handler_holds_back_no_other_connection(
    transport: Transport, probe: Probe
) -> None:
    consumer = transport.consumer(Worker, probe=probe)
    async with (
        transport.connect(Worker, probe=probe) as slow,
        transport.connect(Worker, probe=probe) as quick,
    ):
        channel = (await slow.request("whoami"))["payload"]["name"]
        assert await quick.alive()
        await consumer.send_event(Slow(), channel)
        await probe.noted("slow event")
        await consumer.broadcast_event(Pushed(payload=Number(number=5)))
        assert numbers([await quick.receive()]) == [5]
        probe.gate.set()
        assert numbers([await slow.receive()]) == [5]


async def test_events_are_handled_in_order(transport: Transport, probe: Probe) -> None:
    consumer = transport.consumer(Worker, probe=probe)
    async with transport.connect(Worker, probe=probe) as client:
        await consumer.broadcast_event(Slow())
        for number in range(50):
            await consumer.broadcast_event(Pushed(payload=Number(number=number)))
        await probe.noted("slow event")
        assert await client.waiting() == []
        probe.gate.set()
        assert numbers([await client.receive() for _ in range(50)]) == list(range(50))


async def test_one_connection_waits_for_no_other(transport: Transport, probe: Probe) -> None:
    async with (
        transport.connect(Worker, probe=probe) as slow,
        transport.connect(Worker, probe=probe) as quick,
    ):
        slow.send("held", {"number": 1})
        await probe.noted("held")
        assert numbers([await quick.request("quick", {"number": 2})]) == [2]
        probe.gate.set()
        assert numbers([await slow.receive()]) == [1]


async def test_a_flood_of_frames_leaves_other_connections_their_turn(
    transport: Transport, probe: Probe
) -> None:
    async with (
        transport.connect(Worker, probe=probe) as flood,
        transport.connect(Worker, probe=probe) as other,
    ):
        for number in range(2_000):
            flood.send("quick", {"number": number})
        await other.request("quick", {"number": -1})
        assert probe.notes.index(("quick", -1)) < 500


async def test_a_flood_of_pings_leaves_other_connections_their_turn(
    transport: Transport, probe: Probe
) -> None:
    async with (
        transport.connect(Worker, probe=probe) as flood,
        transport.connect(Worker, probe=probe) as other,
    ):
        flood.send("held", {"number": 1})
        assert await flood.alive()
        for _ in range(2_000):
            flood.send("ping")
        await other.request("quick", {"number": -1})
        assert len(flood.left()) < 500
        probe.gate.set()


async def test_a_flood_of_pushes_leaves_other_connections_their_turn(
    transport: Transport, probe: Probe
) -> None:
    transport.layer.capacity = 5_000
    consumer = transport.consumer(Worker, probe=probe)
    async with transport.connect(Worker, probe=probe) as flood, transport.connect(Other) as other:
        assert await flood.alive()
        for number in range(2_000):
            await consumer.broadcast_event(Pushed(payload=Number(number=number)))
        flood.left()
        await other.request("quick", {"number": -1})
        assert len(flood.left()) < 500


async def test_pings_are_answered_during_every_handler(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Worker, probe=probe) as client:
        for number in range(3):
            probe.gate.clear()
            client.send("held", {"number": number})
            await probe.noted("held", times=number + 1)
            assert await client.alive()
            probe.gate.set()
            assert numbers([await client.receive()]) == [number]
            assert numbers([await client.request("quick", {"number": 9})]) == [9]


async def test_a_frame_costs_no_task(transport: Transport, probe: Probe) -> None:
    tasks: list[object] = []

    def counting(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
        tasks.append(work)
        return asyncio.Task(work, loop=loop, **options)

    async with transport.connect(Worker, probe=probe) as client:
        await client.request("quick", {"number": 1})
        asyncio.get_running_loop().set_task_factory(counting)
        for number in range(20):
            await client.request("quick", {"number": number})
        asyncio.get_running_loop().set_task_factory(None)
    assert tasks == []
