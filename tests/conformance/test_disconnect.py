"""However a connection ends: what was received is handled, groups are left, and `disconnect` runs once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from chanx.core.authenticator import BaseAuthenticator
from chanx.core.decorators import event_handler, ws_handler
from chanx.messages.base import BaseMessage
from tests.conformance.client import Client
from tests.conformance.layers import FailingLayer
from tests.conformance.probe import Probe
from tests.conformance.transports import Mixin, Transport


class Number(BaseModel):
    number: int


class Tick(BaseMessage):
    action: Literal["tick"] = "tick"
    payload: Number


class Nudge(BaseMessage):
    action: Literal["nudge"] = "nudge"


class Leave(BaseMessage):
    action: Literal["leave"] = "leave"


class Guest(Mixin):
    groups = ["guests"]
    probe: Probe

    @ws_handler
    async def note(self, number: int) -> Tick:
        self.probe.note(number)
        return Tick(payload=Number(number=number))

    @ws_handler
    async def hold(self) -> None:
        try:
            await self.probe.hold("held")
            self.probe.note("finished")
        except asyncio.CancelledError:
            self.probe.note("cancelled")
            raise

    @ws_handler(concurrent=True)
    async def beside(self) -> None:
        try:
            await self.probe.hold("beside")
            self.probe.note("beside finished")
        finally:
            self.probe.note("beside ended")

    @ws_handler
    async def stream(self) -> AsyncIterator[Tick]:
        try:
            yield Tick(payload=Number(number=0))
            await asyncio.Event().wait()
        finally:
            await self.probe.hold("cleaning up")
            self.probe.note("cleaned up")

    @ws_handler
    async def quit(self) -> Tick:
        await self.close(4000, "done")
        self.probe.note("after the close")
        return Tick(payload=Number(number=0))

    @ws_handler
    async def end_itself(self) -> None:
        raise asyncio.CancelledError

    @event_handler
    async def on_nudge(self, event: Nudge) -> None:
        try:
            await self.probe.hold("nudged")
        finally:
            self.probe.note("event ended")

    @event_handler
    async def on_leave(self, event: Leave) -> None:
        await self.close(4000)

    async def disconnect(self, code: int) -> None:
        self.probe.note(("disconnect", code))


def ends(probe: Probe) -> list[int]:
    """List the codes that `disconnect` was called with."""
    return [note[1] for note in probe.notes if isinstance(note, tuple) and note[0] == "disconnect"]


def guest(transport: Transport, probe: Probe, **attributes: Any) -> Client:
    return transport.connect(Guest, probe=probe, **attributes)


async def test_disconnect_runs_once_with_the_clients_code(transport: Transport, probe: Probe) -> None:
    async with guest(transport, probe) as client:
        client.leave(1001)
        await client.ended()
    assert ends(probe) == [1001]


async def test_disconnect_runs_once_with_the_code_of_our_close(transport: Transport, probe: Probe) -> None:
    async with guest(transport, probe) as client:
        client.send("quit")
        assert await client.closed() == 4000
        await client.ended()
    assert ends(probe) == [4000]


async def test_nothing_is_sent_after_the_close(transport: Transport, probe: Probe) -> None:
    async with guest(transport, probe) as client:
        client.send("quit", id=1)
        client.send("note", {"number": 1})
        assert await client.closed() == 4000
        await client.ended()
        assert client.left() == []
    assert "after the close" in probe.notes
    assert 1 not in probe.notes


async def test_an_event_handler_may_close_the_connection(transport: Transport, probe: Probe) -> None:
    async with guest(transport, probe) as client:
        await transport.consumer(Guest, probe=probe).broadcast_event(Leave())
        assert await client.closed() == 4000
        await client.ended()
    assert ends(probe) == [4000]


async def test_frames_already_received_are_handled(transport: Transport, probe: Probe) -> None:
    async with guest(transport, probe) as client:
        for number in range(20):
            client.send("note", {"number": number})
        client.leave()
        await client.ended()
    assert probe.notes[:20] == list(range(20))
    assert ends(probe) == [1000]


async def test_frames_that_wait_for_a_handler_are_handled_after_the_client_has_left(
    transport: Transport, probe: Probe
) -> None:
    async with guest(transport, probe) as client:
        client.send("hold")
        await probe.noted("held")
        client.send("note", {"number": 1})
        client.leave()
        probe.gate.set()
        await client.ended()
    assert probe.notes == ["held", "finished", 1, ("disconnect", 1000)]


async def test_a_handler_is_cancelled_after_the_grace(transport: Transport, probe: Probe) -> None:
    async with guest(transport, probe, disconnect_grace=0.01) as client:
        client.send("hold", id=1)
        await probe.noted("held")
        client.send("note", {"number": 1})
        client.leave()
        await client.ended()
    assert probe.notes == ["held", "cancelled", ("disconnect", 1000)]


async def test_a_concurrent_handler_may_finish_within_the_grace(transport: Transport, probe: Probe) -> None:
    async with guest(transport, probe) as client:
        client.send("beside")
        await probe.noted("beside")
        client.leave()
        probe.gate.set()
        await client.ended()
    assert probe.notes == ["beside", "beside finished", "beside ended", ("disconnect", 1000)]


async def test_a_concurrent_handler_is_cancelled_after_the_grace(transport: Transport, probe: Probe) -> None:
    async with guest(transport, probe, disconnect_grace=0.01) as client:
        client.send("beside")
        await probe.noted("beside")
        client.leave()
        await client.ended()
    assert probe.notes == ["beside", "beside ended", ("disconnect", 1000)]


async def test_a_stream_stops_at_once(transport: Transport, probe: Probe) -> None:
    async with guest(transport, probe, disconnect_grace=3600) as client:
        client.send("stream")
        await client.receive()
        client.leave()
        await probe.noted("cleaning up")
        probe.gate.set()
        await client.ended()


async def test_a_stream_stops_at_once_while_a_handler_runs(transport: Transport, probe: Probe) -> None:
    async with guest(transport, probe) as client:
        client.send("stream")
        client.send("hold")
        await probe.noted("held")
        client.leave()
        await probe.noted("cleaning up")
        assert "finished" not in probe.notes
        probe.gate.set()
        await client.ended()


async def test_a_stream_may_clean_up_within_the_grace(transport: Transport, probe: Probe) -> None:
    async with guest(transport, probe) as client:
        client.send("stream")
        await client.receive()
        client.leave()
        await probe.noted("cleaning up")
        await asyncio.sleep(0)
        probe.gate.set()
        await client.ended()
    assert probe.notes == ["cleaning up", "cleaned up", ("disconnect", 1000)]


async def test_an_event_handler_ends_with_the_connection(transport: Transport, probe: Probe) -> None:
    async with guest(transport, probe) as client:
        await transport.consumer(Guest, probe=probe).broadcast_event(Nudge())
        await probe.noted("nudged")
        client.leave()
        await client.ended()
    assert probe.notes == ["nudged", "event ended", ("disconnect", 1000)]


async def test_groups_are_left(transport: Transport, probe: Probe) -> None:
    async with guest(transport, probe) as client:
        assert transport.layer.groups["guests"]
        client.leave()
        await client.ended()
    assert not transport.layer.groups.get("guests")


async def test_groups_are_left_before_disconnect_runs(transport: Transport, probe: Probe) -> None:
    members: list[int] = []

    class Leaving(Guest):
        async def disconnect(self, code: int) -> None:
            members.append(len(transport.layer.groups.get("guests", ())))

    async with transport.connect(Leaving, probe=probe):
        pass
    assert members == [0]


async def test_an_error_in_disconnect_is_logged_once_and_goes_no_further(
    transport: Transport, probe: Probe, log: pytest.LogCaptureFixture
) -> None:
    class Failing(Guest):
        async def disconnect(self, code: int) -> None:
            raise ValueError("in disconnect")

    async with transport.connect(Failing, probe=probe) as client:
        client.leave()
        await client.ended()
    assert [record.levelname for record in log.records] == ["ERROR"]
    assert not transport.layer.groups.get("guests")


async def test_disconnect_runs_although_the_layer_fails(transport: Transport, probe: Probe) -> None:
    transport.layer = layer = FailingLayer(transport.layer)
    async with guest(transport, probe) as client:
        assert await client.alive()
        layer.fail(ConnectionError("down"))
        client.leave()
        await client.ended()
    assert ends(probe) == [1000]


@pytest.mark.parametrize("handler", ["hold", "beside"])
async def test_disconnect_runs_when_the_server_cancels_the_connection(
    transport: Transport, probe: Probe, handler: str
) -> None:
    async with guest(transport, probe) as client:
        client.send(handler)
        await probe.noted({"hold": "held"}.get(handler, handler))
        client.hurry()
        assert await client.cancelled()
        assert len(ends(probe)) == 1
        assert not transport.layer.groups.get("guests")


async def test_a_handler_that_cancels_itself_is_an_error_and_no_end(
    transport: Transport, probe: Probe
) -> None:
    async with guest(transport, probe) as client:
        assert (await client.request("end_itself", id=1))["payload"]["code"] == "internal_error"
        assert await client.alive()


async def test_sends_after_the_client_has_gone_are_dropped_quietly(
    transport: Transport, probe: Probe, log: pytest.LogCaptureFixture
) -> None:
    async with guest(transport, probe, log_websocket_message=False) as client:
        for number in range(10):
            client.send("note", {"number": number})
        client.leave()
        await client.ended()
    assert log.records == []


async def test_a_broadcast_of_a_handler_whose_client_has_gone_reaches_the_others(
    transport: Transport, probe: Probe
) -> None:
    class Parting(Guest):
        @ws_handler
        async def part(self) -> None:
            await self.probe.hold("parting")
            await self.broadcast_message(Tick(payload=Number(number=9)), exclude_current=True)

    async with transport.connect(Parting, probe=probe) as stays:
        async with transport.connect(Parting, probe=probe) as leaves:
            leaves.send("part")
            await probe.noted("parting")
            leaves.leave()
            probe.gate.set()
        assert (await stays.receive())["payload"] == {"number": 9}


class Pending(BaseAuthenticator):
    async def authenticate(self, scope: Any) -> bool:
        await PROBES[-1].hold("authenticating")
        return True


PROBES: list[Probe] = []


async def test_disconnect_runs_when_the_client_leaves_during_authentication(
    transport: Transport, probe: Probe
) -> None:
    PROBES.append(probe)
    async with guest(transport, probe, authenticator_class=Pending) as client:
        await probe.noted("authenticating")
        client.leave(1001)
        await client.ended()
    assert ends(probe) == [1001]


class Hooked(Guest):
    fails: str

    async def get_groups(self) -> Iterable[str]:
        await self.step("get_groups")
        return ["more"]

    async def post_authentication(self) -> None:
        await self.step("post_authentication")

    async def step(self, name: str) -> None:
        if self.fails == name:
            raise ValueError(name)


@pytest.mark.parametrize("step", ["get_groups", "post_authentication"])
async def test_a_hook_that_fails_closes_with_4500_and_cleans_up(
    transport: Transport, probe: Probe, step: str, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Hooked, probe=probe, fails=step) as client:
        assert (await client.receive())["payload"]["code"] == "internal_error"
        assert await client.closed() == 4500
        await client.ended()
    assert ends(probe) == [4500]
    assert not transport.layer.groups.get("guests")
    assert not transport.layer.groups.get("more")
    assert [record.levelname for record in log.records] == ["ERROR"]


async def test_a_connection_that_never_asks_ends_quietly(transport: Transport, probe: Probe) -> None:
    client = guest(transport, probe, accepted=False)
    client._to_server.put_nowait({"type": "websocket.disconnect", "code": 1006})
    async with client:
        await client.ended()
        assert client.left() == []
