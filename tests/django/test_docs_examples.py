"""Examples that are made from schemas."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from chanx.asyncapi import Server, generate
from chanx.routing import Parameter, Route
from chanx_django.docs_examples import with_examples
from tests.asyncapi.cases import features, payloads


def made(payload: dict[str, Any], schemas: dict[str, Any] | None = None, **message: Any) -> Any:
    document = {"components": {"schemas": schemas or {}, "messages": {"It": {"payload": payload, **message}}}}
    return with_examples(document)["components"]["messages"]["It"]["examples"][0]["payload"]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": "say"}, "say"),
        ({"type": "integer", "default": 3, "examples": [4]}, 3),
        ({"type": "integer", "examples": [4]}, 4),
        ({"enum": ["a", "b"]}, "a"),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        ({"type": "string", "minLength": 6}, "textxx"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": ["boolean", "null"]}, True),
        ({"type": "null"}, None),
        ({}, None),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 5, "multipleOf": 4}, 8),
        ({"type": "number", "exclusiveMinimum": 2, "maximum": 9}, 3),
        ({"type": "number", "maximum": -2}, -2),
        ({"type": "integer", "exclusiveMaximum": 1}, 0),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 0}, []),
        ({"type": "array", "items": [{"const": 1}, {"const": "b"}]}, [1, "b"]),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text"),
        (
            {"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]},
            {"a": 1, "b": 2},
        ),
        ({"allOf": [{"const": 5}]}, 5),
    ],
)
def test_a_value_fits_its_schema(schema: dict[str, Any], value: Any) -> None:
    assert made(schema) == value


def test_the_example_of_the_project_goes_first() -> None:
    assert made({"type": "integer"}, examples=[{"payload": 7}]) == 7


def test_an_id_is_left_to_the_client() -> None:
    payload = {"type": "object", "properties": {"id": {"type": "string"}, "a": {"const": 1}}}
    assert made(payload, correlationId={"$ref": "#/components/correlationIds/id"}) == {"a": 1}


def test_what_contains_itself_ends() -> None:
    tree = {
        "type": "object",
        "properties": {"left": {"$ref": "#/components/schemas/Tree"}, "on": {"const": 1}},
    }
    several = {"anyOf": [{"$ref": "#/components/schemas/Tree"}]}
    tree["properties"]["more"] = {"type": "array", "items": several}
    assert made({"$ref": "#/components/schemas/Tree"}, {"Tree": tree}) == {"on": 1, "more": []}


def test_a_deep_schema_ends() -> None:
    chain = {f"S{n}": {"properties": {"n": {"$ref": f"#/components/schemas/S{n + 1}"}}} for n in range(20)}
    value = made({"$ref": "#/components/schemas/S0"}, {**chain, "S20": {"const": 1}})
    assert str(value).count("n") == 7


def test_a_loop_of_references_alone_has_no_value() -> None:
    assert made({"$ref": "#/components/schemas/A"}, {"A": {"$ref": "#/components/schemas/A"}}) is None


def test_every_message_of_a_document_has_an_example_that_fits() -> None:
    routes = [
        Route("/rooms/{room_id}/", (Parameter("room_id"),), features.EverythingConsumer),
        Route("/payloads/", (), payloads.PayloadsConsumer),
    ]
    document = generate(routes, servers={"default": Server("example.com")})
    before = str(document)
    components = with_examples(document)["components"]
    for message in components["messages"].values():
        for example in message["examples"]:
            jsonschema.Draft7Validator({**message["payload"], "components": components}).validate(
                example["payload"]
            )
    assert str(document) == before
