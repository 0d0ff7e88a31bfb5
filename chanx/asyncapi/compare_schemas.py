"""How two schemas differ: what the new one lets pass no more, and what it lets pass now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chanx.asyncapi.alternatives import LOWER, NOTHING, UPPER, Alternatives, Object, same_text
from chanx.asyncapi.pairs import pairs

OPEN: Object = {}
SAME = {
    "contentEncoding": "content encoding",
    "contentMediaType": "content type",
    "format": "format",
    "multipleOf": "multiple",
    "pattern": "pattern",
    "uniqueItems": "uniqueness of items",
}
"""Constraints of which no two values can be said to be tighter than one another."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two schemas differ."""

    path: str
    """Where in the value: ``payload.lines[].price``."""
    code: str
    message: str
    narrower: bool = False
    """The new schema refuses values that the old one took."""
    wider: bool = False
    """The new schema takes values that the old one refused."""


class SchemaComparison:
    """Compares schemas of an old document with those of a new one, for one direction."""

    def __init__(self, old: Object, new: Object, *, sent: bool) -> None:
        """
        Take two documents.

        Args:
            old: The document before.
            new: The document after.
            sent: Whether clients send what is described, and don't receive it.
        """
        self._old = Alternatives(old)
        self._new = Alternatives(new)
        self._sent = sent
        self._known: dict[tuple[str, str], list[Difference]] = {}

    def differences(self, old: Any, new: Any, path: str = "") -> list[Difference]:
        """
        List what differs.

        Raises:
            DocumentError: A schema refers to something that isn't there.
        """
        key = same_text(old), same_text(new)
        if key not in self._known:
            self._known[key] = []  # Where schemas contain themselves, what differs is told one level above.
            self._known[key] = list(self._unions(self._old.of(old), self._new.of(new)))
        return [replace(each, path=_joined(path, each.path)) for each in self._known[key]]

    def _unions(self, old: list[Object], new: list[Object]) -> Iterator[Difference]:
        """Compare alternatives that belong together; those that are left were added or removed."""
        old, new = _without_nothing(old), _without_nothing(new)
        paired, removed, added = pairs(old, new, [same_text, self._tag, _shape, _kind])
        if len(removed) == len(added) == 1 and not paired:
            paired, removed, added = [(removed[0], added[0])], [], []
        for one, other in paired:
            yield from self._objects(one, other)
        for each in removed:
            yield Difference("", "type-removed", f"takes {_words(each)} no more", narrower=True)
        for each in added:
            yield Difference("", "type-added", f"takes {_words(each)} too", wider=True)

    def _tag(self, schema: Object) -> str | None:
        """Name an alternative by its first constant."""
        properties = schema.get("properties")
        for name, field in properties.items() if isinstance(properties, dict) else ():
            if isinstance(field, dict) and "const" in field:
                return same_text([name, field["const"]])
        return None

    def _objects(self, old: Object, new: Object) -> Iterator[Difference]:
        if old == new and "$ref" not in same_text(old):
            return
        yield from _types(old, new)
        yield from _values(old, new)
        yield from _limits(old, new)
        yield from self._fields(old, new)
        yield from self._parts(old, new)

    def _fields(self, old: Object, new: Object) -> Iterator[Difference]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed, needs = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted({*before, *after, *needed, *needs}):
            if name in before and name in after:
                yield from self.differences(before[name], after[name], str(name))
            elif name in after:
                closed = old.get("additionalProperties") is False
                yield self._field_added(str(name), name in needs, closed)
            elif name in before:
                closed = new.get("additionalProperties") is False
                yield self._field_removed(str(name), name in needed, closed)
            if (name in before) == (name in after) and (name in needed) != (name in needs):
                if name in needs:
                    yield Difference(str(name), "field-required", "is required now", narrower=True)
                else:
                    yield Difference(str(name), "field-optional", "is required no more", wider=True)

    def _field_added(self, name: str, required: bool, closed: bool) -> Difference:
        """Note a field that the old schema didn't have: clients that receive it rely on it from now on."""
        if required:
            return Difference(name, "required-field-added", "was added, and is required", True, closed)
        return Difference(name, "field-added", "was added", not self._sent, closed)

    def _field_removed(self, name: str, required: bool, closed: bool) -> Difference:
        if required:
            return Difference(name, "required-field-removed", "was removed, and was required", closed, True)
        return Difference(name, "field-removed", "was removed", closed, not self._sent)

    def _parts(self, old: Object, new: Object) -> Iterator[Difference]:
        yield from self._items(old, new)
        before, after = old.get("additionalProperties", OPEN), new.get("additionalProperties", OPEN)
        if before is not False and after is False:
            yield Difference("", "other-fields-refused", "allows no other fields any more", narrower=True)
        elif before is False and after is not False:
            yield Difference("", "other-fields-allowed", "allows other fields too", wider=True)
        else:
            yield from self.differences(before, after, "*")
        yield from self.differences(old.get("propertyNames", OPEN), new.get("propertyNames", OPEN), "<name>")
        before, after = old.get("patternProperties", {}), new.get("patternProperties", {})
        for name in sorted({*before, *after}):
            yield from self.differences(before.get(name, OPEN), after.get(name, OPEN), f"/{name}/")
        unclear = ("contains", "dependencies", "else", "if", "not", "then")
        if any(self._differs(old.get(word), new.get(word)) for word in unclear):
            yield Difference("", "condition-changed", "has another condition", True, True)

    def _differs(self, old: Any, new: Any) -> bool:
        return (old is None) != (new is None) or bool(self.differences(old, new))

    def _items(self, old: Object, new: Object) -> Iterator[Difference]:
        before, after = old.get("items", OPEN), new.get("items", OPEN)
        if not isinstance(before, list) and not isinstance(after, list):
            yield from self.differences(before, after, "[]")
            return
        length = max(len(each) for each in (before, after) if isinstance(each, list))
        for number in range(length):
            yield from self.differences(_item(old, number), _item(new, number), f"[{number}]")
        yield from self.differences(_item(old, length), _item(new, length), "[]")


def _item(schema: Object, number: int) -> Any:
    items = schema.get("items", OPEN)
    if not isinstance(items, list):
        return items
    return items[number] if number < len(items) else schema.get("additionalItems", OPEN)


def _types(old: Object, new: Object) -> Iterator[Difference]:
    before, after = _type(old), _type(new)
    if before == after or (_allowed(old) is not None and _allowed(new) is not None):
        return  # Of fixed values, the values say it.
    narrower = after is not None and (before, after) != ("integer", "number")
    wider = before is not None and (before, after) != ("number", "integer")
    message = f"has the type {after or 'any'}, and had {before or 'any'}"
    yield Difference("", "type-changed", message, narrower, wider)


def _type(schema: Object) -> str | None:
    if "type" in schema:
        return str(schema["type"])
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    kinds = {_type_of(value) for value in values}
    return kinds.pop() if len(kinds) == 1 else None


def _type_of(value: Any) -> str:
    known: dict[type, str] = {
        bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"
    }  # fmt: skip
    return known.get(type(value), "null")


def _values(old: Object, new: Object) -> Iterator[Difference]:
    before, after = _allowed(old), _allowed(new)
    if before is None and after is None:
        return
    if after is None:
        yield Difference("", "enum-removed", "is one of fixed values no more", wider=True)
    elif before is None:
        yield Difference("", "enum-added", f"is one of {', '.join(sorted(after))} now", narrower=True)
    else:
        if gone := sorted(set(before) - set(after)):
            yield Difference("", "enum-value-removed", f"is {' or '.join(gone)} no more", narrower=True)
        if more := sorted(set(after) - set(before)):
            yield Difference("", "enum-value-added", f"may be {' or '.join(more)} now", wider=True)


def _allowed(schema: Object) -> list[str] | None:
    if "const" in schema:
        return [same_text(schema["const"])]
    return [same_text(value) for value in schema["enum"]] if "enum" in schema else None


def _limits(old: Object, new: Object) -> Iterator[Difference]:
    for word, tighter in (*((each, _greater) for each in LOWER), *((each, _less) for each in UPPER)):
        before, after = old.get(word), new.get(word)
        if before != after:
            narrower = before is None or (after is not None and tighter(after, before))
            code = "constraint-tightened" if narrower else "constraint-loosened"
            yield Difference("", code, _changed(word, before, after), narrower, not narrower)
    for word, name in SAME.items():
        before, after = old.get(word), new.get(word)
        if (before or None) != (after or None):
            narrower, wider = bool(after), bool(before)
            both = "constraint-changed" if narrower and wider else ""
            code = both or ("constraint-tightened" if narrower else "constraint-loosened")
            yield Difference("", code, _changed(name, before, after), narrower, wider)


def _changed(name: str, before: Any, after: Any) -> str:
    if before is None:
        return f"has the {name} {after!r} now"
    return (
        f"has no {name} any more; it was {before!r}"
        if after is None
        else f"has the {name} {after!r}, and had {before!r}"
    )


def _greater(one: Any, other: Any) -> bool:
    return bool(one > other)


def _less(one: Any, other: Any) -> bool:
    return bool(one < other)


def _without_nothing(alternatives: Sequence[Object]) -> list[Object]:
    return [each for each in alternatives if each != NOTHING]


def _kind(schema: Object) -> str | None:
    kind = _type(schema)
    return "number" if kind == "integer" else kind


def _shape(schema: Object) -> str | None:
    return same_text(sorted(schema["properties"])) if "properties" in schema else None


def _words(schema: Object) -> str:
    if (values := _allowed(schema)) is not None:
        return " or ".join(values)
    return str(schema.get("type", "another value"))


def _joined(path: str, rest: str) -> str:
    dot = "." if path and rest and not rest.startswith("[") else ""
    return f"{path}{dot}{rest}"
