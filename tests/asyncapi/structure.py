"""What must hold of every document, beside what the official parser checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

Document = dict[str, Any]
NEWER_VERSION = "asyncapi-latest-version"
NOT_DRAFT_07 = {
    "prefixItems",
    "$defs",
    "nullable",
    "unevaluatedProperties",
    "dependentSchemas",
    "contentSchema",
}


def problems(document: Document) -> list[str]:
    """List everything that is wrong with a document."""
    return [
        *_address_problems(document),
        *_reference_problems(document),
        *_component_problems(document),
        *_message_problems(document),
        *_schema_problems(document),
        *(
            f"server {key} has a host with more"
            for key, server in servers(document)
            if re.search(r"[:/]/|/", server["host"])
        ),
    ]


def servers(document: Document) -> Iterator[tuple[str, Any]]:
    yield from document.get("servers", {}).items()


def _address_problems(document: Document) -> Iterator[str]:
    for key, channel in document["channels"].items():
        address = channel["address"]
        if not re.fullmatch(r"[A-Za-z0-9_]+", key):
            yield f"channel {key} has a key that must be escaped"
        if not address.startswith("/") or re.search(r"[?#^$\\\s]", address):
            yield f"channel {key} has the address {address}"
        if set(re.findall(r"\{([^}]*)\}", address)) != set(channel.get("parameters", {})):
            yield f"channel {key} declares other parameters than {address} has"


def _reference_problems(document: Document) -> Iterator[str]:
    for place, reference in references(document):
        try:
            resolve(document, reference)
        except KeyError:
            yield f"{place} refers to {reference}, which is missing"
    for key, operation in document["operations"].items():
        channel = operation["channel"]["$ref"]
        used = [*operation["messages"], *operation.get("reply", {}).get("messages", [])]
        for message in used:
            if not message["$ref"].startswith(f"{channel}/messages/"):
                yield f"operation {key} has a message outside of its channel"
        if not operation["messages"]:
            yield f"operation {key} has no message"
        if operation.get("reply", {"channel": operation["channel"]})["channel"] != operation["channel"]:
            yield f"operation {key} answers elsewhere"


def _component_problems(document: Document) -> Iterator[str]:
    used = {reference for _, reference in references(document)}
    for kind, components in document.get("components", {}).items():
        for name in components:
            if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
                yield f"{kind} {name} has a key that AsyncAPI doesn't allow"
            if f"#/components/{kind}/{name}" not in used:
                yield f"{kind} {name} is used by nothing"
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


def _schema_problems(document: Document) -> Iterator[str]:
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        try:
            Draft7Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            yield f"schema {name} is no draft-07: {error.message}"
        for inner in walk(schema):
            if isinstance(inner, dict):
                if strange := NOT_DRAFT_07 & set(inner):
                    yield f"schema {name} has {strange}"
                if isinstance(inner.get("discriminator"), dict):
                    yield f"schema {name} has a discriminator that is no string"


def example_problems(document: Document) -> list[str]:
    """List the examples that don't fit their schema."""
    found = []
    for name, message in document.get("components", {}).get("messages", {}).items():
        for example in message.get("examples", ()):
            found += [
                f"{name}: {error.message}"
                for error in validator(document, message["payload"]).iter_errors(example["payload"])
            ]
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        for inner in walk(schema):
            if isinstance(inner, dict) and isinstance(inner.get("examples"), list):
                found += [
                    f"{name}: {error.message}"
                    for example in inner["examples"]
                    for error in validator(document, inner).iter_errors(example)
                ]
    return found


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


def references(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        if key == "$ref" and isinstance(inner, str):
            yield place, inner
        elif key == "x-discriminator-mapping":
            yield from ((place, reference) for reference in inner.values())
        else:
            yield from references(inner, f"{place}/{key}")


def walk(value: Any) -> Iterator[Any]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(inner)
