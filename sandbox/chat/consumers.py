"""The two ends of the chat's WebSockets: one room, and the list of rooms."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

from pydantic import BaseModel, Field

from chanx.channels.websocket import AsyncJsonWebsocketConsumer
from chanx.core.decorators import channel, event_handler, ws_handler
from chanx.core.errors import RequestError
from chanx.messages.outgoing import ErrorCode
from sandbox.chat import archive
from sandbox.chat.authenticators import MemberAuthenticator, RoomAuthenticator
from sandbox.chat.messages import (
    Absent,
    Announced,
    AskHistory,
    Came,
    CamePayload,
    History,
    Left,
    Opened,
    Person,
    Present,
    Rename,
    Rolled,
    RolledPayload,
    RoomDeleted,
    RoomSaved,
    Said,
    Say,
    Sides,
    TellStory,
    Typing,
    Word,
    WordPayload,
)
from sandbox.chat.models import Line, Room
from sandbox.chat.stories import story_about

EVERYBODY = "everybody"


class RoomParams(BaseModel):
    """What the address of a room says."""

    room: int = Field(description="The number of the room.")
    since: int = Field(0, ge=0, description="The last line that the page has; it gets those after it.")


@channel(name="room", tags=["chat"])
class RoomConsumer(AsyncJsonWebsocketConsumer[Announced | RoomSaved | RoomDeleted | Came | Left | Present]):
    """One room: what was and is said there, and who is in it."""

    authenticator_class = RoomAuthenticator
    params: RoomParams
    groups = [EVERYBODY]
    emits = [Opened]
    passthrough_events = [Announced, RoomSaved, Present]
    pace = 0.12
    """Seconds between two words of a story."""

    @property
    def room(self) -> Room:
        """The room, as it was when the page came."""
        room: Room = self.authenticator.obj
        return room

    @property
    def me(self) -> Person:
        """Who is connected."""
        return Person(name=self.user.get_username())

    async def get_groups(self) -> list[str]:
        return [self.room.group]

    async def post_authentication(self) -> None:
        opened = await self.run_sync(archive.opened, self.room, self.user, self.params.since)
        await self.send_message(Opened(payload=opened))
        came = Came(payload=CamePayload(name=self.me.name, channel=self.channel_name))
        await self.broadcast_event(came, self.room.group)

    async def disconnect(self, code: int) -> None:
        if self.authenticator.obj is not None:
            await self.broadcast_event(Left(payload=self.me), self.room.group)

    @ws_handler(output_type=Said, tags=["talk"])
    async def say(self, message: Say) -> None:
        """Say something to everybody in the room."""
        line = await Line.objects.acreate(room=self.room, author=self.user, text=message.payload.text)
        await self.broadcast_message(Said(payload=archive.spoken(line)), self.room.group)

    @ws_handler(output_type=Typing, tags=["talk"])
    async def typing(self) -> None:
        """Tell the others that one is writing."""
        await self.broadcast_message(Typing(payload=self.me), self.room.group, exclude_current=True)

    @ws_handler(tags=["talk"])
    def history(self, message: AskHistory) -> History:
        """Fetch older lines."""
        return History(payload=archive.before(self.room, message.payload))

    @ws_handler(output_type=RoomSaved, tags=["room"])
    def rename(self, message: Rename) -> None:
        """Rename the room, for everybody; only its owner may."""
        if self.room.owner != self.user:
            raise RequestError("Only the owner of a room may rename it.", ErrorCode.PERMISSION_DENIED)
        # A plain function runs in a thread, so it may wait for the database. What is saved here tells everybody.
        self.room.name = message.payload.name
        self.room.save(update_fields=["name"])

    @ws_handler(output_type=Rolled, tags=["play"])
    async def roll(self, sides: Sides = 6) -> None:
        """Roll a die in front of everybody."""
        rolled = RolledPayload(name=self.me.name, sides=sides, value=random.randint(1, sides))  # noqa: S311 - a game
        await self.broadcast_message(Rolled(payload=rolled), self.room.group)

    @ws_handler(tags=["play"])
    async def story(self, message: TellStory) -> AsyncIterator[Word]:
        """Tell a story word by word, until it ends or the page cancels it."""
        for word in story_about(message.payload.hero):
            yield Word(payload=WordPayload(text=word))
            await asyncio.sleep(self.pace)

    @ws_handler(tags=["play"])
    async def fail(self) -> None:
        """Fail, to show that the page learns no more than an id for the log."""
        raise LookupError("this text stays in the log of the server")

    @event_handler
    async def on_came(self, event: Came) -> Present:
        """Show who came, and greet them so that they see who is here."""
        if event.payload.channel != self.channel_name:
            await self.send_event(Present(payload=self.me), event.payload.channel)
        return Present(payload=Person(name=event.payload.name))

    @event_handler
    async def on_left(self, event: Left) -> Absent | None:
        """Show who left; whoever has the room open a second time says so."""
        if event.payload != self.me:
            return Absent(payload=event.payload)
        await self.broadcast_message(Present(payload=self.me), self.room.group)
        return None

    @event_handler
    async def on_room_deleted(self, event: RoomDeleted) -> None:
        """Close, so that the page doesn't come back."""
        await self.close(4404, "the room is gone")


@channel(name="rooms", tags=["chat"])
class RoomsConsumer(AsyncJsonWebsocketConsumer[Announced | RoomSaved]):
    """The list of rooms, kept up to date."""

    authenticator_class = MemberAuthenticator
    groups = [EVERYBODY, "rooms"]
    passthrough_events = [Announced, RoomSaved]
