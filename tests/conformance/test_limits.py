"""Every limit has a setting, and an error or a close code that names it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chanx.core.decorators import ws_handler
from tests.conformance.client import Client
from tests.conformance.probe import Probe
from tests.conformance.transports import Mixin, Transport


class Limited(Mixin):
    probe: Probe | None = None

    @ws_handler
    async def hold(self) -> None:
        assert self.probe is not None
        await self.probe.hold("held")

    @ws_handler
    async def say(self, text: str) -> None: ...

    @ws_handler
    async def join(self, group: str) -> None:
        await self.join_group(group)

    @ws_handler
    async def leave(self, group: str) -> None:
        await self.leave_group(group)


async def refusal(client: Client, action: str, payload: Any = None, **more: Any) -> tuple[str, str]:
    frame = await client.request(action, payload, **more)
    assert frame["action"] == "error", frame
    return frame["payload"]["code"], frame["payload"]["detail"]


async def test_the_size_of_a_frame_is_limited(transport: Transport) -> None:
    async with transport.connect(Limited, max_message_bytes=100) as client:
        code, detail = await refusal(client, "say", {"text": "x" * 100})
        assert code == "too_large"
        assert "MAX_MESSAGE_BYTES=100" in detail


async def test_the_depth_of_a_frame_is_limited(transport: Transport) -> None:
    async with transport.connect(Limited, max_message_depth=3) as client:
        code, detail = await refusal(client, "say", {"text": [[]]})
        assert code == "malformed_frame"
        assert "MAX_MESSAGE_DEPTH=3" in detail


@pytest.mark.parametrize("frame_id", ["xxxxx", "ééé"])
async def test_the_length_of_an_id_is_limited(transport: Transport, frame_id: str) -> None:
    async with transport.connect(Limited, max_id_bytes=4) as client:
        frame = await client.request("say", {"text": "x"}, id=frame_id)
        assert frame["payload"]["code"] == "validation_error"
        assert "id" not in frame


async def test_an_id_at_the_limit_is_taken(transport: Transport) -> None:
    async with transport.connect(Limited, max_id_bytes=4) as client:
        assert (await client.request("say", {"text": "x"}, id="éé"))["id"] == "éé"


async def test_the_number_of_groups_is_limited(transport: Transport) -> None:
    async with transport.connect(Limited, max_subscriptions=2) as client:
        for group in ("a", "b"):
            assert (await client.request("join", {"group": group}, id=1))["action"] == "complete"
        code, detail = await refusal(client, "join", {"group": "c"})
        assert code == "too_many_pending"
        assert "MAX_SUBSCRIPTIONS=2" in detail


async def test_a_group_that_was_left_makes_room(transport: Transport) -> None:
    async with transport.connect(Limited, max_subscriptions=1) as client:
        for action, group in (("join", "a"), ("join", "a"), ("leave", "a"), ("leave", "x"), ("join", "b")):
            assert (await client.request(action, {"group": group}, id=1))["action"] == "complete"


async def test_frames_that_wait_are_limited_then_reading_stops(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Limited, probe=probe, max_pending_frames=5) as client:
        client.send("hold")
        await probe.noted("held")
        assert await client.alive()
        for number in range(20):
            client.send("say", {"text": "x"}, id=number)
        await client.read_but(15)
        await asyncio.sleep(0)
        assert client.unread == 15
        probe.gate.set()
        assert [(await client.receive())["id"] for _ in range(20)] == list(range(20))


async def test_too_many_bad_frames_close_with_4429(transport: Transport) -> None:
    async with transport.connect(Limited, error_budget=5) as client:
        client.text(*["{"] * 10)
        for _ in range(6):
            assert (await client.receive())["payload"]["code"] == "malformed_frame"
        assert await client.closed() == 4429
        await client.ended()
        assert client.left() == []


async def test_bad_frames_within_the_budget_do_not_close(transport: Transport) -> None:
    async with transport.connect(Limited, error_budget=5) as client:
        for _ in range(5):
            client.text("{")
            await client.receive()
        assert await client.alive()


async def test_bad_frames_outside_the_window_are_forgotten(transport: Transport) -> None:
    async with transport.connect(Limited, error_budget=2, error_budget_window=0.000_001) as client:
        for _ in range(10):
            client.text("{")
            await client.receive()
        assert await client.alive()


async def test_good_frames_cost_no_budget(transport: Transport) -> None:
    async with transport.connect(Limited, error_budget=1) as client:
        for _ in range(10):
            assert (await client.request("say", {"text": "x"}, id=1))["action"] == "complete"


async def test_errors_of_handlers_cost_no_budget(transport: Transport) -> None:
    async with transport.connect(Limited, error_budget=1, max_subscriptions=1) as client:
        for group in "abcdef":
            await client.request("join", {"group": group}, id=1)
        assert await client.alive()


async def test_limits_hold_for_each_connection_alone(transport: Transport) -> None:
    async with (
        transport.connect(Limited, error_budget=1) as bad,
        transport.connect(Limited, error_budget=1) as good,
    ):
        bad.text("{", "{")
        await bad.receive()
        await bad.receive()
        assert await bad.closed() == 4429
        assert await good.alive()
