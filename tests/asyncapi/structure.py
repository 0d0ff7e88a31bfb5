"""What must hold of every document, beside what the official parser checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from chanx.asyncapi.lint import lint

Document = dict[str, Any]
NEWER_VERSION = "asyncapi-latest-version"


def problems(document: Document) -> list[str]:
    """List everything that is wrong with a document: what the linter finds, and what we promise beyond."""
    return [
        *map(str, lint(document)),
        *_channel_problems(document),
        *_operation_problems(document),
        *_component_problems(document),
        *_message_problems(document),
    ]


def _channel_problems(document: Document) -> Iterator[str]:
    for key, channel in document["channels"].items():
        address = channel["address"]
        if not re.fullmatch(r"[A-Za-z0-9_]+", key):
            yield f"channel {key} has a key that must be escaped"
        if not address.startswith("/") or re.search(r"[\^$\\]", address):
            yield f"channel {key} has the address {address}"


def _operation_problems(document: Document) -> Iterator[str]:
    for key, operation in document["operations"].items():
        if operation.get("reply", {"channel": operation["channel"]})["channel"] != operation["channel"]:
            yield f"operation {key} answers elsewhere"


def _component_problems(document: Document) -> Iterator[str]:
    for kind, components in document.get("components", {}).items():
        for name in components:
            if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
                yield f"{kind} {name} has a key that AsyncAPI doesn't allow"
    titles = [
        schema["title"]
        for schema in document.get("components", {}).get("schemas", {}).values()
        if "title" in schema
    ]
    for title in {title for title in titles if titles.count(title) > 1}:
        yield f"several schemas have the title {title}"


def _message_problems(document: Document) -> Iterator[str]:
    for key, operation in document["operations"].items():
        for messages in (operation["messages"], operation.get("reply", {}).get("messages", [])):
            tags: list[str] = []
            for reference in messages:
                schema = payload(document, reference["$ref"])
                tag = next(iter(schema["properties"]))
                if tag not in schema["required"]:
                    yield f"{reference['$ref']} doesn't require its action"
                action = schema["properties"][tag]
                tags += action.get("enum", [action.get("const")])
            if len(tags) != len(set(tags)) or None in tags:
                yield f"operation {key} has messages that the action doesn't tell apart: {tags}"


def validator(document: Document, schema: Any) -> Draft7Validator:
    """Make a validator for a schema of a document."""
    registry: Registry[Any] = Registry().with_resource("urn:document", Resource(document, DRAFT7))
    return Draft7Validator(absolute(schema), registry=registry, format_checker=Draft7Validator.FORMAT_CHECKER)


def absolute(value: Any) -> Any:
    """Point references into the document."""
    if isinstance(value, dict):
        return {
            key: f"urn:document{inner}" if key == "$ref" and isinstance(inner, str) else absolute(inner)
            for key, inner in value.items()
        }
    return [absolute(inner) for inner in value] if isinstance(value, list) else value


def payload(document: Document, reference: str) -> Any:
    """Return the schema of the message that a channel's message refers to."""
    message = resolve(document, resolve(document, reference)["$ref"])
    return resolve(document, message["payload"]["$ref"])


def resolve(document: Document, reference: str) -> Any:
    value: Any = document
    for part in reference.removeprefix("#/").split("/"):
        value = value[part]
    return value
