"""Broadcasts and events: encoded once, received once by each connection of the groups, whatever their names."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import pytest
from pydantic import BaseModel, field_serializer

from chanx.core.decorators import event_handler, ws_handler
from chanx.core.errors import ContractError, LayerMissingError
from chanx.messages.base import BaseMessage
from tests.conformance.client import Client, actions
from tests.conformance.probe import Probe
from tests.conformance.transports import Mixin, Transport

ODD_NAMES = [
    "a b",
    "a-b",
    "a!b",
    "日本",
    "",
    "x" * 1000,
    "*",
    "a\x00b",
    "user:1",
    "\ud800",
    "a\n",
    ".",
    "chanx",
]


class Text(BaseModel):
    some_text: str


class Said(BaseMessage):
    action: Literal["said"] = "said"
    payload: Text


class Renamed(BaseMessage):
    action: Literal["renamed"] = "renamed"
    payload: Text


class Unknown(BaseMessage):
    action: Literal["unknown"] = "unknown"


class Passing(BaseMessage):
    action: Literal["passing"] = "passing"
    payload: Any = None


class Counted(BaseModel):
    value: int

    @field_serializer("value")
    def _count(self, value: int) -> int:
        ENCODED.append(value)
        return value


class Count(BaseMessage):
    action: Literal["count"] = "count"
    payload: Counted


ENCODED: list[int] = []


def said(text: str) -> Said:
    return Said(payload=Text(some_text=text))


class Member(Mixin):
    groups = ["room"]
    emits = [Said, Count, Passing]
    passthrough_events = [Passing]
    probe: Probe | None = None

    @ws_handler
    async def say(self, text: str, to: list[str] | str | None = None, exclude: bool = False) -> None:
        await self.broadcast_message(said(text), to, exclude_current=exclude)

    @ws_handler
    async def join(self, group: str) -> None:
        await self.join_group(group)

    @ws_handler
    async def leave(self, group: str) -> None:
        await self.leave_group(group)

    @ws_handler
    async def count(self) -> None:
        await self.broadcast_message(Count(payload=Counted(value=1)))

    @ws_handler
    async def big(self, value: int) -> None:
        await self.broadcast_message(Passing(payload=value))

    @ws_handler
    async def whoami(self) -> Passing:
        return Passing(payload=self.channel_name)

    @event_handler
    async def on_renamed(self, event: Renamed) -> Renamed:
        return event

    async def app_note(self, message: dict[str, Any]) -> None:
        """What Channels calls for a message of type ``app.note``."""
        await self.send_message(Passing(payload=message["number"]))

    async def app_broken(self, message: dict[str, Any]) -> None:
        raise ValueError("broken")


async def do(client: Client, action: str, payload: Any = None) -> None:
    """Send a request without result and await that it is done; pushes are left unread."""
    frame = await client.request(action, payload, id="done")
    assert frame == {"action": "complete", "payload": None, "id": "done"}


async def texts(client: Client) -> list[str]:
    return [frame["payload"]["some_text"] for frame in await client.waiting() if frame["action"] == "said"]


async def room(transport: Transport, *clients: Client) -> None:
    """Await that all events published so far have reached these clients."""
    await transport.consumer(Member).broadcast_event(Passing(payload="mark"), "room")
    for client in clients:
        while await client.receive() != {"action": "passing", "payload": "mark"}:
            pass


async def test_a_broadcast_reaches_every_member_and_the_sender(transport: Transport) -> None:
    async with transport.connect(Member) as one, transport.connect(Member) as two:
        assert await two.alive()
        one.send("say", {"text": "hi"})
        for client in (one, two):
            assert await client.receive() == {"action": "said", "payload": {"some_text": "hi"}}


async def test_a_broadcast_may_leave_out_its_sender(transport: Transport) -> None:
    async with transport.connect(Member) as one, transport.connect(Member) as two:
        assert await two.alive()
        one.send("say", {"text": "hi", "exclude": True})
        one.send("say", {"text": "all"})
        assert (await one.receive())["payload"]["some_text"] == "all"
        assert [(await two.receive())["payload"]["some_text"] for _ in range(2)] == ["hi", "all"]


async def test_a_broadcast_goes_to_the_groups_that_the_sender_is_in(transport: Transport) -> None:
    async with transport.connect(Member) as one, transport.connect(Member, groups=["other"]) as two:
        await do(one, "join", {"group": "other"})
        one.send("say", {"text": "hi"})
        assert (await two.receive())["payload"]["some_text"] == "hi"


async def test_a_broadcast_to_a_group_reaches_nobody_else(transport: Transport) -> None:
    async with transport.connect(Member) as one, transport.connect(Member, groups=["other"]) as two:
        assert await two.alive()
        one.send("say", {"text": "hi", "to": "other"})
        one.send("say", {"text": "room"})
        assert (await two.receive())["payload"]["some_text"] == "hi"
        assert (await one.receive())["payload"]["some_text"] == "room"


async def test_a_string_is_one_group(transport: Transport) -> None:
    async with transport.connect(Member, groups=["room", "r"]) as member:
        member.send("say", {"text": "wrong", "to": "rose"})
        member.send("say", {"text": "right"})
        assert (await member.receive())["payload"]["some_text"] == "right"


async def test_several_groups_deliver_once(transport: Transport) -> None:
    async with transport.connect(Member, groups=["room", "a", "b"]) as one, transport.connect(Member) as two:
        assert await two.alive()
        one.send("say", {"text": "first", "to": ["a", "room", "b", "a"]})
        one.send("say", {"text": "second", "to": ["room", "b"]})
        for client in (one, two):
            assert [(await client.receive())["payload"]["some_text"] for _ in range(2)] == ["first", "second"]


async def test_an_event_to_several_groups_is_handled_once(transport: Transport) -> None:
    consumer = transport.consumer(Member, groups=["room", "a"])
    async with transport.connect(Member, groups=["room", "a"]) as client:
        assert await client.alive()
        await consumer.broadcast_event(Renamed(payload=Text(some_text="x")), ["a", "room"])
        await consumer.broadcast_event(Renamed(payload=Text(some_text="y")), ["a"])
        assert [(await client.receive())["payload"]["some_text"] for _ in range(2)] == ["x", "y"]


async def test_a_broadcast_is_encoded_once(transport: Transport) -> None:
    ENCODED.clear()
    async with (
        transport.connect(Member) as one,
        transport.connect(Member) as two,
        transport.connect(Member) as three,
    ):
        for client in (two, three):
            assert await client.alive()
        one.send("count")
        for client in (one, two, three):
            assert (await client.receive())["payload"] == {"value": 1}
    assert ENCODED == [1]


async def test_a_broadcast_to_nobody_is_an_error(transport: Transport) -> None:
    async with transport.connect(Member, groups=[]) as client:
        assert (await client.request("say", {"text": "hi"}))["payload"]["code"] == "internal_error"


async def test_an_empty_group_is_no_error(transport: Transport) -> None:
    async with transport.connect(Member) as client:
        await do(client, "say", {"text": "hi", "to": "empty"})


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
async def test_any_string_is_a_group(transport: Transport, name: str) -> None:
    async with transport.connect(Member, groups=[name]) as client:
        assert await client.alive()
        await transport.consumer(Member).broadcast_event(Renamed(payload=Text(some_text="x")), name)
        assert (await client.receive())["action"] == "renamed"


async def test_no_two_names_are_one_group(transport: Transport) -> None:
    consumer = transport.consumer(Member)
    for name in ODD_NAMES:
        async with transport.connect(Member, groups=[name, "room"]) as client:
            assert await client.alive()
            for other in {*ODD_NAMES, "a_b", "A b", "日 本"} - {name}:
                await consumer.broadcast_event(Renamed(payload=Text(some_text=ascii(other))), other)
            await room(transport, client)


async def test_a_group_that_was_left_is_quiet(transport: Transport) -> None:
    async with transport.connect(Member) as client:
        await do(client, "join", {"group": "other"})
        await do(client, "leave", {"group": "other"})
        await transport.consumer(Member).broadcast_event(Renamed(payload=Text(some_text="x")), "other")
        await room(transport, client)


async def test_joining_twice_is_joining_once(transport: Transport) -> None:
    async with transport.connect(Member) as client:
        await do(client, "join", {"group": "room"})
        await do(client, "leave", {"group": "room"})
        assert not transport.layer.groups.get("room")


async def test_an_event_reaches_one_connection_by_its_channel(transport: Transport) -> None:
    async with transport.connect(Member) as one, transport.connect(Member) as two:
        channel = (await one.request("whoami"))["payload"]
        await transport.consumer(Member).send_event(Renamed(payload=Text(some_text="you")), channel)
        assert (await one.receive())["payload"] == {"some_text": "you"}
        await room(transport, one, two)


async def test_an_event_goes_to_the_groups_of_the_class(transport: Transport) -> None:
    async with transport.connect(Member) as client:
        assert await client.alive()
        await transport.consumer(Member).broadcast_event(Renamed(payload=Text(some_text="x")))
        assert (await client.receive())["action"] == "renamed"


async def test_an_event_that_nobody_handles_is_refused_where_it_is_sent(transport: Transport) -> None:
    with pytest.raises(ContractError, match="unknown"):
        await transport.consumer(Member).broadcast_event(Unknown())
    with pytest.raises(ContractError, match="unknown"):
        await transport.consumer(Member).send_event(Unknown(), "channel")


async def test_an_event_without_group_is_refused_where_it_is_sent(transport: Transport) -> None:
    with pytest.raises(ValueError, match="group"):
        await transport.consumer(Member, groups=[]).broadcast_event(Passing())


async def test_without_a_layer_sending_says_so(transport: Transport) -> None:
    transport.layer = None
    with pytest.raises(LayerMissingError):
        await transport.consumer(Member, channel_layer_alias="none").broadcast_event(Passing())


async def test_passthrough_events_go_to_the_client_as_they_are(transport: Transport) -> None:
    payload = {"a_b": [1, None], "🙂": 2**70}
    async with transport.connect(Member) as client:
        assert await client.alive()
        await transport.consumer(Member).broadcast_event(Passing(payload=payload))
        assert await client.receive() == {"action": "passing", "payload": payload}


async def test_integers_beyond_64_bits_are_broadcast(transport: Transport) -> None:
    async with transport.connect(Member) as client:
        assert (await client.request("big", {"value": 2**80}))["payload"] == 2**80


async def test_a_push_carries_no_id(transport: Transport) -> None:
    async with transport.connect(Member) as client:
        client.send("say", {"text": "hi"}, id=5)
        frames = [await client.receive(), await client.receive()]
    by_action = {frame["action"]: frame for frame in frames}
    assert "id" not in by_action["said"]
    assert by_action["complete"]["id"] == 5


async def test_completion_frames_follow_broadcasts_and_events(transport: Transport) -> None:
    consumer = transport.consumer(Member, send_completion=True)
    async with transport.connect(Member, send_completion=True) as client:
        client.send("ping")
        assert actions([await client.receive(), await client.receive()]) == ["pong", "complete"]
        await consumer.broadcast_event(Renamed(payload=Text(some_text="x")))
        await consumer.broadcast_event(Passing())
        received = actions([await client.receive() for _ in range(4)])
        assert received == ["renamed", "event_complete", "passing", "event_complete"]
        client.send("say", {"text": "hi"})
        received = actions([await client.receive() for _ in range(3)])
        assert set(received) == {"complete", "said", "group_complete"}
        assert received.index("said") + 1 == received.index("group_complete") or received[1] == "complete"


async def test_members_of_different_wires_each_read_their_own(transport: Transport) -> None:
    async with (
        transport.connect(Member) as plain,
        transport.connect(Member, camelize=True) as camel,
        transport.connect(Member, message_action_key="type") as keyed,
    ):
        assert await plain.alive()
        assert await camel.alive()
        keyed.text('{"type": "ping"}')
        assert await keyed.receive() == {"type": "pong", "payload": None}
        plain.send("say", {"text": "one"})
        camel.send("say", {"text": "two"})
        keyed.text('{"type": "say", "payload": {"text": "three"}}')
        for client, key, field in (
            (plain, "action", "some_text"),
            (camel, "action", "someText"),
            (keyed, "type", "some_text"),
        ):
            frames = [await client.receive() for _ in range(3)]
            assert {frame[key] for frame in frames} == {"said"}
            assert {frame["payload"][field] for frame in frames} == {"one", "two", "three"}


async def test_a_foreign_message_of_the_layer_reaches_its_method(transport: Transport) -> None:
    async with transport.connect(Member) as client:
        assert await client.alive()
        await transport.layer.group_send("room", {"type": "app.note", "number": 5})
        assert (await client.receive())["payload"] == 5


async def test_a_foreign_message_that_fails_is_answered_and_harms_nothing(transport: Transport) -> None:
    async with transport.connect(Member) as client:
        assert await client.alive()
        await transport.layer.group_send("room", {"type": "app.broken"})
        assert (await client.receive())["payload"]["code"] == "internal_error"
        await room(transport, client)


async def test_a_foreign_message_without_a_method_is_ignored(transport: Transport) -> None:
    async with transport.connect(Member) as client:
        assert await client.alive()
        await transport.layer.group_send("room", {"type": "app.unknown"})
        await room(transport, client)


async def test_what_is_broadcast_right_after_the_accept_is_received(transport: Transport) -> None:
    async with transport.connect(Member) as client:
        client.send("say", {"text": "me"})
        assert (await client.receive())["payload"]["some_text"] == "me"


async def test_a_broadcast_of_many_arrives_in_order(transport: Transport) -> None:
    async with transport.connect(Member) as one, transport.connect(Member) as two:
        assert await two.alive()
        for number in range(50):
            one.send("say", {"text": str(number)})
        for client in (one, two):
            received = [(await client.receive())["payload"]["some_text"] for _ in range(50)]
            assert received == [str(number) for number in range(50)]


async def test_a_message_is_encoded_when_it_is_sent_not_later(transport: Transport) -> None:
    class Changing(Member):
        @ws_handler
        async def change(self) -> None:
            message = said("before")
            await self.broadcast_message(message)
            message.payload.some_text = "after"

    async with transport.connect(Changing) as client:
        assert (await client.request("change"))["payload"]["some_text"] == "before"


async def test_a_member_that_has_left_costs_the_others_nothing(transport: Transport) -> None:
    async with transport.connect(Member) as stays:
        async with transport.connect(Member) as leaves:
            assert await leaves.alive()
        await asyncio.sleep(0)
        stays.send("say", {"text": "hi"})
        assert (await stays.receive())["payload"]["some_text"] == "hi"
        assert len(transport.layer.groups["room"]) == 1
