"""What the consumer of Channels adds to that of the core."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer, channel_layers
from django.db import transaction
from django.test import override_settings

from chanx.core.decorators import event_handler, ws_handler
from chanx.core.errors import ContractError
from chanx.messages.base import BaseMessage
from chanx_django.websocket import AsyncJsonWebsocketConsumer
from tests.conformance.client import Client


class Renamed(BaseMessage):
    action: Literal["renamed"] = "renamed"
    payload: str = ""


class Named(BaseMessage):
    action: Literal["named"] = "named"
    payload: Any = None


class Foreign(BaseMessage):
    action: Literal["foreign"] = "foreign"


class RoomConsumer(AsyncJsonWebsocketConsumer[Renamed]):
    groups = ["rooms"]

    @ws_handler
    async def layer(self) -> Named:
        return Named(payload=self.channel_layer is channel_layers["default"])

    @ws_handler
    async def whoami(self) -> Named:
        return Named(payload=self.channel_name)

    @event_handler
    async def on_renamed(self, event: Renamed) -> Renamed:
        return event


class SideConsumer(RoomConsumer):
    channel_layer_alias = "side"


class RecordingLayer(InMemoryChannelLayer):
    """Keeps what is sent through it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        self.sent.append((channel, message["text"]))
        await super().send(channel, message)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.sent.append((group, message["text"]))
        await super().group_send(group, message)


@pytest.fixture
def layer() -> Iterator[RecordingLayer]:
    layer = RecordingLayer()
    before = channel_layers.set("default", layer)
    yield layer
    channel_layers.set("default", before)


def connect(consumer: type[RoomConsumer] = RoomConsumer) -> Client:
    return Client(consumer.as_asgi(), {"path": "/rooms/"})


RENAMED = '{"action":"renamed","payload":"Kitchen"}'
EVENT = Renamed(payload="Kitchen")


async def test_the_layer_of_the_connection_is_that_of_channels(layer: RecordingLayer) -> None:
    async with connect() as client:
        assert (await client.request("layer"))["payload"] is True


async def test_another_layer_is_named_by_its_alias(layer: RecordingLayer) -> None:
    layers = {"default": {"BACKEND": "tests.django.test_websocket.RecordingLayer"}}
    with override_settings(CHANNEL_LAYERS={**layers, "side": layers["default"]}):
        async with connect(SideConsumer) as client:
            assert await client.alive()
            await RoomConsumer.broadcast_event(EVENT)
            assert await client.alive()
            await SideConsumer.broadcast_event(EVENT)
            assert (await client.receive())["action"] == "renamed"


async def test_settings_are_options_of_consumers(layer: RecordingLayer) -> None:
    with override_settings(CHANX={"MESSAGE_ACTION_KEY": "type"}):
        async with connect() as client:
            client.text('{"type": "ping"}')
            assert (await client.receive())["type"] == "pong"
    async with connect() as client:
        assert await client.alive()


async def test_an_event_is_broadcast_from_synchronous_code(layer: RecordingLayer) -> None:
    async with connect() as client:
        assert await client.alive()
        await sync_to_async(RoomConsumer.broadcast_event_sync)(EVENT)
        assert await client.receive() == {"action": "renamed", "payload": "Kitchen"}


async def test_an_event_is_sent_to_one_connection_from_synchronous_code(layer: RecordingLayer) -> None:
    async with connect() as client, connect() as other:
        channel = (await client.request("whoami"))["payload"]
        await sync_to_async(RoomConsumer.send_event_sync)(EVENT, channel)
        assert (await client.receive())["action"] == "renamed"
        assert await other.alive()


def test_an_event_is_broadcast_where_no_event_loop_runs(layer: RecordingLayer) -> None:
    RoomConsumer.broadcast_event_sync(EVENT, ["rooms", "kitchens"])
    assert layer.sent == [("rooms", RENAMED), ("kitchens", RENAMED)]


def test_an_event_that_nobody_handles_is_refused_in_synchronous_code(layer: RecordingLayer) -> None:
    with pytest.raises(ContractError):
        RoomConsumer.broadcast_event_sync(Foreign())  # type: ignore[arg-type]  # that is the mistake


@pytest.mark.django_db(transaction=True)
def test_an_event_waits_for_the_commit(layer: RecordingLayer) -> None:
    with transaction.atomic():
        RoomConsumer.broadcast_on_commit(EVENT)
        assert layer.sent == []
    assert layer.sent == [("rooms", RENAMED)]


@pytest.mark.django_db(transaction=True)
def test_an_event_is_not_sent_after_a_rollback(layer: RecordingLayer) -> None:
    with transaction.atomic():
        RoomConsumer.broadcast_on_commit(EVENT)
        transaction.set_rollback(True)
    assert layer.sent == []


@pytest.mark.django_db(transaction=True)
def test_an_event_is_sent_at_once_where_there_is_no_transaction(layer: RecordingLayer) -> None:
    RoomConsumer.broadcast_on_commit(EVENT, "kitchens")
    assert layer.sent == [("kitchens", RENAMED)]


@pytest.mark.django_db(transaction=True)
def test_a_layer_that_fails_after_the_commit_leaves_the_commit(
    layer: RecordingLayer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(group: str, message: dict[str, Any]) -> None:
        raise ConnectionError("down")

    monkeypatch.setattr(layer, "group_send", fail)
    with transaction.atomic():
        RoomConsumer.broadcast_on_commit(EVENT)
    assert "down" in caplog.text


async def test_a_foreign_message_without_a_method_is_logged(
    layer: RecordingLayer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "chanx")
    async with connect() as client:
        assert await client.alive()
        await layer.group_send("rooms", {"type": "room.unknown", "text": ""})
        await RoomConsumer.broadcast_event(EVENT)
        assert (await client.receive())["action"] == "renamed"
    assert [record.getMessage() for record in caplog.records] == [
        "RoomConsumer has no method for the layer's message 'room.unknown'"
    ]
