"""Serializers of Django REST framework, read as types: one for what they read, one for what they write."""

from __future__ import annotations

import inspect
from contextlib import suppress
from contextvars import ContextVar
from typing import Annotated, Any
from weakref import WeakKeyDictionary

import pydantic
from pydantic_core import PydanticSerializationError, to_jsonable_python
from rest_framework import serializers

from chanx.core.errors import ContractError
from chanx_django.documents.serializer_fields import nullable, type_of
from chanx_django.documents.shapes import Annotation, Field, Says, object_type

_made: WeakKeyDictionary[type[Any], dict[bool, Annotation]] = WeakKeyDictionary()
_above: ContextVar[tuple[type[Any], ...]] = ContextVar("chanx.serializers", default=())
"""The serializers around the one that is being read."""
_PLAIN = {
    *inspect.signature(serializers.Field.__init__).parameters,
    *("instance", "data", "many", "partial", "context", "allow_empty", "min_length", "max_length"),
}
"""Arguments that leave the fields of a serializer as its class declares them."""


def read_serializer(serializer: Any, *, incoming: bool) -> Annotation:
    """
    Return the type of what a serializer, or one of a class, reads from clients or writes to them.

    Raises:
        ContractError: It contains itself, or can't be made without arguments.
    """
    if isinstance(serializer, type):
        try:
            serializer = serializer()
        except TypeError as error:
            raise ContractError(
                f"{serializer.__qualname__} can't be made without arguments: {error}. Give an instance of it."
            ) from error
    return type_of(serializer, incoming)


@type_of.register
def _serializer(serializer: serializers.Serializer[Any], incoming: bool) -> Annotation:
    kind = type(serializer)
    if kind in _above.get():
        raise ContractError(
            f"{kind.__qualname__} contains itself. Describe the payload by a Pydantic model instead."
        )
    known = _made.setdefault(kind, {})
    if incoming in known and not _is_special(serializer):
        return known[incoming]
    token = _above.set((*_above.get(), kind))
    try:
        fields = {
            name: _field(field, incoming)
            for name, field in serializer.fields.items()
            if not (field.read_only if incoming else field.write_only)
            and not isinstance(field, serializers.HiddenField)
        }
    finally:
        _above.reset(token)
    name = f"{_name_of(kind)}{'Input' if incoming else 'Output'}"
    made = object_type(name, kind.__module__, fields, inspect.cleandoc(vars(kind).get("__doc__") or ""))
    return made if _is_special(serializer) else known.setdefault(incoming, made)


@type_of.register
def _list(serializer: serializers.ListSerializer[Any], incoming: bool) -> Annotation:
    item = type_of(serializer.child, incoming)
    lowest = 1 if incoming and not serializer.allow_empty else None
    given: Any = serializer  # the stubs know neither of its limits
    limits = pydantic.Field(min_length=given.min_length or lowest, max_length=given.max_length)
    return Annotated[list[item], limits]  # type: ignore[valid-type]  # made at run time


def _is_special(serializer: Any) -> bool:
    """Whether it was made with arguments that its class declares itself, which may change its fields."""
    return not _PLAIN.issuperset(serializer._kwargs)  # noqa: SLF001 - as REST framework keeps what it was made with


def _field(field: Any, incoming: bool) -> Field:
    said: dict[str, Any] = {}
    has_default = field.default is not serializers.empty
    if incoming and has_default and not callable(field.default):
        with suppress(PydanticSerializationError):
            said["default"] = to_jsonable_python(field.default)
    described = pydantic.Field(description=str(field.help_text) if field.help_text else None)
    annotation: Annotation = Annotated[nullable(field, incoming), described, Says(said)]
    always = field.read_only or has_default or field.allow_null
    return Field(annotation, required=field.required or (always and not incoming))


def _name_of(kind: type[Any]) -> str:
    """Name a serializer's type like the class; one that REST framework makes for a relation, like its model."""
    if kind.__name__ == "NestedSerializer":
        return str(kind.Meta.model.__name__)
    return kind.__name__.removesuffix("Serializer") or kind.__name__
