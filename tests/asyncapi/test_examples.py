from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, Field

from chanx.asyncapi import generate
from chanx.core.decorators import ws_handler
from chanx.core.errors import DocumentError
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage
from chanx.routing import Route
from tests.asyncapi.structure import problems


class Item(BaseModel):
    name: str
    count: int = 1


class Buy(BaseMessage):
    action: Literal["buy"] = "buy"
    payload: Item


class Sell(BaseMessage):
    action: Literal["sell"] = "sell"
    payload: Item | None = None


class Note(BaseMessage):
    action: Literal["note"] = "note"
    text: str = ""


def examples(message: Any, *given: Any, **attributes: Any) -> list[Any]:
    class ExampleConsumer(WebsocketConsumer):
        vars().update(attributes)

        @ws_handler(examples=given)
        async def handle(self, message: message) -> None: ...

    document = generate([Route("/", consumer=ExampleConsumer)])
    assert problems(document) == []
    messages = document["components"]["messages"].values()
    return [example["payload"] for each in messages for example in each.get("examples", ())]


APPLE = {"action": "buy", "payload": {"name": "apple"}}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"name": "apple"}, APPLE),
        ({"payload": {"name": "apple"}}, APPLE),
        (APPLE, APPLE),
        ({**APPLE, "id": "a"}, {**APPLE, "id": "a"}),
        (Buy(payload=Item(name="apple")), {"action": "buy", "payload": {"name": "apple", "count": 1}}),
        (Item(name="apple", count=2), {"action": "buy", "payload": {"name": "apple", "count": 2}}),
    ],
    ids=["payload", "frame without action", "frame", "frame with id", "message", "model"],
)
def test_an_example_is_shown_as_a_frame(given: Any, shown: Any) -> None:
    assert examples(Buy, given) == [shown]


def test_a_value_that_pydantic_takes_for_another_is_shown_as_that() -> None:
    assert examples(Buy, {"name": "apple", "count": "3"}) == [
        {"action": "buy", "payload": {"name": "apple", "count": 3}}
    ]
    assert examples(Buy, {"action": "buy", "payload": {"name": "a", "count": "3"}, "id": 1})[0]["id"] == 1


def test_what_only_a_validator_understands_is_shown_as_what_it_means() -> None:
    class Split(BaseMessage):
        action: Literal["split"] = "split"
        payload: Annotated[
            list[int], BeforeValidator(lambda value: value.split(",") if isinstance(value, str) else value)
        ]

    assert examples(Split, "1,2") == [{"action": "split", "payload": [1, 2]}]


def test_a_message_without_a_payload_takes_its_own_fields() -> None:
    assert examples(Note, {"text": "a"}) == [{"action": "note", "text": "a"}]


def test_an_example_belongs_to_the_message_that_its_action_names() -> None:
    given = ({"action": "sell", "payload": None}, Sell(), {"name": "pear"})
    assert examples(Buy | Sell, *given) == [
        {"action": "buy", "payload": {"name": "pear"}},
        {"action": "sell", "payload": None},
    ]


def test_equal_examples_are_shown_once() -> None:
    assert examples(Buy, APPLE, APPLE) == [APPLE]


def test_the_key_of_the_action_is_the_one_of_the_wire() -> None:
    shown = [{"type": "buy", "payload": {"name": "apple"}}]
    assert examples(Buy, {"name": "apple"}, APPLE, *shown, message_action_key="type") == shown


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"count": 1}, r"ExampleConsumer.*handle\(\).*Buy: payload\.name: Field required"),
        ({"action": "other"}, "payload.name: Field required"),
        ({"action": "buy", "payload": {}}, "payload.name: Field required"),
        (Note(), "Buy: "),
        ({"name": object()}, "Unable to serialize"),
        (7, "payload"),
    ],
    ids=["wrong payload", "wrong action", "wrong frame", "wrong message", "no JSON", "no mapping"],
)
def test_a_wrong_example_is_refused(given: Any, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        examples(Buy, given)


def test_a_message_without_a_payload_takes_no_bare_value() -> None:
    with pytest.raises(DocumentError, match="should be an object"):
        examples(Note, 7)


def test_an_example_that_does_not_read_back_is_refused() -> None:
    class Odd(BaseMessage):
        action: Literal["odd"] = "odd"
        payload: int = Field(validation_alias="into", serialization_alias="out")

    with pytest.raises(DocumentError, match="into: Field required"):
        examples(Odd, Odd.model_validate({"into": 1}))


def fields(annotation: Any, field: Any) -> tuple[Any, Any]:
    class Fields(BaseModel):
        value: annotation = field

    class Bring(BaseMessage):
        action: Literal["bring"] = "bring"
        payload: Fields

    class FieldsConsumer(WebsocketConsumer):
        @ws_handler
        async def bring(self, message: Bring) -> Bring: ...

    document = generate([Route("/", consumer=FieldsConsumer)])
    assert problems(document) == []
    schemas = document["components"]["schemas"]
    return tuple(
        schemas.get(f"Fields{form}", schemas.get("Fields"))["properties"]["value"].get("examples")
        for form in ("-Input", "-Output")
    )  # type: ignore[return-value]  # two of them


def test_examples_of_fields_are_shown_in_both_directions() -> None:
    assert fields(int, Field(examples=[1, 2])) == ([1, 2], [1, 2])


def test_examples_of_fields_are_shown_as_they_are_sent() -> None:
    assert fields(float | Decimal, Field(default=1, examples=[Decimal("1.5")])) == (["1.5"], ["1.5"])
    assert fields(Item, Field(examples=[{"name": "a"}])) == ([{"name": "a"}], [{"name": "a", "count": 1}])


def test_examples_of_a_field_with_a_default_are_checked_once() -> None:
    assert fields(int, Field(default=3, serialization_alias="value", examples=["4"])) == ([4], [4])


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        (Field(examples=["x"]), r"Fields has an example that doesn't validate: .*'x'.* valid integer"),
        (Field(json_schema_extra={"examples": "x"}), "examples that are no list"),
    ],
)
def test_wrong_examples_of_fields_are_refused(field: Any, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        fields(int, field)


def test_examples_of_a_recursive_model_are_checked() -> None:
    class Tree(BaseModel, json_schema_extra={"examples": [{"children": [{}]}]}):
        children: list[Tree] = []

    class Grow(BaseMessage):
        action: Literal["grow"] = "grow"
        payload: Tree

    assert examples(Grow, {"children": [{"children": []}]}) != []
