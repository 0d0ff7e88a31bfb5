from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

import pytest
from pydantic import BaseModel

from chanx.asyncapi import generate
from chanx.asyncapi.name import distinct, safe
from chanx.core.decorators import channel, ws_handler
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage
from chanx.routing import Route
from tests.asyncapi.cases import library, shop
from tests.asyncapi.structure import problems

T = TypeVar("T")


class Box(BaseMessage, Generic[T]):
    action: Literal["box"] = "box"
    payload: T


class Page(BaseModel, Generic[T]):
    items: list[T]


class Text(BaseMessage):
    action: Literal["text"] = "text"
    payload: str = ""


def document(*consumers: type[Any]) -> dict[str, Any]:
    made = generate(Route(f"/ws/{number}/", consumer=consumer) for number, consumer in enumerate(consumers))
    assert problems(made) == []
    return made


def schemas(*consumers: type[Any]) -> list[str]:
    protocol = set(document(PlainConsumer)["components"]["schemas"])
    return [name for name in document(*consumers)["components"]["schemas"] if name not in protocol]


class PlainConsumer(WebsocketConsumer):
    pass


def consumer_of(message: Any, **attributes: Any) -> type[Any]:
    class Consumer(WebsocketConsumer):
        vars().update(attributes)

        @ws_handler
        async def handle(self, message: message) -> None: ...

    return Consumer


def echo_of(message: Any, **attributes: Any) -> type[Any]:
    class EchoConsumer(WebsocketConsumer):
        vars().update(attributes)

        @ws_handler
        async def handle(self, message: message) -> message: ...

    return EchoConsumer


def test_the_first_free_name_is_taken() -> None:
    assert distinct({1: ["a"], 2: ["b", "c"]}) == {1: "a", 2: "b"}


def test_a_clash_moves_both() -> None:
    assert distinct({1: ["a", "x"], 2: ["a", "y"], 3: ["b"]}) == {1: "x", 2: "y", 3: "b"}


def test_what_nothing_tells_apart_is_numbered() -> None:
    assert distinct({1: ["a"], 2: ["a"], 3: ["a_1"]}) == {1: "a_1_", 2: "a_2", 3: "a_1"}


@pytest.mark.parametrize(
    ("text", "name"), [("Page[Item]", "Page_Item"), ("/ws/{a}/", "ws_a"), ("ü", "unnamed"), ("a.b", "a_b")]
)
def test_names_are_safe(text: str, name: str) -> None:
    assert safe(text) == name


def test_generic_classes_are_named_after_their_arguments() -> None:
    assert schemas(consumer_of(Box[Page[shop.Item]])) == ["Box_Page_Item", "Item", "Page_Item"]


def test_generic_classes_of_equal_names_are_told_apart_by_their_arguments() -> None:
    found = schemas(
        consumer_of(Box[Page[shop.Item]]),
        consumer_of(Box[list[library.Item]]),
        consumer_of(Box[Page[library.Item]]),
    )
    assert "tests__asyncapi__test_names__Page_tests__asyncapi__cases__shop__Item" in found
    assert "tests__asyncapi__test_names__Page_tests__asyncapi__cases__library__Item" in found


def local(default: int) -> type[Any]:
    class Local(BaseModel):
        value: int = default

    class Carry(BaseMessage):
        action: Literal["carry"] = "carry"
        payload: Local

    return Carry


def test_classes_of_one_place_are_numbered_by_their_content() -> None:
    one, two = local(1), local(2)
    found = document(consumer_of(one), consumer_of(two))["components"]["schemas"]
    again = document(consumer_of(two), consumer_of(one))["components"]["schemas"]
    name = "tests__asyncapi__test_names__local__locals__Local_1"
    assert found[name]["properties"] == again[name]["properties"]


def test_incoming_and_outgoing_forms_are_told_apart() -> None:
    assert schemas(echo_of(Text)) == ["Text-Input", "Text-Output"]


def test_forms_that_are_equal_share_one_schema() -> None:
    assert schemas(echo_of(shop.Lookup)) == ["Item", "Lookup"]


def test_forms_of_different_limits_are_told_apart() -> None:
    components = document(consumer_of(shop.Lookup), consumer_of(shop.Lookup, max_id_bytes=8))["components"][
        "schemas"
    ]
    assert {"Lookup-id8", "Lookup-id128"} <= set(components)


def test_forms_that_differ_in_two_ways_say_both() -> None:
    assert {"Text-Input-id8", "Text-Output-id128"} <= set(
        document(echo_of(Text), echo_of(Text, max_id_bytes=8))["components"]["schemas"]
    )


def test_a_message_inside_of_another_is_told_apart_from_the_frame() -> None:
    class Outer(BaseMessage):
        action: Literal["outer"] = "outer"
        payload: Text

    class BothConsumer(WebsocketConsumer):
        @ws_handler
        async def text(self, message: Text) -> None: ...

        @ws_handler
        async def outer(self, message: Outer) -> None: ...

    assert schemas(BothConsumer) == ["Outer", "Text-action", "Text-plain"]


def test_channels_of_one_name_add_their_paths() -> None:
    @channel(name="Chat room!")
    class NamedConsumer(WebsocketConsumer):
        pass

    assert list(document(NamedConsumer)["channels"]) == ["Chat_room"]
    assert list(document(NamedConsumer, NamedConsumer)["channels"]) == ["Chat_room_ws_0", "Chat_room_ws_1"]


def test_channels_of_one_path_add_their_consumers() -> None:
    routes = [Route("/a/{x}/", (), shop.SearchConsumer), Route("/a-{x}/", (), library.SearchConsumer)]
    assert sorted(generate(routes)["channels"]) == [
        "search_a_x_tests_asyncapi_cases_library_SearchConsumer",
        "search_a_x_tests_asyncapi_cases_shop_SearchConsumer",
    ]


def test_channels_without_consumers_are_numbered() -> None:
    assert sorted(generate([Route("/a/", name="app"), Route("/a", name="app")])["channels"]) == [
        "app_a_1",
        "app_a_2",
    ]


def test_operations_of_one_name_add_their_messages() -> None:
    class SendConsumer(WebsocketConsumer):
        emits = [Text]

        @ws_handler
        async def send_text(self, message: shop.Lookup) -> None: ...

    operations = list(document(SendConsumer)["operations"])
    assert {"send_send_text_Lookup", "send_send_text_Text"} <= set(operations)
