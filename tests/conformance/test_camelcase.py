"""With CAMELIZE, fields of models are in camelCase on the wire; keys of user data are never touched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, computed_field

from chanx.core.authenticator import BaseAuthenticator
from chanx.core.decorators import event_handler, ws_handler
from chanx.core.errors import RequestError
from chanx.messages.base import BaseMessage
from chanx.messages.outgoing import AuthenticationMessage, AuthenticationPayload
from tests.conformance.client import Client
from tests.conformance.transports import Mixin, Transport


@dataclass
class Point:
    left_edge: int


class Person(BaseModel):
    first_name: str
    home_town: str | None = None
    best_friend: Person | None = None

    @computed_field
    @property
    def full_name(self) -> str:
        return f"{self.first_name} Smith"


class Everything(BaseModel):
    main_person: Person
    other_people: list[Person] = Field(default_factory=list)
    by_key: dict[str, Person] = Field(default_factory=dict)
    free_form: Any = None
    top_point: Point | None = None
    own_alias: int = Field(0, alias="OWN-alias")


class Store(BaseMessage):
    action: Literal["store_all"] = "store_all"
    payload: Everything


class Stored(BaseMessage):
    action: Literal["stored_all"] = "stored_all"
    payload: Everything


class Names(BaseMessage):
    action: Literal["some_names"] = "some_names"
    payload: Person


class Registry(Mixin):
    camelize = True
    groups = ["registry"]
    passthrough_events = [Stored]

    @ws_handler
    async def store(self, message: Store) -> Stored:
        return Stored(payload=message.payload)

    @ws_handler("find_person")
    async def find(self, first_name: str, max_age: int = 9) -> Names:
        return Names(payload=Person(first_name=f"{first_name} {max_age}"))

    @ws_handler
    async def each_name(self) -> AsyncIterator[Names]:
        yield Names(payload=Person(first_name="Ann"))

    @ws_handler
    async def refuse(self) -> None:
        raise RequestError("Wait.", retry_after=1)

    @ws_handler
    async def spread(self) -> None:
        await self.broadcast_message(Names(payload=Person(first_name="Bob")))

    @event_handler
    async def on_names(self, event: Names) -> Names:
        return event


class Welcome(BaseAuthenticator):
    async def authenticate(self, scope: Any) -> bool:
        return True

    def result(self) -> AuthenticationMessage:
        data = {"user_name": "ann"}
        return AuthenticationMessage(
            payload=AuthenticationPayload(status_code=200, status_text="OK", data=data)
        )


ANN = {"firstName": "Ann", "homeTown": None, "bestFriend": None, "fullName": "Ann Smith"}
BOB = {**ANN, "firstName": "Bob", "fullName": "Bob Smith"}


async def stored(client: Client, payload: dict[str, Any]) -> Any:
    frame = await client.request("store_all", payload)
    assert frame["action"] == "stored_all", frame
    return frame["payload"]


async def test_fields_are_renamed_both_ways(transport: Transport) -> None:
    async with transport.connect(Registry) as client:
        assert (await stored(client, {"mainPerson": {"firstName": "Ann"}}))["mainPerson"] == ANN


async def test_fields_of_nested_models_are_renamed(transport: Transport) -> None:
    tree = {"firstName": "Bob", "bestFriend": {"firstName": "Ann"}}
    async with transport.connect(Registry) as client:
        payload = await stored(client, {"mainPerson": tree, "otherPeople": [{"firstName": "Ann"}]})
        assert payload["mainPerson"] == {**BOB, "bestFriend": ANN}
        assert payload["otherPeople"] == [ANN]


async def test_fields_of_dataclasses_are_renamed(transport: Transport) -> None:
    async with transport.connect(Registry) as client:
        point = {"leftEdge": 3}
        payload = await stored(client, {"mainPerson": {"firstName": "Ann"}, "topPoint": point})
        assert payload["topPoint"] == point


async def test_keys_of_user_data_stay(transport: Transport) -> None:
    data = {"user_name": 1, "userName": 2, "field_1": {"a_b": [{"c_d": 1}]}, "__": 3, "_x": 4}
    async with transport.connect(Registry) as client:
        payload = await stored(
            client,
            {"mainPerson": {"firstName": "Ann"}, "freeForm": data, "byKey": {"my_key": {"firstName": "Ann"}}},
        )
        assert payload["freeForm"] == data
        assert payload["byKey"] == {"my_key": ANN}


async def test_an_own_alias_stays(transport: Transport) -> None:
    async with transport.connect(Registry) as client:
        payload = await stored(client, {"mainPerson": {"firstName": "Ann"}, "OWN-alias": 5})
        assert payload["OWN-alias"] == 5


async def test_actions_are_not_renamed(transport: Transport) -> None:
    async with transport.connect(Registry) as client:
        assert (await client.request("storeAll", {}))["payload"]["code"] == "unknown_action"


async def test_arguments_are_renamed(transport: Transport) -> None:
    async with transport.connect(Registry) as client:
        frame = await client.request("find_person", {"firstName": "Ann", "maxAge": 3})
        assert frame["payload"]["firstName"] == "Ann 3"


async def test_snake_case_is_refused_and_the_error_names_the_field_of_the_wire(transport: Transport) -> None:
    async with transport.connect(Registry) as client:
        frame = await client.request("find_person", {"first_name": "Ann"})
        assert frame["payload"]["errors"][0]["loc"] == ["payload", "firstName"]


async def test_streams_are_renamed(transport: Transport) -> None:
    async with transport.connect(Registry) as client:
        assert (await client.request("each_name"))["payload"] == ANN


async def test_broadcasts_are_renamed(transport: Transport) -> None:
    async with transport.connect(Registry) as client:
        assert (await client.request("spread"))["payload"] == BOB


async def test_events_are_renamed(transport: Transport) -> None:
    async with transport.connect(Registry) as client:
        await transport.consumer(Registry).broadcast_event(Names(payload=Person(first_name="Ann")))
        assert (await client.receive())["payload"] == ANN


async def test_passthrough_events_are_renamed(transport: Transport) -> None:
    event = Stored(payload=Everything(main_person=Person(first_name="Ann"), free_form={"a_b": 1}))
    async with transport.connect(Registry) as client:
        await transport.consumer(Registry).broadcast_event(event)
        frame = await client.receive()
        assert (frame["payload"]["mainPerson"], frame["payload"]["freeForm"]) == (ANN, {"a_b": 1})


async def test_protocol_messages_are_renamed(transport: Transport) -> None:
    async with transport.connect(Registry, authenticator_class=Welcome) as client:
        payload = (await client.receive())["payload"]
        assert payload == {"statusCode": 200, "statusText": "OK", "data": {"user_name": "ann"}}
        assert (await client.request("refuse"))["payload"]["retryAfter"] == 1


@pytest.mark.parametrize("key", ["_" * 30_000, "-" * 30_000, "a_" * 15_000, "A" * 30_000])
async def test_hostile_keys_cost_no_time(transport: Transport, key: str) -> None:
    payload = {"mainPerson": {"firstName": "Ann"}, key: 1, "freeForm": {key: 1}}
    async with transport.connect(Registry, max_message_bytes=1_000_000) as client:
        assert (await stored(client, payload))["freeForm"] == {key: 1}
