"""What is wrong with the schemas of a document, and with the values that they describe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from chanx.asyncapi.dialect import ONE, SEVERAL
from chanx.asyncapi.pointers import as_fragment, below, follow, pointer
from chanx.asyncapi.problem import Problem
from chanx.core.errors import ConfigurationError

Object = dict[str, Any]
NOT_DRAFT_07 = (
    "$defs", "contentSchema", "dependentRequired", "dependentSchemas", "maxContains", "minContains", "nullable",
    "prefixItems", "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
"""Words of other dialects, which tools for AsyncAPI pass over."""
BY_NAME = ("definitions", "dependencies", "patternProperties", "properties")


def schema_problems(document: Object) -> Iterator[Problem]:
    """
    List what is wrong with schemas; the references of the document must be right.

    Raises:
        ConfigurationError: jsonschema isn't installed.
    """
    check_schema, check_value = _checks(document)
    roots = list(_roots(document))
    if wrong := [(place, text) for place, schema in roots for text in check_schema(schema)]:
        for place, text in wrong:
            yield Problem(place, f"This is no JSON schema of draft 7: {text}", "schema")
        return
    for inner, schema in (each for place, root in roots for each in _inside(place, root)):
        yield from _word_problems(inner, schema)
        for code, at, value in _values(inner, schema):
            yield from (Problem(at, text, code) for text in check_value(inner, value))
    for place, message in _messages(document):
        for code, at, described, value in _message_values(document, place, message):
            yield from (Problem(at, text, code) for text in check_value(described, value))


def _checks(document: Object) -> tuple[Callable[[Any], list[str]], Callable[[str, Any], list[str]]]:
    """Return what checks a schema, and what checks a value by the schema at a place."""
    try:
        import jsonschema
        from referencing import Registry
        from referencing.exceptions import Unresolvable
        from referencing.jsonschema import DRAFT7
    except ImportError as error:
        raise ConfigurationError(
            "Examples and defaults are validated by jsonschema. Install it with the extra: chanx[validate]."
        ) from error
    draft = jsonschema.Draft7Validator
    registry: Registry[Any] = Registry().with_resource("urn:document", DRAFT7.create_resource(document))
    meta = draft(draft.META_SCHEMA)

    def check_schema(schema: Any) -> list[str]:
        return sorted(error.message for error in meta.iter_errors(schema))

    def check_value(place: str, value: Any) -> list[str]:
        reference = {"$ref": f"urn:document{as_fragment(place)}"}
        validator = draft(reference, registry=registry, format_checker=draft.FORMAT_CHECKER)
        try:
            return [error.message for error in validator.iter_errors(value)]
        except (Unresolvable, RecursionError):
            return []  # It refers to another file, or to itself for ever.

    return check_schema, check_value


def _roots(document: Object) -> Iterator[tuple[str, Any]]:
    """List the schemas that stand in no other."""
    components = document.get("components")
    for name, schema in _items(components, "schemas"):
        yield from _schema(pointer("components", "schemas", name), schema)
    for place, message in _messages(document):
        for key in ("payload", "headers"):
            if key in message:
                yield from _schema(below(place, key), message[key])
    for place, channel in _channels(document):
        yield from _handshake(place, channel)


def _handshake(place: str, channel: Object) -> Iterator[tuple[str, Any]]:
    for name, parameter in _items(channel, "parameters"):
        if isinstance(parameter, dict) and "x-schema" in parameter:
            yield below(place, "parameters", name, "x-schema"), parameter["x-schema"]
    for protocol, binding in _items(channel, "bindings"):
        for key in ("query", "headers"):
            if isinstance(binding, dict) and key in binding:
                yield below(place, "bindings", protocol, key), binding[key]


def _schema(place: str, schema: Any) -> Iterator[tuple[str, Any]]:
    """Pass over schemas of other languages, like Avro."""
    if not (isinstance(schema, dict) and "schemaFormat" in schema):
        yield place, schema


def _channels(document: Object) -> Iterator[tuple[str, Object]]:
    for name, channel in _items(document, "channels"):
        if isinstance(channel, dict):
            yield pointer("channels", name), channel
    for name, channel in _items(document.get("components"), "channels"):
        if isinstance(channel, dict):
            yield pointer("components", "channels", name), channel


def _messages(document: Object) -> Iterator[tuple[str, Object]]:
    """List the messages of components and those that are written out in channels."""
    owners = [(pointer("components"), document.get("components")), *_channels(document)]
    for place, owner in owners:
        for name, message in _items(owner, "messages"):
            if isinstance(message, dict) and "$ref" not in message:
                yield below(place, "messages", name), message


def _items(owner: Any, key: str) -> Iterator[tuple[str, Any]]:
    found = owner.get(key) if isinstance(owner, dict) else None
    for name, value in found.items() if isinstance(found, dict) else ():
        yield str(name), value


def _inside(place: str, schema: Any) -> Iterator[tuple[str, Object]]:
    """List a schema and the schemas inside."""
    if not isinstance(schema, dict):
        return
    yield place, schema
    for key, value in schema.items():
        if key in BY_NAME:
            for name, inner in _items(schema, key):
                yield from _inside(below(place, key, name), inner)
        elif key in SEVERAL and isinstance(value, list):
            for number, inner in enumerate(value):
                yield from _inside(below(place, key, number), inner)
        elif key in ONE:
            yield from _inside(below(place, key), value)


def _word_problems(place: str, schema: Object) -> Iterator[Problem]:
    for word in NOT_DRAFT_07:
        if word in schema:
            text = f"{word!r} is not in the JSON schema of draft 7, which AsyncAPI builds on."
            yield Problem(below(place, word), text, "schema-dialect")
    if "discriminator" in schema and not isinstance(schema["discriminator"], str):
        text = "The discriminator of AsyncAPI is the name of a property, as a string."
        yield Problem(below(place, "discriminator"), text, "discriminator")


def _values(place: str, schema: Object) -> Iterator[tuple[str, str, Any]]:
    if "default" in schema:
        yield "default", below(place, "default"), schema["default"]
    for number, example in enumerate(schema.get("examples", ())):
        yield "example", below(place, "examples", number), example


def _message_values(document: Object, place: str, message: Object) -> Iterator[tuple[str, str, str, Any]]:
    examples = message.get("examples")
    for number, example in enumerate(examples if isinstance(examples, list) else ()):
        for key in ("payload", "headers"):
            if isinstance(example, dict) and key in example and _is_schema(document, message.get(key)):
                yield "example", below(place, "examples", number, key), below(place, key), example[key]


def _is_schema(document: Object, value: Any) -> bool:
    found = (
        follow(document, value)
        if isinstance(value, dict) and str(value.get("$ref", "#")).startswith("#")
        else {}
    )
    return isinstance(found, bool) or (
        isinstance(found, dict) and bool(found) and "schemaFormat" not in found
    )
