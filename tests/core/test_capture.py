from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Literal, assert_type

import pytest

from chanx.core.decorators import event_handler, ws_handler
from chanx.core.errors import ContractError
from chanx.core.ports import ChannelLayer
from chanx.core.testing import Broadcast, Communicator, MemoryLayer, Sent, capture_broadcasts
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage


class Say(BaseMessage):
    action: Literal["say"] = "say"
    payload: str = ""


class Said(BaseMessage):
    action: Literal["said"] = "said"
    payload: str = ""


class Renamed(BaseMessage):
    action: Literal["renamed"] = "renamed"


layer = MemoryLayer()


@pytest.fixture(autouse=True)
def fresh_layer() -> Iterator[None]:
    layer.sent.clear()
    yield
    assert layer.groups == {}


class RoomConsumer(WebsocketConsumer[Renamed]):
    groups = ["room"]

    @classmethod
    def get_channel_layer(cls) -> ChannelLayer:
        return layer

    @ws_handler(output_type=Said)
    async def say(self, message: Say) -> None:
        await self.broadcast_message(Said(payload=message.payload), exclude_current=True)

    @event_handler
    async def renamed(self, event: Renamed) -> Said:
        return Said(payload="renamed")


class QuietRoomConsumer(RoomConsumer):
    """Inherits all of it."""


class OtherConsumer(RoomConsumer):
    """Overrides what it broadcasts with."""

    async def broadcast_message(self, message: BaseMessage, *args: Any, **kwargs: Any) -> None:
        await super().broadcast_message(message, "other", **kwargs)


async def test_messages_and_events_are_captured_and_kept_back() -> None:
    async with Communicator(RoomConsumer) as communicator:
        with capture_broadcasts(RoomConsumer) as broadcasts:
            await communicator.request(Say(payload="hello"))
            await RoomConsumer.broadcast_event(Renamed(), ["a", "b"])
        assert broadcasts == [
            Broadcast(RoomConsumer, Said(payload="hello"), ("room",), exclude_current=True),
            Broadcast(RoomConsumer, Renamed(), ("a", "b"), exclude_current=False),
        ]
        assert broadcasts.messages == [Said(payload="hello"), Renamed()]
        assert_type(broadcasts.of(Said), list[Said])
        assert broadcasts.of(Said) == [Said(payload="hello")]
    assert layer.sent == []


async def test_what_is_captured_can_be_sent_too() -> None:
    async with (
        Communicator(RoomConsumer) as communicator,
        capture_broadcasts(RoomConsumer, suppress=False) as sent,
    ):
        await RoomConsumer.broadcast_event(Renamed())
        assert await communicator.receive_message() == Said(payload="renamed")
        assert sent.messages == [Renamed()]


async def test_nothing_is_captured_after_the_end() -> None:
    with capture_broadcasts(RoomConsumer) as broadcasts:
        pass
    await RoomConsumer.broadcast_event(Renamed())
    assert (broadcasts, [sent.target for sent in layer.sent]) == ([], ["room"])


async def test_a_class_is_left_as_it_was() -> None:
    before = dict(vars(RoomConsumer)), dict(vars(QuietRoomConsumer))
    with capture_broadcasts(RoomConsumer), pytest.raises(ZeroDivisionError):
        raise ZeroDivisionError
    assert (dict(vars(RoomConsumer)), dict(vars(QuietRoomConsumer))) == before


@pytest.mark.parametrize("consumer", [QuietRoomConsumer, OtherConsumer])
async def test_subclasses_are_captured_with_their_base(consumer: type[RoomConsumer]) -> None:
    async with Communicator(consumer) as communicator:
        with capture_broadcasts(RoomConsumer) as broadcasts:
            await communicator.request(Say())
        assert [broadcast.consumer for broadcast in broadcasts] == [consumer]
        with capture_broadcasts(consumer) as broadcasts:
            await RoomConsumer.broadcast_event(Renamed())
        assert broadcasts == []
    assert len(layer.sent) == 1


async def test_captures_may_be_nested_and_end_in_any_order() -> None:
    outer, inner = capture_broadcasts(RoomConsumer), capture_broadcasts(RoomConsumer, suppress=False)
    first, second = outer.__enter__(), inner.__enter__()
    await RoomConsumer.broadcast_event(Renamed())
    outer.__exit__(None, None, None)
    await RoomConsumer.broadcast_event(Renamed())
    inner.__exit__(None, None, None)
    assert (len(first), len(second), len(layer.sent)) == (1, 2, 1)


async def test_an_asynchronous_context_captures_from_other_threads() -> None:
    async with capture_broadcasts(RoomConsumer) as broadcasts:
        await asyncio.to_thread(asyncio.run, RoomConsumer.broadcast_event(Renamed()))
    assert broadcasts.messages == [Renamed()]


async def test_mistakes_are_found_although_nothing_is_sent() -> None:
    with capture_broadcasts(RoomConsumer) as broadcasts:
        with pytest.raises(ContractError, match="handles no event 'said'"):
            await RoomConsumer.broadcast_event(Said())  # type: ignore[arg-type] # what is tested
        with pytest.raises(ValueError, match="no group"):
            await RoomConsumer.broadcast_event(Renamed(), [])
    assert broadcasts == []


async def test_consumers_hear_each_other_through_the_memory_layer() -> None:
    async with Communicator(RoomConsumer) as ada, Communicator(RoomConsumer) as bob:
        await bob.request(Say(payload="hello"))
        assert await ada.receive_message() == Said(payload="hello")
        assert await bob.receive_nothing(timeout=0)
    assert [(sent.to_group, sent.message["type"]) for sent in layer.sent] == [(True, "chanx.message")]


async def test_the_memory_layer_delivers_and_records() -> None:
    own = MemoryLayer()
    ada, bob = await own.new_channel(), await own.new_channel("bob")
    await own.group_add("room", ada)
    await own.group_add("room", bob)
    await own.group_send("room", {"type": "hello"})
    assert [await own.receive(channel) for channel in (ada, bob)] == [{"type": "hello"}] * 2
    await own.group_discard("room", ada)
    assert own.groups == {"room": {bob: None}}
    await own.group_discard("room", bob)
    await own.group_discard("room", bob)
    assert own.groups == {}
    await own.group_send("room", {"type": "nobody"})
    await own.send(bob, {"type": "alone"})
    assert await own.receive(bob) == {"type": "alone"}
    assert own.sent == [
        Sent("room", {"type": "hello"}, to_group=True),
        Sent("room", {"type": "nobody"}, to_group=True),
        Sent(bob, {"type": "alone"}, to_group=False),
    ]
