"""Payloads given as dicts: of types, of example values, or a JSON schema."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Union

from pydantic_core import PydanticSerializationError, to_jsonable_python

from chanx.core.errors import ContractError
from chanx_django.documents.shapes import Annotation, Field, Verbatim, is_serializer, object_type

Nested = Callable[[Any], Annotation]
_COMBINING = ("allOf", "anyOf", "oneOf")
_KEYWORDS = {
    *(
        "type",
        "title",
        "description",
        "required",
        "additionalProperties",
        "patternProperties",
        "propertyNames",
    ),
    *("minProperties", "maxProperties", "examples", "default", "$schema", "$id"),
}
"""What a JSON schema of an object may consist of when it names no property."""


def read_dictionary(
    payload: Mapping[Any, Any], name: str, module: str, nested: Nested
) -> tuple[Annotation, tuple[Any, ...]]:
    """
    Return the type of a dict, and the dict as an example where it has nothing but values.

    Args:
        payload: The dict.
        name: How to call the type.
        module: Where it belongs.
        nested: Reads types inside, which may be serializers.

    Raises:
        ContractError: Something in it is neither a type nor a value of JSON.
    """
    if _is_json_schema(payload):
        return Annotated[dict[str, Any], Verbatim(_inlined(payload, payload, name, ()))], ()
    reader = _Reader(module, nested)
    shape = reader.object(name, [payload])
    return shape, () if reader.has_types else (to_jsonable_python(payload),)


class _Reader:
    """Reads one dict; where several stand for one type, a key that not all have is optional."""

    def __init__(self, module: str, nested: Nested) -> None:
        self._module = module
        self._nested = nested
        self.has_types = False

    def object(self, name: str, examples: list[Mapping[Any, Any]]) -> Annotation:
        keys = dict.fromkeys(key for example in examples for key in example)
        if not keys:
            return dict[str, Any]
        if strange := [key for key in keys if not isinstance(key, str)]:
            raise ContractError(f"{name} has a payload with the key {strange[0]!r}. Use strings as keys.")
        fields = {}
        for key in keys:
            values = [example[key] for example in examples if key in example]
            inner = f"{name}{''.join(word.capitalize() for word in key.split('_'))}"
            fields[key] = Field(self._any_of(inner, values), required=len(values) == len(examples))
        return object_type(name, self._module, fields)

    def _any_of(self, name: str, values: list[Any]) -> Annotation:
        objects = [value for value in values if isinstance(value, Mapping)]
        lists = [value for value in values if isinstance(value, (list, tuple))]
        found: list[Any] = [self.object(name, objects)] if objects else []
        if lists:
            items = [item for each in lists for item in each]
            found.append(list[self._any_of(f"{name}Item", items)] if items else list[Any])  # type: ignore[misc]  # made at run time
        found += [
            self._plain(name, value) for value in values if not isinstance(value, (Mapping, list, tuple))
        ]
        return Union[tuple(dict.fromkeys(found))]  # noqa: UP007 - the members are known at run time only

    def _plain(self, name: str, value: Any) -> Annotation:
        if _is_type(value):
            self.has_types = True
            return self._nested(value)
        if value is None:
            # It says nothing of the values that may stand there instead.
            return Any
        try:
            to_jsonable_python(value)
        except PydanticSerializationError as error:
            raise ContractError(
                f"{name} is {value!r} in a payload, which is neither a type nor a value of JSON. Use one of them."
            ) from error
        return type(value)


def _is_type(value: Any) -> bool:
    return (
        isinstance(value, (type, types.UnionType))
        or typing.get_origin(value) is not None
        or value is Any
        or is_serializer(value)
    )


def _is_json_schema(payload: Mapping[Any, Any]) -> bool:
    if payload.get("type", "object") != "object":
        return False
    has_properties = isinstance(payload.get("properties"), Mapping)
    combines = any(isinstance(payload.get(key), list) for key in _COMBINING)
    return has_properties or combines or ("type" in payload and _KEYWORDS.issuperset(payload))


def _inlined(value: Any, root: Mapping[Any, Any], name: str, above: tuple[str, ...]) -> Any:
    """Copy a JSON schema with what it refers to in the place of references: a document has no place for them."""
    if isinstance(value, list):
        return [_inlined(item, root, name, above) for item in value]
    if not isinstance(value, Mapping):
        return value
    reference = value.get("$ref")
    rest = {
        key: _inlined(inner, root, name, above)
        for key, inner in value.items()
        if key not in ("$defs", "$ref", "$schema", "$id", "definitions")
    }
    if not isinstance(reference, str):
        return rest
    if reference in above:
        raise ContractError(
            f"{name} has a JSON schema that contains itself: {reference!r}. Give a Pydantic model instead."
        )
    return {**_inlined(_found(reference, root, name), root, name, (*above, reference)), **rest}


def _found(reference: str, root: Any, name: str) -> Any:
    found = root if reference.startswith("#/") else None
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        raise ContractError(
            f"{name} has a JSON schema that refers to {reference!r}, which is not in it. Put it there, under '$defs'."
        )
    return found
