"""What a schema allows, as alternatives without references, unions and lists of types."""

from __future__ import annotations

import json
from typing import Any

from chanx.asyncapi.pointers import follow

Object = dict[str, Any]
ANNOTATIONS = frozenset(
    {"$comment", "$schema", "default", "deprecated", "description", "discriminator", "examples", "externalDocs", "title"}
)  # fmt: skip
"""Keywords that let pass no more and no less; so do those that begin with ``x-``."""
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
NOTHING: Object = {"not": {}}


def same_text(value: Any) -> str:
    """Write a value so that equal values have equal texts."""
    return json.dumps(value, sort_keys=True, default=str)


class Alternatives:
    """Reads the schemas of one document."""

    def __init__(self, document: Object) -> None:
        self._document = document
        self._known: dict[str, list[Object]] = {}

    def of(self, schema: Any) -> list[Object]:
        """
        List what a schema allows: any value that it allows, one of these schemas allows.

        Raises:
            DocumentError: It refers to something that isn't there.
        """
        text = same_text(schema)
        if text not in self._known:
            self._known[text] = []  # An alternative of itself adds nothing.
            self._known[text] = self._split(schema)
        return self._known[text]

    def _split(self, schema: Any) -> list[Object]:
        if not isinstance(schema, dict):
            return [NOTHING if schema is False else {}]
        if "$ref" in schema:
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            target = follow(self._document, {"$ref": schema["$ref"]})
            return self._both(self.of(target), _constraints(rest))
        schema = _constraints(schema)
        for union in ("anyOf", "oneOf"):
            if isinstance(choices := schema.get(union), list):
                rest = {key: value for key, value in schema.items() if key != union}
                return [found for choice in choices for found in self._both(self.of(choice), rest)]
        if isinstance(parts := schema.get("allOf"), list):
            rest = {key: value for key, value in schema.items() if key != "allOf"}
            found = [rest]
            for part in parts:
                found = [each for one in self.of(part) for each in self._both(found, one)]
            return found
        types = schema.get("type")
        return [{**schema, "type": each} for each in types] if isinstance(types, list) else [schema]

    def _both(self, alternatives: list[Object], rest: Object) -> list[Object]:
        """Let every alternative ask for the rest too."""
        if not rest:
            return alternatives
        return [found for each in alternatives for found in self.of(merged(each, rest))]


def _constraints(schema: Object) -> Object:
    return {
        key: value
        for key, value in schema.items()
        if key not in ANNOTATIONS and not str(key).startswith("x-")
    }


def merged(first: Object, second: Object) -> Object:
    """Write a schema that asks for what both ask; of two that can't be put in one, the second counts."""
    both = {**first, **second}
    for key in first.keys() & second.keys():
        one, other = first[key], second[key]
        if one == other:
            continue
        if key == "required":
            both[key] = list(dict.fromkeys([*one, *other]))
        elif key == "properties":
            both[key] = {
                name: {"allOf": [one[name], other[name]]}
                if name in one and name in other and one[name] != other[name]
                else {**one, **other}[name]
                for name in {**one, **other}
            }
        elif key in LOWER:
            both[key] = max(one, other)
        elif key in UPPER:
            both[key] = min(one, other)
        elif key == "type" and _shared_type(one, other):
            both[key] = _shared_type(one, other)
        elif key == "enum":
            both[key] = [value for value in one if value in other]
    return both


def _shared_type(one: Any, other: Any) -> list[str]:
    first = one if isinstance(one, list) else [one]
    second = other if isinstance(other, list) else [other]
    return [each for each in first if each in second or (each == "integer" and "number" in second)]
