"""Examples for the docs page: a message that has none gets one made from its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Object = Mapping[str, Any]
_FORMATS = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "uuid": "5f0c1f9e-7c5b-4f6e-9a43-0b8f2f5d1c7a",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_LEFT_OUT = object()
MAX_DEPTH = 8


def with_examples(document: Object) -> dict[str, Any]:
    """Return a document whose messages all have an example; nothing of the given one changes."""
    components = document.get("components", {})
    writer = _Writer(components.get("schemas", {}))
    messages = {
        key: message if message.get("examples") else {**message, "examples": [writer.example(message)]}
        for key, message in components.get("messages", {}).items()
    }
    return {**document, "components": {**components, "messages": messages}}


class _Writer:
    """Makes values that fit the schemas of one document."""

    def __init__(self, schemas: Object) -> None:
        self._schemas = schemas

    def example(self, message: Object) -> dict[str, Any]:
        payload = self.value(message["payload"], ())
        if isinstance(payload, dict) and "correlationId" in message:
            payload.pop("id", None)
        return {"payload": None if payload is _LEFT_OUT else payload}

    def value(self, schema: Object, above: tuple[str, ...]) -> Any:
        """Make a value; where a schema contains itself, what may be left out is."""
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        if len(above) > MAX_DEPTH:
            return _LEFT_OUT
        if "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            return _LEFT_OUT if name in above else self.value(self._schemas[name], (*above, name))
        if parts := schema.get("allOf"):
            return self._all(parts, above)
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return self._any(choices, above)
        return self._plain(schema, above)

    def _all(self, parts: list[Object], above: tuple[str, ...]) -> Any:
        values = [self.value(part, above) for part in parts]
        merged: dict[str, Any] = {}
        for value in values:
            if not isinstance(value, dict):
                return value
            merged.update(value)
        return merged

    def _any(self, choices: list[Object], above: tuple[str, ...]) -> Any:
        values = (self.value(choice, above) for choice in choices)
        return next((value for value in values if value is not _LEFT_OUT), _LEFT_OUT)

    def _plain(self, schema: Object, above: tuple[str, ...]) -> Any:
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object" or "properties" in schema:
            return self._object(schema, above)
        if kind == "array":
            return self._array(schema, above)
        if kind == "string":
            text = _FORMATS.get(schema.get("format", ""), "text")
            return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]
        if kind in {"integer", "number"}:
            return _number(schema)
        return {"boolean": True}.get(str(kind))

    def _object(self, schema: Object, above: tuple[str, ...]) -> dict[str, Any]:
        values = {name: self.value(each, above) for name, each in schema.get("properties", {}).items()}
        return {name: value for name, value in values.items() if value is not _LEFT_OUT}

    def _array(self, schema: Object, above: tuple[str, ...]) -> list[Any]:
        items = schema.get("items", {})
        if isinstance(items, list):
            values = [self.value(item, above) for item in items]
        else:
            wanted = min(max(1, schema.get("minItems", 0)), schema.get("maxItems", 1000))
            values = [self.value(items, above)] * wanted
        return [value for value in values if value is not _LEFT_OUT]


def _number(schema: Object) -> int | float:
    """Choose the smallest number from 1 on that fits, else the largest that is allowed."""
    least = max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1)
    step = schema.get("multipleOf", 1)
    number: int | float = -(-least // step) * step
    if "maximum" in schema:
        number = min(number, schema["maximum"])
    if "exclusiveMaximum" in schema and number >= schema["exclusiveMaximum"]:
        number = schema["exclusiveMaximum"] - 1
    return number
