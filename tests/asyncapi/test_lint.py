from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from typing import Any

import pytest

from chanx.asyncapi.lint import lint
from chanx.asyncapi.problem import Problem
from chanx.core.errors import ConfigurationError

Document = dict[str, Any]
DOCUMENT: Document = {
    "asyncapi": "3.1.0",
    "info": {"title": "By hand", "version": "1"},
    "servers": {"default": {"host": "example.com:8000", "protocol": "wss", "pathname": "/live"}},
    "channels": {
        "room": {
            "address": "/rooms/{room}/",
            "parameters": {"room": {"enum": ["a", "b"], "default": "a", "x-schema": {"type": "string"}}},
            "messages": {
                "say": {"$ref": "#/components/messages/say"},
                "inline": {"payload": {"type": "object", "default": {}}},
                "avro": {
                    "payload": {"schemaFormat": "avro", "schema": {"type": "nope"}},
                    "examples": [{"payload": 1}],
                },
            },
            "bindings": {"ws": {"query": {"properties": {"page": {"type": "integer", "default": 1}}}}},
        },
        "answers": {"address": None, "messages": {"said": {"$ref": "#/components/messages/said"}}},
    },
    "operations": {
        "say": {
            "action": "receive",
            "channel": {"$ref": "#/channels/room"},
            "messages": [{"$ref": "#/channels/room/messages/say"}],
            "reply": {
                "address": {"location": "$message.header#/to"},
                "channel": {"$ref": "#/channels/answers"},
                "messages": [{"$ref": "#/channels/answers/messages/said"}],
            },
        },
        "push": {"action": "send", "channel": {"$ref": "#/channels/room"}},
    },
    "components": {
        "channels": {"spare": {"address": None}},
        "messages": {
            "say": {
                "payload": {"$ref": "#/components/schemas/Say"},
                "headers": {"type": "object"},
                "examples": [{"payload": {"text": "hi"}, "headers": {}}, {"name": "none"}],
            },
            "said": {"payload": True, "examples": [{"payload": 1, "headers": {}}]},
        },
        "schemas": {
            "Say": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "properties": {
                    "text": {"type": "string", "examples": ["hi", "ho"]},
                    "more": {
                        "anyOf": [{"$ref": "#/components/schemas/Say"}, {"type": "null"}],
                        "default": None,
                    },
                    "elsewhere": {"$ref": "https://example.com/schema.json", "default": 3},
                    "list": {"type": "array", "items": {"type": "integer"}},
                    "pair": {"items": [{"type": "integer"}, True]},
                    "$ref": {"type": "string", "default": "a name like any other"},
                },
                "additionalProperties": False,
                "examples": [{"text": "hi", "$ref": "#/not/a/reference"}],
                "discriminator": "kind",
                "x-discriminator-mapping": {"say": "#/components/schemas/Say", "other": {}},
            }
        },
    },
}
DOCUMENT["channels"]["spare"] = {"$ref": "#/components/channels/spare"}
SAY = "#/components/schemas/Say"
Plant = Callable[[Document], Any]


def schema(document: Document) -> Any:
    return document["components"]["schemas"]["Say"]


def room(document: Document) -> Any:
    return document["channels"]["room"]


WRONG: dict[str, tuple[str, Plant]] = {
    "unresolved-reference": (
        "#/operations/say/channel",
        lambda it: it["operations"]["say"].update(channel={"$ref": "#/channels/none"}),
    ),
    "server-host": ("#/servers/default/host", lambda it: it["servers"]["default"].update(host="ws://a.b")),
    "channel-key": ("#/channels/a?b", lambda it: it["channels"].update({"a?b": {}})),
    "address-scheme": ("#/channels/room/address", lambda it: room(it).update(address="wss://a.b/{room}")),
    "address-query": ("#/channels/room/address", lambda it: room(it).update(address="/{room}?page=1")),
    "parameter-undeclared": ("#/channels/room/address", lambda it: room(it).pop("parameters")),
    "parameter-unused": ("#/channels/room/parameters/room", lambda it: room(it).update(address="/rooms/")),
    "message-outside-channel": (
        "#/operations/say/messages/0",
        lambda it: it["operations"]["say"].update(messages=[{"$ref": "#/components/messages/say"}]),
    ),
    "no-message": ("#/operations/push/messages", lambda it: it["operations"]["push"].update(messages=[])),
    "reply-address": (
        "#/operations/say/reply/address",
        lambda it: it["channels"]["answers"].update(address="/answers/"),
    ),
    "component-unused": (
        "#/components/schemas/Loop",
        lambda it: it["components"]["schemas"].update(Loop={"items": {"$ref": "#/components/schemas/Loop"}}),
    ),
    "schema": (SAY, lambda it: schema(it).update(type="objekt")),
    "schema-dialect": (f"{SAY}/nullable", lambda it: schema(it).update(nullable=True)),
    "discriminator": (f"{SAY}/discriminator", lambda it: schema(it).update(discriminator={})),
    "example": (
        "#/components/messages/say/examples/0/payload",
        lambda it: it["components"]["messages"]["say"]["examples"][0].update(payload={"text": 3}),
    ),
    "default": (
        f"{SAY}/properties/text/default",
        lambda it: schema(it)["properties"]["text"].update(default=7),
    ),
}


def test_a_document_without_a_mistake_has_no_problem() -> None:
    assert lint(DOCUMENT) == []


@pytest.mark.parametrize("code", WRONG)
def test_a_mistake_is_found_where_it_is(code: str) -> None:
    path, plant = WRONG[code]
    document = copy.deepcopy(DOCUMENT)
    plant(document)
    assert (path, code) in [(problem.path, problem.code) for problem in lint(document)]


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (f"{SAY}/examples/0", {"text": 1}),
        (f"{SAY}/properties/more/anyOf/1/default", 1),
        (f"{SAY}/properties/list/items/default", "a"),
        (f"{SAY}/properties/pair/items/0/default", "a"),
        ("#/channels/room/messages/inline/payload/default", []),
        ("#/channels/room/bindings/ws/query/properties/page/default", "a"),
        ("#/channels/room/parameters/room/x-schema/default", 1),
        ("#/channels/room/parameters/room/default", "c"),
        ("#/components/messages/say/examples/0/headers", []),
    ],
)
def test_values_are_checked_wherever_they_stand(where: str, value: Any) -> None:
    document = copy.deepcopy(DOCUMENT)
    target: Any = document
    *parts, last = where.removeprefix("#/").split("/")
    for part in parts:
        target = target[int(part) if isinstance(target, list) else part]
    target[int(last) if isinstance(target, list) else last] = value
    assert where in [problem.path for problem in lint(document)]


def test_each_example_of_a_parameter_must_be_among_its_values() -> None:
    document = copy.deepcopy(DOCUMENT)
    room(document)["parameters"]["room"]["examples"] = ["a", "c"]
    text = "'c' is none of 'a', 'b'."
    assert lint(document) == [Problem("#/channels/room/parameters/room/examples", text, "example")]


def test_a_circle_of_references_is_found() -> None:
    document = copy.deepcopy(DOCUMENT)
    schema(document)["properties"]["text"] = {"$ref": f"{SAY}/properties/text"}
    assert [problem.code for problem in lint(document)] == ["unresolved-reference"]


def test_a_schema_that_is_part_of_itself_does_not_go_on_for_ever() -> None:
    document = copy.deepcopy(DOCUMENT)
    schema(document)["allOf"] = [{"$ref": SAY}]
    assert lint(document) == []


def test_keys_may_have_any_character() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["components"]["schemas"]["a/b ~c%d"] = {"type": "integer", "default": "x"}
    schema(document)["properties"]["odd"] = {"$ref": "#/components/schemas/a~1b%20~0c%25d"}
    assert [problem.path for problem in lint(document)] == ["#/components/schemas/a~1b ~0c%d/default"]


@pytest.mark.parametrize(
    "strange",
    [
        {},
        {"servers": [], "channels": [], "operations": [], "components": []},
        {"channels": {"a": {"address": "/{a}/", "parameters": {"a": {}}}}},
        {
            "servers": {"a": {"host": 1}},
            "channels": {"a": 1, "b": {"address": 1, "messages": [], "bindings": 1}},
        },
        {"channels": {"a": {"address": "/{a}/", "parameters": {"a": 1}, "bindings": {"ws": 1}}, 1: {}}},
        {
            "operations": {
                "a": {"messages": {}, "reply": 1},
                "b": {"messages": [1], "reply": {"messages": [1]}},
            }
        },
        {"operations": {"a": {"reply": {"address": {}, "channel": {"$ref": "#/nowhere"}}}}},
        {"components": {"channels": {"a": 1}, "schemas": 1, "messages": {"a": 1, "b": {"examples": 1}}}},
        {"components": {"messages": {"a": {"examples": [{"payload": 1}], "payload": {"$ref": "a.json"}}}}},
        {"components": {"schemas": {"a": {"$ref": "#/info/0"}}}, "info": []},
    ],
)
def test_what_is_no_document_is_linted_too(strange: Document) -> None:
    harmless = {"component-unused", "parameter-undeclared", "unresolved-reference"}
    assert {problem.code for problem in lint(strange)} <= harmless


def test_the_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    with pytest.raises(ConfigurationError, match=r"chanx\[validate\]"):
        lint(DOCUMENT)


def test_a_problem_is_one_line() -> None:
    assert str(Problem("#/info", "It is wrong.", "wrong")) == "#/info: It is wrong. [wrong]"
