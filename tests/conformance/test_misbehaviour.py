"""Handlers and hooks that misbehave harm neither the end of their connection nor other connections."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator
from typing import Literal

import pytest

from chanx.core.decorators import event_handler, ws_handler
from chanx.messages.base import BaseMessage
from tests.conformance.probe import Probe
from tests.conformance.transports import Mixin, Transport


class Tick(BaseMessage):
    action: Literal["tick"] = "tick"


class Careless(Mixin):
    groups = ["careless"]
    disconnect_grace = 0.01
    probe: Probe
    release: threading.Event

    @ws_handler
    async def pour(self) -> None:
        await self.probe.hold("pouring")
        while True:
            await self.send_message(Tick())

    @ws_handler
    async def pour_stream(self) -> AsyncIterator[Tick]:
        await self.probe.hold("pouring")
        while True:
            yield Tick()

    @ws_handler(concurrent=True)
    async def pour_beside(self) -> None:
        await self.probe.hold("pouring")
        while True:
            await self.send_message(Tick())

    @event_handler
    async def pour_event(self, event: Tick) -> None:
        await self.probe.hold("pouring")
        while True:
            await self.send_message(Tick())

    @ws_handler
    def block(self) -> None:
        self.release.wait(5)

    @ws_handler
    async def close_and_crash(self) -> None:
        await self.close(4000)
        raise ValueError("after the close")

    @ws_handler
    async def close_twice(self) -> None:
        await self.close(4000)
        await self.close(4001)

    @ws_handler
    async def remember(self) -> None:
        self.probe.note(weakref.ref(self))

    @ws_handler
    async def swallow(self) -> None:
        try:
            await self.probe.hold("swallowing")
        except asyncio.CancelledError:
            self.probe.note("swallowed")

    async def disconnect(self, code: int) -> None:
        self.probe.note("disconnect")


@pytest.mark.parametrize("action", ["pour", "pour_stream", "pour_beside"])
@pytest.mark.parametrize("immediately", [True, False])
async def test_a_handler_that_sends_forever_ends_with_its_connection(
    transport: Transport, probe: Probe, action: str, immediately: bool
) -> None:
    async with transport.connect(Careless, probe=probe, send_message_immediately=immediately) as client:
        client.send(action)
        await probe.noted("pouring")
        client.leave()
        await client.read_but(0)
        probe.gate.set()
        await client.ended()
    assert probe.notes == ["pouring", "disconnect"]


async def test_an_event_handler_that_sends_forever_ends_with_its_connection(
    transport: Transport, probe: Probe
) -> None:
    async with transport.connect(Careless, probe=probe) as client:
        assert await client.alive()
        await transport.consumer(Careless, probe=probe).broadcast_event(Tick())
        await probe.noted("pouring")
        client.leave()
        probe.gate.set()
        await client.ended()
    assert probe.notes == ["pouring", "disconnect"]


async def test_a_blocked_thread_holds_up_no_disconnect(transport: Transport, probe: Probe) -> None:
    release = threading.Event()
    try:
        async with transport.connect(Careless, probe=probe, release=release) as client:
            client.send("block")
            assert await client.alive()
            client.leave()
            await probe.noted("disconnect")
    finally:
        release.set()


async def test_a_handler_that_swallows_its_cancellation_ends_nevertheless(
    transport: Transport, probe: Probe
) -> None:
    async with transport.connect(Careless, probe=probe) as client:
        client.send("swallow")
        await probe.noted("swallowing")
        client.leave()
        await client.ended()
    assert probe.notes == ["swallowing", "swallowed", "disconnect"]


async def test_a_crash_after_the_close_is_logged_and_not_sent(
    transport: Transport, probe: Probe, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Careless, probe=probe) as client:
        client.send("close_and_crash", id=1)
        assert await client.closed() == 4000
        await client.ended()
        assert client.left() == []
    assert len([record for record in log.records if record.levelname == "ERROR"]) == 1


async def test_the_first_of_two_closes_counts(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Careless, probe=probe) as client:
        client.send("close_twice")
        assert await client.closed() == 4000
        await client.ended()
        assert client.left() == []


async def test_a_connection_that_ended_is_forgotten(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Careless, probe=probe) as client:
        client.send("remember")
        assert await client.alive()
    (reference, _) = probe.notes
    assert isinstance(reference, weakref.ref)
    del client
    await asyncio.sleep(0)
    gc.collect()
    assert reference() is None


class Tidy(Mixin):
    """Takes its time to clean up."""

    probe: Probe
    cleaning: Probe

    @ws_handler
    async def stream(self) -> AsyncIterator[Tick]:
        try:
            yield Tick()
            await asyncio.Event().wait()
        finally:
            await self.cleaning.hold("cleaning")
            self.cleaning.note("clean")

    @ws_handler
    async def hold(self) -> None:
        await self.probe.hold("held")
        self.probe.note("finished")


async def test_the_end_of_a_connection_does_not_disturb_a_stream_that_cleans_up(
    transport: Transport, probe: Probe
) -> None:
    cleaning = Probe()
    async with transport.connect(Tidy, probe=probe, cleaning=cleaning) as client:
        client.send("stream")
        client.send("hold")
        await probe.noted("held")
        client.leave()
        await cleaning.noted("cleaning")
        probe.gate.set()
        await probe.noted("finished")
        await asyncio.sleep(0)
        cleaning.gate.set()
        await client.ended()
    assert cleaning.notes == ["cleaning", "clean"]


async def test_a_second_cancel_does_not_disturb_a_stream_that_cleans_up(
    transport: Transport, probe: Probe
) -> None:
    cleaning = Probe()
    async with transport.connect(Tidy, probe=probe, cleaning=cleaning) as client:
        client.send("stream", id="stream")
        await client.receive()
        for number in range(3):
            client.send("cancel", {"id": "stream"}, id=number)
            assert (await client.receive())["action"] == "complete"
            await cleaning.noted("cleaning")
        cleaning.gate.set()
        assert (await client.receive())["payload"]["code"] == "cancelled"
    assert cleaning.notes == ["cleaning", "clean"]


class Hooked(Careless):
    step: str

    async def connect(self) -> None:
        await self.accept()
        if self.step == "connect":
            await self.close(4001)

    async def post_authentication(self) -> None:
        if self.step == "close":
            await self.close(4001)
        elif self.step == "hold":
            await self.probe.hold("post_authentication")

    @ws_handler
    async def never(self) -> None:
        self.probe.note("never")


@pytest.mark.parametrize("step", ["connect", "close"])
async def test_a_hook_may_close_what_it_has_accepted(transport: Transport, probe: Probe, step: str) -> None:
    async with transport.connect(Hooked, probe=probe, step=step) as client:
        client.send("never")
        assert await client.closed() == 4001
        await client.ended()
    assert probe.notes == ["disconnect"]
    assert not transport.layer.groups.get("careless")


async def test_a_client_that_leaves_while_a_hook_runs_is_noticed(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Hooked, probe=probe, step="hold") as client:
        client.send("never")
        await probe.noted("post_authentication")
        client.leave()
        await client.ended()
    assert probe.notes == ["post_authentication", "disconnect"]
    assert not transport.layer.groups.get("careless")


async def test_a_server_in_a_hurry_does_not_skip_disconnect(transport: Transport, probe: Probe) -> None:
    """The server cancels again while the groups are being left."""

    class Slow(Careless):
        async def disconnect(self, code: int) -> None:
            await asyncio.sleep(0)
            self.probe.note("disconnect")

    async with transport.connect(Slow, probe=probe) as client:
        assert await client.alive()
        client.hurry()
        await asyncio.sleep(0)
        client.hurry()
        assert await client.cancelled()
    assert probe.notes == ["disconnect"]
    assert not transport.layer.groups.get("careless")
