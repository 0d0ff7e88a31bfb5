"""Who is in a group gets what is sent to it, exactly once, whatever others in the same process do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, Literal

import pytest

from chanx.core.decorators import event_handler, ws_handler
from chanx.messages.base import BaseMessage
from tests.conformance.client import Client
from tests.conformance.transports import Mixin, Transport

GROUPS = ["red", "green", "blue"]


class Note(BaseMessage):
    action: Literal["note"] = "note"
    payload: Any = None


class Crash(BaseMessage):
    action: Literal["crash"] = "crash"


class Member(Mixin):
    passthrough_events = [Note]
    groups = ["everybody"]

    @ws_handler
    async def join(self, group: str) -> None:
        await self.join_group(group)

    @ws_handler
    async def leave(self, group: str) -> None:
        await self.leave_group(group)

    @event_handler
    async def on_crash(self, event: Crash) -> None:
        raise ValueError("crash")


class Other(Mixin):
    """Another class in the same groups."""

    groups = ["everybody"]
    emits = [Note]

    @ws_handler
    async def say(self, text: str) -> None:
        await self.broadcast_message(Note(payload=text))


class HesitantLayer:
    """Another layer, whose operations take turns of the event loop before and after they have effect."""

    def __init__(self, layer: Any, chance: random.Random) -> None:
        self._layer = layer
        self._chance = chance

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._layer, name)
        return self._hesitating(found) if name in {"group_add", "group_discard", "group_send"} else found

    def _hesitating(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        async def hesitating(*arguments: Any) -> Any:
            await self._wait()
            result = await operation(*arguments)
            await self._wait()
            return result

        return hesitating

    async def _wait(self) -> None:
        for _ in range(self._chance.randrange(4)):
            await asyncio.sleep(0)


async def notes(client: Client) -> list[Any]:
    """Read what was noted up to the mark that is sent to everybody."""
    found = []
    while (frame := await client.receive()) != {"action": "note", "payload": "mark"}:
        if frame["action"] == "note":
            found.append(frame["payload"])
    return found


async def test_a_group_goes_on_when_one_of_two_members_leaves_it(transport: Transport) -> None:
    consumer = transport.consumer(Member)
    async with transport.connect(Member) as one, transport.connect(Member) as two:
        for client in (one, two):
            await client.request("join", {"group": "red"}, id=1)
        await one.request("leave", {"group": "red"}, id=2)
        await consumer.broadcast_event(Note(payload="red"), "red")
        await consumer.broadcast_event(Note(payload="mark"))
        assert await notes(one) == []
        assert await notes(two) == ["red"]


async def test_a_group_goes_on_when_one_of_two_members_disconnects(transport: Transport) -> None:
    async with transport.connect(Member) as stays:
        async with transport.connect(Member) as goes:
            assert await goes.alive()
        await transport.consumer(Member).broadcast_event(Note(payload="mark"))
        assert await notes(stays) == []


async def test_a_group_can_be_empty_for_a_while(transport: Transport) -> None:
    for number in range(3):
        async with transport.connect(Member) as client:
            assert await client.alive()
            await transport.consumer(Member).broadcast_event(Note(payload=number))
            await transport.consumer(Member).broadcast_event(Note(payload="mark"))
            assert await notes(client) == [number]
        assert not transport.layer.groups.get("everybody")


async def test_a_handler_that_fails_for_one_member_harms_no_other(transport: Transport) -> None:
    consumer = transport.consumer(Member)
    async with transport.connect(Member) as one, transport.connect(Member) as two:
        for client in (one, two):
            assert await client.alive()
        await consumer.broadcast_event(Crash())
        await consumer.broadcast_event(Note(payload="mark"))
        for client in (one, two):
            assert (await client.receive())["action"] == "error"
            assert await notes(client) == []


async def test_consumers_of_different_classes_may_share_a_group(transport: Transport) -> None:
    async with transport.connect(Member) as member, transport.connect(Other) as other:
        assert await member.alive()
        other.send("say", {"text": "mark"})
        for client in (member, other):
            assert await notes(client) == []


async def test_what_comes_through_different_groups_is_delivered_in_order(transport: Transport) -> None:
    consumer = transport.consumer(Member)
    async with transport.connect(Member, groups=["everybody", *GROUPS]) as client:
        assert await client.alive()
        for number in range(60):
            await consumer.broadcast_event(Note(payload=number), GROUPS[number % 3])
        await consumer.broadcast_event(Note(payload="mark"))
        assert await notes(client) == list(range(60))


@pytest.mark.parametrize("seed", range(5))
async def test_members_are_right_after_any_order_of_joining_and_leaving(
    transport: Transport, seed: int
) -> None:
    chance = random.Random(seed)
    transport.layer = HesitantLayer(transport.layer, chance)
    consumer = transport.consumer(Member)
    members: dict[int, set[str]] = {number: set() for number in range(6)}
    async with AsyncExitStack() as stack:
        clients = {number: await stack.enter_async_context(transport.connect(Member)) for number in members}
        for _ in range(40):
            number, group = chance.choice(list(members)), chance.choice(GROUPS)
            action = chance.choice(["join", "leave"])
            members[number] = members[number] | {group} if action == "join" else members[number] - {group}
            clients[number].send(action, {"group": group})
            if chance.random() < 0.3:
                await asyncio.sleep(0)
        for client in clients.values():
            assert await client.alive()
        for group in GROUPS:
            await consumer.broadcast_event(Note(payload=group), group)
        await consumer.broadcast_event(Note(payload="all"), GROUPS)
        await consumer.broadcast_event(Note(payload="mark"))
        for number, client in clients.items():
            expected = [group for group in GROUPS if group in members[number]]
            assert await notes(client) == expected + (["all"] if expected else [])
    assert not any(transport.layer.groups.values())


@pytest.mark.parametrize("seed", range(3))
async def test_connections_that_come_and_go_at_once_leave_the_others_their_groups(
    transport: Transport, seed: int
) -> None:
    transport.layer = HesitantLayer(transport.layer, random.Random(seed))
    consumer = transport.consumer(Member)

    async def come_and_go() -> None:
        async with transport.connect(Member) as client:
            await client.request("join", {"group": "red"}, id=1)

    async with transport.connect(Member) as stays:
        await stays.request("join", {"group": "red"}, id=1)
        await asyncio.gather(*(come_and_go() for _ in range(20)))
        await consumer.broadcast_event(Note(payload="red"), "red")
        await consumer.broadcast_event(Note(payload="mark"))
        assert await notes(stays) == ["red"]
    assert not any(transport.layer.groups.values())
