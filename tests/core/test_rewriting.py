from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, computed_field

from chanx.core._rewriting import mirrored
from chanx.core.decorators import event_handler, ws_handler
from chanx.core.ports import ChannelLayer
from chanx.core.testing import Communicator, MemoryLayer
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage


class Person(BaseModel):
    """A model whose fields have one name for reading and another one for writing."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(validation_alias="givenName", serialization_alias="full_name")
    town: str = Field(default="", serialization_alias="city")
    zip: str = Field(default="", validation_alias=AliasChoices(AliasPath("place", 0), "zipCode"))
    note: str = Field(default="", exclude=True, validation_alias=AliasPath("notes", 0))

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated property
    @property
    def initial(self) -> str:
        return self.name[0]


class Greet(BaseMessage):
    action: Literal["greet"] = "greet"
    payload: Person


class Greeted(BaseMessage):
    action: Literal["greeted"] = "greeted"
    payload: Person


class Arrived(BaseMessage):
    action: Literal["arrived"] = "arrived"
    payload: Person


layer = MemoryLayer()
ada = Person(givenName="Ada", town="London", zipCode="W1")  # type: ignore[call-arg] # names for reading


class GreetingConsumer(WebsocketConsumer[Arrived]):
    groups = ["greetings"]

    @classmethod
    def get_channel_layer(cls) -> ChannelLayer:
        return layer

    @ws_handler
    async def greet(self, message: Greet) -> Greeted:
        return Greeted(payload=message.payload)

    @event_handler
    async def arrived(self, event: Arrived) -> Greeted:
        return Greeted(payload=event.payload)


class CamelConsumer(GreetingConsumer):
    camelize = True


both = pytest.mark.parametrize("consumer", [GreetingConsumer, CamelConsumer])


@both
async def test_a_test_writes_what_a_consumer_reads_and_reads_what_it_writes(consumer: type[Any]) -> None:
    async with Communicator(consumer) as communicator:
        assert (await communicator.request(Greet(payload=ada), Greeted)).payload == ada


@both
async def test_an_event_is_read_by_the_names_with_which_it_is_written(consumer: type[Any]) -> None:
    async with Communicator(consumer) as communicator:
        await consumer.broadcast_event(Arrived(payload=ada))
        assert await communicator.receive_message() == Greeted(payload=ada)


async def test_the_frames_have_the_names_of_the_model() -> None:
    async with Communicator(GreetingConsumer) as communicator:
        await communicator.send_json({"action": "greet", "payload": {"givenName": "Bob", "place": ["N1"]}})
        payload = {"full_name": "Bob", "city": "", "zip": "N1", "initial": "B"}
        assert await communicator.receive_json() == {"action": "greeted", "payload": payload}


def test_what_is_no_schema_stays_as_it_is() -> None:
    schema = {"type": "any", "custom_error_context": {"why": (1, "a")}}
    copy = mirrored(schema)
    assert copy == schema
    assert copy is not schema
