"""A streaming handler sends while it runs, holds back nothing, and can be stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal

from pydantic import BaseModel

from chanx.core.decorators import event_handler, ws_handler
from chanx.core.errors import RequestError
from chanx.messages.base import BaseMessage
from tests.conformance.client import Client, actions
from tests.conformance.probe import Probe
from tests.conformance.transports import Mixin, Transport


class Number(BaseModel):
    number: int


class Tick(BaseMessage):
    action: Literal["tick"] = "tick"
    payload: Number


class Start(BaseMessage):
    action: Literal["start"] = "start"


def tick(number: int) -> Tick:
    return Tick(payload=Number(number=number))


class Clock(Mixin):
    probe: Probe
    groups = ["clocks"]

    @ws_handler
    async def count(self, to: int) -> AsyncIterator[Tick]:
        for number in range(to):
            yield tick(number)

    @ws_handler
    async def forever(self) -> AsyncIterator[Tick]:
        try:
            yield tick(0)
            await self.probe.hold("forever")
            yield tick(1)
        finally:
            self.probe.note("cleaned up")

    @ws_handler
    async def break_off(self) -> AsyncIterator[Tick]:
        yield tick(0)
        raise RequestError("No more.")

    @ws_handler
    async def crash(self) -> AsyncIterator[Tick]:
        yield tick(0)
        raise ValueError("secret")

    @ws_handler
    async def nothing(self) -> AsyncIterator[Tick]:
        for number in range(0):
            yield tick(number)

    @ws_handler
    async def quick(self) -> Tick:
        return tick(100)

    @event_handler
    async def on_start(self, event: Start) -> AsyncIterator[Tick]:
        yield tick(7)
        yield tick(8)


async def frames_to_final(client: Client, frame_id: Any) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = []
    while not frames or frames[-1]["action"] == "tick":
        frames.append(await client.receive())
        assert frames[-1]["id"] == frame_id
    return frames


async def test_everything_that_is_yielded_is_sent_in_order(transport: Transport) -> None:
    async with transport.connect(Clock) as client:
        client.send("count", {"to": 100}, id=1)
        frames = await frames_to_final(client, 1)
    assert [frame["payload"]["number"] for frame in frames[:-1]] == list(range(100))


async def test_the_final_answer_of_a_stream_is_complete(transport: Transport) -> None:
    async with transport.connect(Clock) as client:
        client.send("nothing", id=1)
        assert await client.receive() == {"action": "complete", "payload": None, "id": 1}
        assert await client.alive()


async def test_a_stream_without_id_has_no_final_answer(transport: Transport) -> None:
    async with transport.connect(Clock) as client:
        client.send("count", {"to": 1})
        assert actions([await client.receive()]) == ["tick"]
        assert await client.alive()


async def test_what_is_yielded_leaves_before_the_next_is_made(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Clock, probe=probe) as client:
        client.send("forever", id=1)
        assert (await client.receive())["payload"] == {"number": 0}
        probe.gate.set()
        assert (await client.receive())["payload"] == {"number": 1}


async def test_a_stream_that_never_waits_leaves_others_their_turn(transport: Transport) -> None:
    async with transport.connect(Clock) as client, transport.connect(Clock) as other:
        client.send("count", {"to": 2_000})
        await other.request("quick")
        assert len(client.left()) < 500


async def test_a_stream_holds_back_no_frame(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Clock, probe=probe) as client:
        client.send("forever", id=1)
        await client.receive()
        assert (await client.request("quick"))["payload"] == {"number": 100}


async def test_cancel_stops_a_stream_and_answers_both_frames(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Clock, probe=probe) as client:
        client.send("forever", id="stream")
        await client.receive()
        await probe.noted("forever")
        client.send("cancel", {"id": "stream"}, id="stop")
        frames = {frame["id"]: frame for frame in [await client.receive(), await client.receive()]}
        assert frames["stop"] == {"action": "complete", "payload": None, "id": "stop"}
        assert frames["stream"]["payload"]["code"] == "cancelled"
        assert await client.alive()


async def test_a_stopped_stream_cleans_up(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Clock, probe=probe) as client:
        client.send("forever", id="stream")
        await probe.noted("forever")
        client.send("cancel", {"id": "stream"})
        await probe.noted("cleaned up")


async def test_cancel_right_behind_the_stream_answers_both_frames(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Clock, probe=probe) as client:
        client.send("forever", id="stream")
        client.send("cancel", {"id": "stream"}, id="stop")
        frames = await client.waiting()
        frames += await client.waiting()
    finals = {frame["id"]: frame for frame in frames if frame["action"] != "tick"}
    assert set(finals) == {"stream", "stop"}
    assert finals["stream"]["payload"]["code"] == "cancelled"


async def test_two_cancels_of_one_stream_stop_it_once(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Clock, probe=probe) as client:
        client.send("forever", id="stream")
        await probe.noted("forever")
        client.send("cancel", {"id": "stream"}, id=1)
        client.send("cancel", {"id": "stream"}, id=2)
        frames = await client.waiting() + await client.waiting()
    assert [frame["id"] for frame in frames].count("stream") == 2  # the tick and the end


async def test_a_stream_that_has_ended_cannot_be_cancelled(transport: Transport) -> None:
    async with transport.connect(Clock) as client:
        client.send("count", {"to": 1}, id="stream")
        await frames_to_final(client, "stream")
        frame = await client.request("cancel", {"id": "stream"}, id=2)
        assert frame["payload"]["code"] == "not_found"


async def test_an_error_in_a_stream_is_its_final_answer(transport: Transport) -> None:
    async with transport.connect(Clock) as client:
        client.send("break_off", id=1)
        frames = await frames_to_final(client, 1)
        assert actions(frames) == ["tick", "error"]
        assert frames[-1]["payload"] == {"code": "validation_error", "detail": "No more."}
        assert await client.alive()


async def test_a_crash_in_a_stream_is_its_final_answer(transport: Transport) -> None:
    async with transport.connect(Clock) as client:
        client.send("crash", id=1)
        frames = await frames_to_final(client, 1)
        assert frames[-1]["payload"]["code"] == "internal_error"
        assert await client.alive()


async def test_two_streams_run_at_the_same_time(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Clock, probe=probe) as client:
        client.send("forever", id="a")
        client.send("forever", id="b")
        await probe.noted("forever", times=2)
        client.send("cancel", {"id": "a"})
        frames = await client.waiting() + await client.waiting()
        assert [frame["id"] for frame in frames if frame["action"] == "error"] == ["a"]
        probe.gate.set()
        assert (await client.receive())["id"] == "b"


async def test_streams_count_as_concurrent_handlers(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Clock, probe=probe, max_concurrent_handlers=1) as client:
        client.send("forever", id="a")
        await probe.noted("forever")
        await client.receive()
        assert (await client.request("count", {"to": 1}, id="b"))["payload"]["code"] == "too_many_pending"


async def test_an_event_handler_may_stream(transport: Transport) -> None:
    async with transport.connect(Clock) as client:
        await transport.consumer(Clock).broadcast_event(Start())
        frames = [await client.receive(), await client.receive()]
    assert [frame["payload"]["number"] for frame in frames] == [7, 8]
    assert all("id" not in frame for frame in frames)


async def test_a_streams_messages_carry_its_id_beside_other_replies(
    transport: Transport, probe: Probe
) -> None:
    async with transport.connect(Clock, probe=probe) as client:
        client.send("forever", id="stream")
        client.send("quick", id="q")
        frames = [await client.receive(), await client.receive()]
        assert {frame["id"]: frame["payload"]["number"] for frame in frames} == {"stream": 0, "q": 100}
