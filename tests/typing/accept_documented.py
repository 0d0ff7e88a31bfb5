# pyright: strict
"""What the documentation shows; both checkers accept it as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal, assert_type

from pydantic import BaseModel, Field

from chanx.channels.websocket import AsyncJsonWebsocketConsumer
from chanx.core.decorators import channel, event_handler, ws_handler
from chanx.messages.base import BaseMessage


class Text(BaseModel):
    text: str = Field(min_length=1)


class Say(BaseMessage):
    action: Literal["say"] = "say"
    payload: Text


class Said(BaseMessage):
    action: Literal["said"] = "said"
    payload: Text


class Refused(BaseMessage):
    action: Literal["refused"] = "refused"


class Renamed(BaseMessage):
    action: Literal["renamed"] = "renamed"
    payload: Text


class Closed(BaseMessage):
    action: Literal["closed"] = "closed"


class RoomParams(BaseModel):
    room: int


@channel(name="chat", description="One room of the chat.", tags=["chat"])
class ChatConsumer(AsyncJsonWebsocketConsumer[Renamed | Closed]):
    params: RoomParams
    emits = (Refused,)

    async def get_groups(self) -> list[str]:
        assert_type(self.params.room, int)
        return [f"room-{self.params.room}"]

    async def post_authentication(self) -> None:
        await self.send_message(Refused())

    @ws_handler
    async def say(self, message: Say) -> Said | Refused:
        if message.payload.text == "no":
            return Refused()
        await self.broadcast_message(Said(payload=message.payload), exclude_current=True)
        return Said(payload=message.payload)

    @ws_handler(summary="Repeat it word by word.", concurrent=True)
    async def words(self, message: Words) -> AsyncIterator[Said]:
        for word in message.payload.text.split():
            yield Said(payload=Text(text=word))

    @ws_handler("chat.rename")
    async def rename(self, title: str, *, loud: bool = False) -> Said:
        return Said(payload=Text(text=title.upper() if loud else title))

    @ws_handler
    def shout(self, message: Shout) -> None:
        assert_type(message.payload, Text)

    @event_handler
    async def on_renamed(self, event: Renamed) -> Renamed:
        return event

    @event_handler
    async def on_closed(self, event: Closed) -> None:
        await self.close(4404, "the room is gone")


class Words(BaseMessage):
    action: Literal["words"] = "words"
    payload: Text


class Shout(BaseMessage):
    action: Literal["shout"] = "shout"
    payload: Text


async def send(channel_name: str) -> None:
    await ChatConsumer.broadcast_event(Renamed(payload=Text(text="new")), groups="room-1")
    await ChatConsumer.send_event(Closed(), channel_name)


def send_from_a_view(channel_name: str) -> None:
    ChatConsumer.broadcast_event_sync(Closed(), groups=["room-1", "room-2"])
    ChatConsumer.send_event_sync(Closed(), channel_name)
