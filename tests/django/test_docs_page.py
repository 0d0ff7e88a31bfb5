from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string

from chanx.asyncapi import Server, generate
from chanx.routing import Parameter, Route
from chanx_django.docs_page import MAX_DEPTH, MAX_NODES, ChannelView, Node, Page, read_page
from tests.asyncapi.cases import features, payloads

ROUTES = [
    Route("/rooms/{room_id}/", (Parameter("room_id"),), features.EverythingConsumer),
    Route("/payloads/", (), payloads.PayloadsConsumer),
    Route("/plain/", name="plain", description="Not ours."),
]
SERVERS = {"default": Server("example.com", "wss", "/live", "The service.")}


@pytest.fixture(scope="module")
def page() -> Page:
    return read_page(generate(ROUTES, servers=SERVERS))


def channel(page: Page, key: str) -> ChannelView:
    return next(channel for channel in page.channels if channel.key == key)


def payload(page: Page, key: str, operation: str) -> Node:
    [found] = [each for each in channel(page, key).sends if each.name == operation]
    return next(node for node in found.messages[0].fields if node.name == "payload")


def count(node: Node) -> int:
    return 1 + sum(count(child) for child in node.children)


def words(node: Node) -> list[str]:
    return [f"{child.name}: {child.type}" for child in node.children]


def test_what_the_server_receives_is_what_clients_send(page: Page) -> None:
    room = channel(page, "room")
    assert [operation.name for operation in room.sends] == ["say", "count", "ping", "cancel"]
    assert [operation.name for operation in room.receives][:2] == ["on_renamed", "send_said"]


def test_an_operation_shows_its_answers(page: Page) -> None:
    say, count, ping, _ = channel(page, "room").sends
    assert [message.name for message in say.replies] == ["accepted", "complete", "error"]
    assert (count.deprecated, count.streaming) == (True, True)
    assert (say.protocol, ping.protocol) == (False, True)


def test_the_servers_are_written_as_urls(page: Page) -> None:
    assert page.servers == [("wss://example.com/live", "The service.")]


def test_a_channel_shows_its_handshake(page: Page) -> None:
    room = channel(page, "room")
    assert [node.name for node in room.parameters] == ["room_id"]
    assert [f"{node.name}: {node.type}" for node in room.query] == [
        'language: "en" | "de"',
        "since: integer or null",
        "token: string",
    ]
    assert ("query token", "A token for one connection.") in room.security
    assert ("HTTP bearer", "") in room.security
    assert room.subprotocols == ["chat.v1"]
    assert "4401" in room.close_codes


def test_a_recursive_schema_ends_where_it_contains_itself(page: Page) -> None:
    node = payload(page, "payloads", "plant")
    assert (node.type, words(node)) == ("Node", ["name: string", "children: array of Node"])
    assert node.children[1].children == []


def test_the_members_of_a_union_are_shown_one_by_one(page: Page) -> None:
    node = payload(page, "payloads", "adopt")
    assert words(node) == ["Cat: ", "Dog: "]
    assert words(node.children[0]) == ['kind: "cat"', "lives: integer"]
    assert node.children[0].children[1].notes == ["≥ 0", "≤ 9", "default 9"]


def test_a_mapping_shows_its_values(page: Page) -> None:
    assert words(payload(page, "payloads", "translate")) == ["any other key: string"]


def test_fields_show_their_types_and_limits(page: Page) -> None:
    [sale, sales] = payload(page, "payloads", "sell").children
    assert (sale.name, sales.name) == ("Sale", "array of Sale")
    assert words(sale) == [
        "price: number or string",
        "place: [integer, string]",
        'color: "red" | "green" or null',
        'other: "red" | "green"',
        "when: string or null",
        "ids: array of string",
    ]
    assert [child.name for child in sale.children if child.optional] == ["color", "other", "when", "ids"]
    assert sale.children[0].description == "In euro."
    assert 'for example "9.99"' in sale.children[0].notes


def test_a_message_with_several_actions_lists_them(page: Page) -> None:
    [translate] = [each for each in channel(page, "payloads").sends if each.name == "translate"]
    assert translate.messages[0].fields[0].type == '"translate" | "localize"'


def test_a_frame_is_shown_without_the_id_that_all_have(page: Page) -> None:
    [wave] = [each for each in channel(page, "payloads").sends if each.name == "wave"]
    assert [field.name for field in wave.messages[0].fields] == ["action"]


def test_defaults_of_what_is_always_there_are_left_out(page: Page) -> None:
    [adopt] = [each for each in channel(page, "payloads").sends if each.name == "adopt"]
    total = adopt.replies[0].fields[1].children[1]
    assert (total.name, total.optional, total.notes) == ("total", False, [])


def test_examples_are_written_as_json(page: Page) -> None:
    [adopt] = [each for each in channel(page, "payloads").sends if each.name == "adopt"]
    assert (
        adopt.messages[0].examples[0] == '{\n  "action": "adopt",\n  "payload": {\n    "kind": "cat"\n  }\n}'
    )


def test_models_that_all_refer_to_each_other_make_a_bounded_tree() -> None:
    names = [f"Model{number}" for number in range(12)]
    document = generate([Route("/{x}/", (Parameter("x"),))])
    model = {"properties": {name: {"$ref": f"#/components/schemas/{name}"} for name in names}}
    document["components"] = {"schemas": dict.fromkeys(names, model)}
    [plain] = document["channels"].values()
    plain["parameters"]["x"]["x-schema"] = {"$ref": "#/components/schemas/Model0"}
    [shown] = read_page(document).channels
    assert MAX_NODES <= count(shown.parameters[0]) <= MAX_NODES + MAX_DEPTH * len(names)


def test_messages_of_the_protocol_are_shown_once(page: Page) -> None:
    assert "pong" in {message.name for message in page.protocol}
    assert {message.name for message in channel(page, "room").protocol_messages} == {
        message.name for message in page.protocol
    }


def test_a_plain_consumer_is_shown_without_messages(page: Page) -> None:
    text = render_to_string("chanx/docs.html", {"page": Page("T", "1", "", [], [channel(page, "plain")], [])})
    assert "Not ours." in text
    assert "What is sent here is not described." in text


def test_a_document_of_nothing_is_shown() -> None:
    page = read_page(generate([]))
    assert (page.channels, page.servers, page.protocol) == ([], [], [])
    assert "none" in render_to_string("chanx/docs.html", {"page": page})


SCHEMAS: dict[str, tuple[dict[str, Any], str]] = {
    "anything": ({}, "any"),
    "several types": ({"type": ["string", "integer"]}, "string or integer"),
    "a list of anything": ({"type": "array"}, "array of any"),
    "a part of all": ({"allOf": [{"type": "string"}]}, "string"),
}


@pytest.mark.parametrize("case", SCHEMAS)
def test_types_are_written_in_words(case: str) -> None:
    schema, words_ = SCHEMAS[case]
    document = generate([Route("/{x}/", (Parameter("x"),))])
    [plain] = document["channels"].values()
    plain["parameters"]["x"]["x-schema"] = schema
    [shown] = read_page(document).channels
    assert shown.parameters[0].type == words_
