"""Everything that travels between the pages and the server, and between servers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chanx.messages.base import BaseMessage

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Sides = Annotated[int, Field(ge=2, le=100, description="How many sides the die has.")]

# -- parts of messages


class SpokenLine(BaseModel):
    """Something that was said."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    author: str
    text: str
    at: datetime


class RoomInfo(BaseModel):
    """What a list of rooms shows."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    private: bool


class Person(BaseModel):
    """Somebody in a room."""

    name: str


# -- from the page


class SayPayload(BaseModel):
    """What to say."""

    text: Text = Field(examples=["Hello, everybody!"])


class Say(BaseMessage):
    """Say something."""

    action: Literal["say"] = "say"
    payload: SayPayload


class RenamePayload(BaseModel):
    """The new name."""

    name: Name


class Rename(BaseMessage):
    """Rename the room."""

    action: Literal["rename"] = "rename"
    payload: RenamePayload


class HistoryPayload(BaseModel):
    """Which lines to fetch."""

    before: int = Field(ge=1, description="The id of the oldest line that is known.")
    limit: int = Field(20, ge=1, le=50)


class AskHistory(BaseMessage):
    """Fetch older lines."""

    action: Literal["history"] = "history"
    payload: HistoryPayload


class StoryPayload(BaseModel):
    """What the story is about."""

    hero: Name = "a turtle"


class TellStory(BaseMessage):
    """Have a story told, word by word."""

    action: Literal["story"] = "story"
    payload: StoryPayload = StoryPayload()


# -- to the page


class OpenedPayload(BaseModel):
    """The room, and what was said there."""

    room: RoomInfo
    you: str
    owner: str
    lines: list[SpokenLine]
    more: bool = Field(description="Whether there are older lines.")


class Opened(BaseMessage):
    """The first message: what the page shows."""

    action: Literal["opened"] = "opened"
    payload: OpenedPayload


class Said(BaseMessage):
    """Somebody has said something."""

    action: Literal["said"] = "said"
    payload: SpokenLine


class Typing(BaseMessage):
    """Somebody is writing."""

    action: Literal["typing"] = "typing"
    payload: Person


class HistoryPage(BaseModel):
    """Some older lines, the oldest first."""

    lines: list[SpokenLine]
    more: bool = Field(description="Whether there are older lines still.")


class History(BaseMessage):
    """The older lines that were asked for."""

    action: Literal["history"] = "history"
    payload: HistoryPage


class WordPayload(BaseModel):
    """One word."""

    text: str


class Word(BaseMessage):
    """The next word of a story."""

    action: Literal["word"] = "word"
    payload: WordPayload


class RolledPayload(BaseModel):
    """A throw of a die."""

    name: str
    sides: int
    value: int


class Rolled(BaseMessage):
    """Somebody has rolled a die."""

    action: Literal["rolled"] = "rolled"
    payload: RolledPayload


class Present(BaseMessage):
    """Somebody is in the room."""

    action: Literal["present"] = "present"
    payload: Person


class Absent(BaseMessage):
    """Somebody is no longer in the room."""

    action: Literal["absent"] = "absent"
    payload: Person


# -- events, which go to the page as they are


class RoomSaved(BaseMessage):
    """A room was made or renamed."""

    action: Literal["room_saved"] = "room_saved"
    payload: RoomInfo


class AnnouncedPayload(BaseModel):
    """An announcement."""

    author: str
    text: str


class Announced(BaseMessage):
    """Something was announced."""

    action: Literal["announced"] = "announced"
    payload: AnnouncedPayload


# -- events that stay on the server


class CamePayload(BaseModel):
    """Who came, and where to greet them."""

    name: str
    channel: str


class Came(BaseMessage):
    """Somebody has connected."""

    action: Literal["came"] = "came"
    payload: CamePayload


class Left(BaseMessage):
    """A connection has ended."""

    action: Literal["left"] = "left"
    payload: Person


class RoomDeleted(BaseMessage):
    """The room is gone."""

    action: Literal["room_deleted"] = "room_deleted"
