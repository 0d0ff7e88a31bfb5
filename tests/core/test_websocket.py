"""What users call on a consumer, and on its class."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from chanx.core._hub import EVENT_TYPE, MESSAGE_TYPE
from chanx.core.config import Config
from chanx.core.decorators import event_handler, ws_handler
from chanx.core.errors import ContractError, LayerMissingError
from chanx.core.ports import ChannelLayer
from chanx.core.testing import MemoryLayer
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage
from tests.core.peer import Peer


class Poke(BaseMessage):
    action: Literal["poke"] = "poke"


class Pass(BaseMessage):
    action: Literal["pass"] = "pass"


class Told(BaseMessage):
    action: Literal["told"] = "told"
    payload: Any = None


class Consumer(WebsocketConsumer[Poke | Pass]):
    layer: ChannelLayer | None = None
    groups = ["all"]
    emits = [Told]
    passthrough_events = [Pass]

    @classmethod
    def get_channel_layer(cls) -> ChannelLayer | None:
        return cls.layer

    @event_handler
    async def poke(self, event: Poke) -> Told:
        return Told(payload=self.channel_name)

    @ws_handler
    async def tell(self, words: list[str]) -> Told:
        return Told(payload=words)


@pytest.fixture
def layer() -> MemoryLayer:
    return MemoryLayer()


@pytest.fixture
def consumer(layer: MemoryLayer) -> Any:
    return type("Layered", (Consumer,), {"layer": layer})


async def ready(peer: Peer) -> None:
    assert (await peer.ask({"action": "ping"}))["action"] == "pong"


async def test_a_message_is_sent_to_the_client(consumer: Any) -> None:
    async with Peer(consumer) as peer:
        await peer.app.send_message(Told(payload=1))
        assert await peer.hear() == {"action": "told", "payload": 1}


async def test_a_broadcast_is_encoded_once(consumer: Any, layer: MemoryLayer) -> None:
    async with Peer(consumer) as peer, Peer(consumer) as other:
        await ready(peer)
        await ready(other)
        await peer.app.broadcast_message(Told(payload=1))
        assert await peer.hear() == await other.hear() == {"action": "told", "payload": 1}
    (sent,) = layer.sent
    assert (sent.target, sent.message["type"]) == ("all", MESSAGE_TYPE)
    assert (sent.message["text"], sent.message["wire"]) == ('{"action":"told","payload":1}', "action")


async def test_a_broadcast_may_leave_out_its_sender(consumer: Any) -> None:
    async with Peer(consumer) as peer, Peer(consumer) as other:
        await ready(peer)
        await ready(other)
        await peer.app.broadcast_message(Told(payload=1), exclude_current=True)
        await peer.app.broadcast_message(Told(payload=2))
        assert [(await other.hear())["payload"] for _ in range(2)] == [1, 2]
        assert (await peer.hear())["payload"] == 2


async def test_a_broadcast_goes_to_the_groups_that_it_names(consumer: Any, layer: MemoryLayer) -> None:
    async with Peer(consumer) as peer:
        await ready(peer)
        await peer.app.join_group("a group")
        await peer.app.broadcast_message(Told(), "a group")
        assert (await peer.hear())["action"] == "told"
        await peer.app.leave_group("a group")
        await peer.app.broadcast_message(Told(payload="nobody"), "a group")
        await peer.app.broadcast_message(Told(payload="last"), ["all"])
        assert (await peer.hear())["payload"] == "last"


async def test_a_broadcast_to_no_group_is_refused(layer: MemoryLayer) -> None:
    class Alone(Consumer):
        groups = None

    Alone.layer = layer
    async with Peer(Alone) as peer:
        await ready(peer)
        with pytest.raises(ValueError, match="There is no group to send to"):
            await peer.app.broadcast_message(Told())
        with pytest.raises(ValueError, match="There is no group to send to"):
            await Alone.broadcast_event(Poke())


async def test_a_connection_is_reached_by_its_channel(consumer: Any) -> None:
    async with Peer(consumer) as peer, Peer(consumer) as other:
        await ready(peer)
        await ready(other)
        name = peer.app.channel_name
        await asyncio.sleep(0)
        await consumer.send_event(Poke(), name)
        assert (await peer.hear())["payload"] == name
        await ready(other)
        assert other.silent()


async def test_an_event_to_groups_is_handled_by_each_connection_once(
    consumer: Any, layer: MemoryLayer
) -> None:
    async with Peer(consumer) as peer:
        await ready(peer)
        await peer.app.join_group("more")
        await consumer.broadcast_event(Poke(), ["all", "more"])
        await consumer.broadcast_event(Pass())
        assert [(await peer.hear())["action"] for _ in range(2)] == ["told", "pass"]
    assert {sent.message["type"] for sent in layer.sent} == {EVENT_TYPE}


async def test_an_event_that_the_class_does_not_handle_is_refused(consumer: Any) -> None:
    with pytest.raises(
        ContractError,
        match=r"Layered handles no event 'told'\. Add an @event_handler for it, or list it in passthrough",
    ):
        await consumer.broadcast_event(Told())
    with pytest.raises(ContractError):
        await consumer.send_event(Told(), "channel")


async def test_without_a_layer_nothing_is_sent() -> None:
    class Plain(WebsocketConsumer[Poke]):
        @event_handler
        async def poke(self, event: Poke) -> None: ...

    assert Plain.get_channel_layer() is None
    with pytest.raises(LayerMissingError):
        await Plain.broadcast_event(Poke(), "all")
    with pytest.raises(LayerMissingError):
        await Plain.send_event(Poke(), "channel")
    async with Peer(Plain) as peer:
        await ready(peer)
        with pytest.raises(LayerMissingError):
            peer.app.channel_name  # noqa: B018
        with pytest.raises(LayerMissingError):
            await peer.app.join_group("a")
        with pytest.raises(LayerMissingError):
            await peer.app.broadcast_message(Told(), "a")


async def test_options_of_the_class_stand_above_the_settings() -> None:
    class Own(WebsocketConsumer):
        max_message_bytes = 20

        @classmethod
        def _settings(cls) -> Config:
            return Config(max_message_bytes=10, max_id_bytes=5)

    assert (Own.get_config().max_message_bytes, Own.get_config().max_id_bytes) == (20, 5)
    async with Peer(Own) as peer:
        assert peer.app.config == Own.get_config()
        peer.say("x" * 21)
        assert (await peer.hear())["payload"]["code"] == "too_large"


async def test_every_connection_has_a_consumer_of_its_own(consumer: Any) -> None:
    class Params(BaseModel):
        room: int

    class Typed(WebsocketConsumer):
        params: Params

        @ws_handler
        async def ask(self) -> Told:
            return Told(payload=self.params.room)

    async with Peer(Typed, query_string=b"room=1") as peer, Peer(Typed, query_string=b"room=2") as other:
        assert (await peer.ask({"action": "ask"}))["payload"] == 1
        assert (await other.ask({"action": "ask"}))["payload"] == 2


async def test_arguments_are_validated(consumer: Any) -> None:
    async with Peer(consumer) as peer:
        assert (await peer.ask({"action": "tell", "payload": {"words": ["a"]}}))["payload"] == ["a"]
        answer = await peer.ask(json.dumps({"action": "tell", "payload": {"words": "a"}}))
        assert answer["payload"]["code"] == "validation_error"
