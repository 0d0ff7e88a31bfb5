"""JSON schemas as AsyncAPI has them: those of draft-07."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

JsonSchema = dict[str, Any]
REFERENCE = "#/components/schemas/"
ONE = (
    "additionalItems",
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
)
"""The keywords that hold a schema."""
SEVERAL = ("allOf", "anyOf", "items", "oneOf")
"""The keywords that hold a list of schemas."""
_MAPPING = {"properties", "patternProperties"}


def draft_07(schema: Any) -> Any:
    """Rewrite what Pydantic says in the words of 2020-12; values of users, like defaults, stay as they are."""
    if not isinstance(schema, dict):
        return schema
    schema = {
        key: _map_inside(key, value, draft_07) for key, value in schema.items() if not _is_infinite(value)
    }
    if "prefixItems" in schema:
        first = [draft_07(item) for item in schema.pop("prefixItems")]
        schema["additionalItems"] = schema.pop("items", False)
        schema["items"] = first
    if isinstance(discriminator := schema.get("discriminator"), dict):
        schema["discriminator"] = discriminator["propertyName"]
        if mapping := discriminator.get("mapping"):
            schema["x-discriminator-mapping"] = mapping
    if "properties" in schema:
        schema["properties"] = _without_constant_defaults(schema["properties"])
    return schema


def _without_constant_defaults(properties: JsonSchema) -> JsonSchema:
    """Leave out defaults that say what ``const`` says."""
    return {
        name: {key: value for key, value in field.items() if key != "default"}
        if isinstance(field, dict) and "const" in field
        else field
        for name, field in properties.items()
    }


def walk(schema: Any) -> Iterator[JsonSchema]:
    """List a schema and the schemas inside."""
    if isinstance(schema, dict):
        yield schema
        for key, value in schema.items():
            for inner in _inside(key, value):
                yield from walk(inner)


def references(schema: Any) -> Iterator[str]:
    """List the names of the components that a schema refers to."""
    for inner in walk(schema):
        if isinstance(reference := inner.get("$ref"), str):
            yield reference.removeprefix(REFERENCE)


def rename_references(schema: Any, names: Mapping[str, str]) -> Any:
    """Copy a schema with its references renamed."""
    if not isinstance(schema, dict):
        return schema
    copy = {
        key: _map_inside(key, value, lambda inner: rename_references(inner, names))
        for key, value in schema.items()
    }
    if isinstance(reference := copy.get("$ref"), str):
        copy["$ref"] = REFERENCE + names[reference.removeprefix(REFERENCE)]
    if "x-discriminator-mapping" in copy:
        mapping = copy["x-discriminator-mapping"]
        copy["x-discriminator-mapping"] = {
            tag: REFERENCE + names[reference.removeprefix(REFERENCE)]
            if isinstance(reference, str)
            else rename_references(reference, names)
            for tag, reference in mapping.items()
        }
    return copy


def _inside(key: str, value: Any) -> Iterator[Any]:
    """List the schemas that stand behind a keyword."""
    if key in _MAPPING and isinstance(value, dict):
        yield from value.values()
    elif key in SEVERAL and isinstance(value, list):
        yield from value
    elif key in ONE:
        yield value


def _map_inside(key: str, value: Any, change: Callable[[Any], Any]) -> Any:
    """Copy what stands behind a keyword, with its schemas changed."""
    if key in _MAPPING and isinstance(value, dict):
        return {name: change(inner) for name, inner in value.items()}
    if key in SEVERAL and isinstance(value, list):
        return [change(inner) for inner in value]
    return change(value) if key in ONE else value


def _is_infinite(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
