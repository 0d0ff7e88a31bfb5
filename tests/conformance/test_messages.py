"""Messages of every kind of model are read from JSON and written as JSON."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, Literal, TypeVar

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel

from chanx.core.decorators import event_handler, ws_handler
from chanx.messages.base import BaseMessage
from tests.conformance.transports import Mixin, Transport

ItemT = TypeVar("ItemT")


class Colour(Enum):
    RED = "red"


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    when: datetime
    which: uuid.UUID
    colour: Colour
    pair: tuple[int, int]
    amount: Decimal
    names: frozenset[str]


class Exact(BaseMessage):
    model_config = ConfigDict(strict=True, extra="forbid")

    action: Literal["exact"] = "exact"
    payload: Strict


class Aliased(BaseModel):
    user_name: str = Field(alias="userName")


class Alias(BaseMessage):
    action: Literal["alias"] = "alias"
    payload: Aliased


class Node(BaseModel):
    name: str
    children: list[Node] = Field(default_factory=list)
    parent: Node | None = None


class Tree(BaseMessage):
    action: Literal["tree"] = "tree"
    payload: Node


class Listed(BaseMessage):
    action: Literal["listed"] = "listed"
    payload: RootModel[list[int]]


class Page(BaseMessage, Generic[ItemT]):
    action: Literal["page"] = "page"
    payload: list[ItemT]


class Several(BaseMessage):
    action: Literal["open", "shut"]
    payload: str = "door"


class Flat(BaseMessage):
    action: Literal["flat"] = "flat"
    version: int = 1
    ref: str = ""


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class Pet(BaseMessage):
    action: Literal["pet"] = "pet"
    payload: Annotated[Cat | Dog, Field(discriminator="kind")]


class Kinds(Mixin):
    groups = ["kinds"]

    @ws_handler
    async def exact(self, message: Exact) -> Exact:
        return message

    @ws_handler
    async def alias(self, message: Alias) -> Alias:
        return message

    @ws_handler
    async def tree(self, message: Tree) -> Tree:
        return message

    @ws_handler
    async def listed(self, message: Listed) -> Listed:
        return message

    @ws_handler
    async def page(self, message: Page[Aliased]) -> Page[Aliased]:
        return message

    @ws_handler
    async def several(self, message: Several) -> Several:
        return message

    @ws_handler
    async def flat(self, message: Flat) -> Flat:
        return message

    @ws_handler
    async def pet(self, message: Pet) -> Pet | None:
        return message if message.payload.kind == "cat" else None

    @event_handler
    async def on_exact(self, event: Exact) -> Exact:
        return event

    @event_handler
    async def on_tree(self, event: Tree) -> Tree:
        return event


EXACT: dict[str, Any] = {
    "when": "2026-01-02T03:04:05Z",
    "which": "7e57d004-2b97-4e7a-b45f-5387367791cd",
    "colour": "red",
    "pair": [1, 2],
    "amount": "1.50",
    "names": ["ann"],
}
TREE = {"name": "a", "children": [{"name": "b", "children": [], "parent": None}], "parent": None}


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("exact", EXACT),
        ("alias", {"userName": "ann"}),
        ("tree", TREE),
        ("listed", [1, 2]),
        ("page", [{"userName": "ann"}]),
        ("open", "door"),
        ("shut", "window"),
        ("pet", {"kind": "cat", "lives": 9}),
    ],
)
async def test_a_message_comes_back_as_it_was_sent(transport: Transport, action: str, payload: Any) -> None:
    async with transport.connect(Kinds) as client:
        assert await client.request(action, payload, id=1) == {"action": action, "payload": payload, "id": 1}


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("exact", {**EXACT, "pair": [1, "2"]}),
        ("exact", {**EXACT, "more": 1}),
        ("alias", {"user_name": "ann"}),
        ("tree", {"name": "a", "children": [{}]}),
        ("listed", {"root": [1]}),
        ("page", [{"user": "ann"}]),
        ("pet", {"kind": "cow"}),
        ("pet", {"kind": "dog", "lives": 9}),
    ],
)
async def test_a_message_that_does_not_fit_is_refused(
    transport: Transport, action: str, payload: Any
) -> None:
    async with transport.connect(Kinds) as client:
        frame = await client.request(action, payload, id=1)
        assert (frame["payload"]["code"], frame["id"]) == ("validation_error", 1)


async def test_a_handler_that_may_answer_nothing_answers_an_id_with_complete(transport: Transport) -> None:
    async with transport.connect(Kinds) as client:
        assert (await client.request("pet", {"kind": "dog", "tricks": []}, id=1))["action"] == "complete"


async def test_fields_beside_the_payload_are_kept(transport: Transport) -> None:
    async with transport.connect(Kinds) as client:
        client.text('{"action": "flat", "version": 2, "ref": "r"}')
        assert await client.receive() == {"action": "flat", "version": 2, "ref": "r"}


async def test_a_message_that_forbids_extra_keys_may_have_an_id(transport: Transport) -> None:
    async with transport.connect(Kinds) as client:
        assert (await client.request("exact", EXACT, id="x"))["id"] == "x"
        assert (await client.request("exact", EXACT, other=1))["payload"]["code"] == "validation_error"


async def test_strict_and_recursive_events_arrive(transport: Transport) -> None:
    consumer = transport.consumer(Kinds)
    strict = Strict(
        when=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        which=uuid.UUID(EXACT["which"]),
        colour=Colour.RED,
        pair=(1, 2),
        amount=Decimal("1.50"),
        names=frozenset(["ann"]),
    )
    async with transport.connect(Kinds) as client:
        assert await client.alive()
        await consumer.broadcast_event(Exact(payload=strict))
        await consumer.broadcast_event(Tree(payload=Node.model_validate(TREE)))
        assert (await client.receive())["payload"] == EXACT
        assert (await client.receive())["payload"] == TREE
