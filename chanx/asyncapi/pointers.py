"""References inside a document: where they stand, and what they lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from chanx.core.errors import DocumentError

DATA = frozenset({"examples", "example", "default", "const", "enum"})
"""Keys behind which stand values of users, in which ``$ref`` is a name like any other."""
NAMED = frozenset(
    {"properties", "patternProperties", "messages", "schemas", "parameters", "channels", "operations"}
)
"""Keys whose value is a mapping from names, so that no name in it means anything."""


def pointer(*parts: str) -> str:
    """Write a JSON pointer."""
    return "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def below(place: str, *parts: str | int) -> str:
    """Extend a JSON pointer."""
    return place + pointer(*map(str, parts))[1:]


def as_fragment(place: str) -> str:
    """Write a JSON pointer so that it may stand in a URI."""
    return "#" + quote(place[1:], safe="/~")


def look_up(document: Mapping[str, Any], reference: str) -> Any:
    """
    Return what a reference like ``#/components/schemas/Say`` leads to.

    Raises:
        DocumentError: There is nothing, or the reference leads out of the document.
    """
    if reference != "#" and not reference.startswith("#/"):
        raise DocumentError(f"{reference!r} leads out of the document.")
    value: Any = document
    for part in reference.split("/")[1:]:
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, ValueError, TypeError):
            raise DocumentError(f"{reference!r} leads to nothing in the document.") from None
    return value


def follow(document: Mapping[str, Any], value: Any) -> Any:
    """
    Return what stands at the end of a chain of references; a value without one is that end.

    Raises:
        DocumentError: The chain leads nowhere, or in a circle.
    """
    seen: set[str] = set()
    while isinstance(value, dict) and isinstance(reference := value.get("$ref"), str):
        if reference in seen:
            raise DocumentError(f"{reference!r} leads to itself.")
        seen.add(reference)
        value = look_up(document, reference)
    return value


def references(value: Any, place: str = "#") -> Iterator[tuple[str, str]]:
    """List the references inside a value, each with its place; those that data of users seem to make aside."""
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from references(inner, below(place, number))
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key == "$ref" and isinstance(inner, str):
            yield place, inner
        elif key == "x-discriminator-mapping" and isinstance(inner, dict):
            yield from ((below(place, key), each) for each in inner.values() if isinstance(each, str))
        elif key in NAMED and isinstance(inner, dict):
            for name, each in inner.items():
                yield from references(each, below(place, key, name))
        elif key not in DATA:
            yield from references(inner, below(place, key))
