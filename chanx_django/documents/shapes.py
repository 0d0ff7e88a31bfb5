"""Types made of what a declaration says, for Pydantic to describe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, to_jsonable_python
from typing_extensions import TypedDict

SERIALIZERS = "rest_framework.serializers.BaseSerializer"
Annotation = Any
"""A type, or whatever else Pydantic takes for one."""


@dataclass(frozen=True, slots=True, eq=False)
class Says:
    """Stands in ``Annotated`` and adds keywords to a JSON schema."""

    keywords: Mapping[str, Any]

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), **self.keywords}


@dataclass(frozen=True, slots=True, eq=False)
class Verbatim:
    """Stands in ``Annotated`` and is the whole JSON schema."""

    schema: Mapping[str, Any]

    def __get_pydantic_json_schema__(
        self,
        schema: CoreSchema,
        handler: GetJsonSchemaHandler,
    ) -> JsonSchemaValue:
        return deepcopy(dict(self.schema))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object."""

    annotation: Annotation
    required: bool = True


def is_serializer(value: Any) -> bool:
    """Whether it is a serializer, or the class of one; asked so that REST framework need not be installed."""
    kind = value if isinstance(value, type) else type(value)
    return any(f"{owner.__module__}.{owner.__qualname__}" == SERIALIZERS for owner in kind.__mro__)


def object_type(name: str, module: str, fields: Mapping[str, Field], description: str = "") -> Annotation:
    """Make the type of an object with these fields; other keys are passed over."""
    members = {
        key: field.annotation if field.required else NotRequired[field.annotation]
        for key, field in fields.items()
    }
    make: Any = TypedDict
    made = make(name, members)
    made.__module__, made.__qualname__ = module, name
    made.__doc__ = description or None
    # Patterns of Django may look ahead, which Pydantic's own engine can't.
    made.__pydantic_config__ = {"regex_engine": "python-re"}
    return made


def literal(values: Sequence[Any]) -> Annotation:
    """Return the type of a value that is one of these."""
    if not values:
        return Any
    if all(isinstance(value, (str, int)) for value in values):
        make: Any = Literal
        return make[tuple(values)]
    return Annotated[Any, Verbatim({"enum": to_jsonable_python(list(values))})]
