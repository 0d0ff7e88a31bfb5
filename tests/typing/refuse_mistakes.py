"""Mistakes that both checkers find before anything runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

from pydantic import BaseModel

from chanx.channels.websocket import AsyncJsonWebsocketConsumer
from chanx.core.decorators import event_handler, ws_handler
from chanx.messages.base import BaseMessage


class Text(BaseModel):
    text: str


class Say(BaseMessage):
    action: Literal["say"] = "say"
    payload: Text


class Said(BaseMessage):
    action: Literal["said"] = "said"
    payload: Text


class Words(BaseMessage):
    action: Literal["words"] = "words"
    payload: Text


class RoomRenamed(BaseMessage):
    action: Literal["room_renamed"] = "room_renamed"
    payload: Text


class RoomParams(BaseModel):
    room: int


class RoomConsumer(AsyncJsonWebsocketConsumer[RoomRenamed]):
    params: RoomParams

    @ws_handler
    async def a_wrong_return_type(self, message: Say) -> Said:
        return message.payload  # refused: mypy=return-value pyright=reportReturnType

    @ws_handler
    async def an_undeclared_reply(self, message: Say) -> Said | None:
        return RoomRenamed(payload=message.payload)  # refused: mypy=return-value pyright=reportReturnType

    @ws_handler
    async def an_undeclared_streamed_reply(self, message: Words) -> AsyncIterator[Said]:
        yield Words(payload=message.payload)  # refused: mypy=misc pyright=reportReturnType

    @ws_handler
    async def a_field_that_the_message_lacks(self, message: Say) -> Said:
        title = message.payload.title  # refused: mypy=attr-defined pyright=reportAttributeAccessIssue
        return Said(payload=Text(text=title))

    @ws_handler
    async def a_field_of_a_wrong_type(self, message: Say) -> Said:
        return Said(payload=message)  # refused: mypy=arg-type pyright=reportArgumentType

    @ws_handler
    async def a_parameter_that_the_url_lacks(self, message: Say) -> None:
        name = self.params.name  # refused: mypy=attr-defined pyright=reportAttributeAccessIssue
        await self.join_group(name)

    @ws_handler
    async def what_is_no_message(self, message: Say) -> None:
        await self.send_message({"action": "said"})  # refused: mypy=arg-type pyright=reportArgumentType

    @event_handler
    async def on_renamed(self, event: RoomRenamed) -> RoomRenamed:
        return event


async def a_wrong_event_type(channel_name: str) -> None:
    said = Said(payload=Text(text="hello"))
    await RoomConsumer.broadcast_event(said, "room")  # refused: mypy=arg-type pyright=reportArgumentType
    await RoomConsumer.send_event(said, channel_name)  # refused: mypy=arg-type pyright=reportArgumentType


def a_wrong_event_type_from_a_view(channel_name: str) -> None:
    said = Said(payload=Text(text="hello"))
    RoomConsumer.broadcast_event_sync(said, "room")  # refused: mypy=arg-type pyright=reportArgumentType
    RoomConsumer.send_event_sync(said, channel_name)  # refused: mypy=arg-type pyright=reportArgumentType
