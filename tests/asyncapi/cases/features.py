"""A consumer that uses everything that a document can show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import BaseModel, Field

from chanx.core.authenticator import BaseAuthenticator, Credential
from chanx.core.decorators import channel, event_handler, ws_handler
from chanx.core.ports import Scope
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage


class Language(StrEnum):
    EN = "en"
    DE = "de"


class RoomParams(BaseModel):
    room_id: int = Field(description="Which room.", ge=1, examples=[42])
    language: Language = Field(Language.EN, description="What is spoken there.")
    since: int | None = Field(None, description="Only what is newer.")


class Text(BaseModel):
    text: str = Field(min_length=1, examples=["Hello"])


class Say(BaseMessage):
    """Say something to the room."""

    action: Literal["say"] = "say"
    payload: Text


class Shout(Say):
    action: Literal["shout"] = "shout"  # type: ignore[assignment]  # a message of its own


class Said(BaseMessage):
    """Something was said."""

    action: Literal["said"] = "said"
    payload: Text


class Accepted(BaseMessage):
    action: Literal["accepted"] = "accepted"


class Renamed(BaseMessage):
    action: Literal["renamed"] = "renamed"
    payload: Text


class Closing(BaseMessage):
    action: Literal["closing"] = "closing"


class Joined(BaseMessage):
    action: Literal["joined"] = "joined"


class TokenAuthenticator(BaseAuthenticator):
    credentials: ClassVar = [
        Credential("token", "query", description="A token for one connection."),
        Credential("Authorization", "header"),
        Credential("Authorization", "header", scheme="Token"),
        Credential("sessionid", "cookie"),
        Credential("bearer", "subprotocol"),
    ]

    async def authenticate(self, scope: Scope) -> bool: ...


@channel(name="room", description="One room of the chat.", tags=["chat"])
class EverythingConsumer(WebsocketConsumer[Renamed]):
    authenticator_class = TokenAuthenticator
    subprotocols = ["chat.v1"]
    passthrough_events = [Closing]
    emits = [Joined]
    send_completion = True
    max_id_bytes = 64
    params: RoomParams

    @ws_handler(
        tags=["talk"],
        output_type=Said,
        examples=[Text(text="Hi"), {"action": "shout", "payload": {"text": "HI"}}],
    )
    async def say(self, message: Say | Shout) -> Accepted:
        """
        Say something.

        Everybody in the room hears it.
        """

    @ws_handler(deprecated=True, summary="Count up.", description="Use `say`.")
    async def count(self, to: int = 3) -> AsyncIterator[Said]:
        yield Said(payload=Text(text="1"))

    @event_handler(tags=["talk"])
    async def on_renamed(self, event: Renamed) -> Renamed:
        """The room has a new name."""
        return event
