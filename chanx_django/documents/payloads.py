"""What a declaration may give as payload, read as a type that Pydantic describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from pydantic import BaseModel

from chanx_django.documents.dictionaries import read_dictionary
from chanx_django.documents.shapes import Annotation, is_serializer, object_type

NOTHING = object_type("Nothing", __name__, {})


def read_payload(
    payload: Any, *, name: str, module: str, incoming: bool
) -> tuple[Annotation, tuple[Any, ...]]:
    """
    Return the type of a payload, and the examples that the payload itself is.

    Args:
        payload: What the declaration gives.
        name: How to call types that are made of a dict.
        module: Where such types belong.
        incoming: Whether clients send it; a serializer reads and writes different fields.

    Raises:
        ContractError: It is nothing that can be described.
    """
    if payload is None:
        return NOTHING, ()
    if isinstance(payload, Mapping):
        return read_dictionary(payload, name, module, lambda inner: _nested(inner, incoming=incoming))
    if isinstance(payload, BaseModel) or (is_dataclass(payload) and not isinstance(payload, type)):
        return type(payload), (payload,)
    return _nested(payload, incoming=incoming), ()


def _nested(payload: Any, *, incoming: bool) -> Annotation:
    if not is_serializer(payload):
        return payload
    from chanx_django.documents.serializers import read_serializer

    return read_serializer(payload, incoming=incoming)
