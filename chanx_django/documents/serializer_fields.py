"""Fields of Django REST framework's serializers, read as types."""

from __future__ import annotations

import re
import typing
import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import singledispatch
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any

import pydantic
from django.core.validators import RegexValidator
from pydantic_core import to_jsonable_python
from rest_framework import relations, serializers
from rest_framework.settings import api_settings

from chanx.routing.patterns import shared_pattern
from chanx_django.documents.model_fields import related_type
from chanx_django.documents.shapes import Annotation, Says, literal

_URI = Annotated[str, Says({"format": "uri"})]
_ISO = "iso-8601"
_ADDRESSES: dict[str, Annotation] = {"ipv4": IPv4Address, "ipv6": IPv6Address}


@singledispatch
def type_of(_field: Any, _incoming: bool) -> Annotation:
    """Return the type of a field's values in one direction, null left aside."""
    return Any


@type_of.register
def _boolean(_field: serializers.BooleanField, _incoming: bool) -> Annotation:
    return bool


@type_of.register
def _text(field: serializers.CharField, incoming: bool) -> Annotation:
    said: dict[str, Any] = {}
    if isinstance(field, serializers.EmailField):
        said["format"] = "email"
    elif isinstance(field, serializers.URLField):
        said["format"] = "uri"
    shortest = 1 if incoming and not field.allow_blank else None
    limits = pydantic.Field(
        min_length=field.min_length or shortest, max_length=field.max_length, pattern=_pattern(field)
    )
    return Annotated[str, limits, Says(said)]


@type_of.register
def _ip_address(field: serializers.IPAddressField, _incoming: bool) -> Annotation:
    return _ADDRESSES.get(field.protocol.lower(), str)


@type_of.register
def _uuid(field: serializers.UUIDField, _incoming: bool) -> Annotation:
    return {"hex_verbose": uuid.UUID, "int": int}.get(field.uuid_format, str)


@type_of.register
def _integer(field: serializers.IntegerField, _incoming: bool) -> Annotation:
    return Annotated[int, _range(field)]


@type_of.register
def _float(field: serializers.FloatField, _incoming: bool) -> Annotation:
    return Annotated[float, _range(field)]


@type_of.register
def _decimal(field: serializers.DecimalField, incoming: bool) -> Annotation:
    as_text = getattr(field, "coerce_to_string", api_settings.COERCE_DECIMAL_TO_STRING)
    if not incoming and not as_text:
        return Annotated[float, _range(field)]
    digits = pydantic.Field(max_digits=field.max_digits, decimal_places=field.decimal_places)
    return Annotated[Decimal, digits, _range(field)]


@type_of.register
def _date_time(field: serializers.DateTimeField, incoming: bool) -> Annotation:
    return datetime if _is_iso(field, "DATETIME", incoming) else str


@type_of.register
def _date(field: serializers.DateField, incoming: bool) -> Annotation:
    return date if _is_iso(field, "DATE", incoming) else str


@type_of.register
def _time(field: serializers.TimeField, incoming: bool) -> Annotation:
    return time if _is_iso(field, "TIME", incoming) else str


@type_of.register
def _duration(field: serializers.DurationField, incoming: bool) -> Annotation:
    return timedelta if not incoming and getattr(field, "format", None) == _ISO else str


@type_of.register
def _choice(field: serializers.ChoiceField, _incoming: bool) -> Annotation:
    values = to_jsonable_python(list(field.choices))
    labels = [str(label) for label in field.choices.values()]
    if field.allow_blank and "" not in values:
        values, labels = [*values, ""], [*labels, ""]
    told = {"x-enum-descriptions": labels} if labels != [str(value) for value in values] else {}
    return Annotated[literal(values), Says(told)]


@type_of.register
def _multiple_choice(field: serializers.MultipleChoiceField, incoming: bool) -> Annotation:
    item = _choice(field, incoming)
    limits = pydantic.Field(min_length=None if field.allow_empty or not incoming else 1)
    return Annotated[list[item], limits, Says({"uniqueItems": True})]  # type: ignore[valid-type]  # made at run time


@type_of.register
def _file(field: serializers.FileField, incoming: bool) -> Annotation:
    as_url = getattr(field, "use_url", api_settings.UPLOADED_FILES_USE_URL)
    return _URI if as_url and not incoming else str


@type_of.register
def _list(field: serializers.ListField, incoming: bool) -> Annotation:
    item = nullable(field.child, incoming)
    lowest = 1 if incoming and not field.allow_empty else None
    limits = pydantic.Field(min_length=field.min_length or lowest, max_length=field.max_length)
    return Annotated[list[item], limits]  # type: ignore[valid-type]  # made at run time


@type_of.register
def _dict(field: serializers.DictField, incoming: bool) -> Annotation:
    return dict[str, nullable(field.child, incoming)]  # type: ignore[misc]  # made at run time


@type_of.register
def _method(field: serializers.SerializerMethodField, _incoming: bool) -> Annotation:
    method = getattr(field.parent, field.method_name or "", None)
    try:
        return typing.get_type_hints(method, include_extras=True).get("return", Any)
    except (NameError, TypeError):
        return Any


@type_of.register
def _primary_key(field: relations.PrimaryKeyRelatedField[Any], incoming: bool) -> Annotation:
    return type_of(field.pk_field, incoming) if field.pk_field is not None else related_type(field, "pk")


@type_of.register
def _slug(field: relations.SlugRelatedField[Any], _incoming: bool) -> Annotation:
    return related_type(field, field.slug_field or "")


@type_of.register
def _name(_field: relations.StringRelatedField[Any], _incoming: bool) -> Annotation:
    return str


@type_of.register
def _link(_field: relations.HyperlinkedRelatedField[Any], _incoming: bool) -> Annotation:
    return _URI


@type_of.register
def _many(field: relations.ManyRelatedField, incoming: bool) -> Annotation:
    limits = pydantic.Field(min_length=1 if incoming and not field.allow_empty else None)
    return Annotated[list[type_of(field.child_relation, incoming)], limits]  # type: ignore[misc]  # made at run time


def nullable(field: Any, incoming: bool) -> Annotation:
    """Return the type of a field's values in one direction, with null where the field takes it."""
    annotation = type_of(field, incoming)
    return typing.Optional[annotation] if field.allow_null else annotation  # noqa: UP045 - made at run time


def _range(field: Any) -> Any:
    lowest, highest = (
        float(limit) if isinstance(limit, Decimal) else limit for limit in (field.min_value, field.max_value)
    )
    return pydantic.Field(ge=lowest, le=highest)


def _pattern(field: serializers.CharField) -> str | None:
    """Return a regular expression that values must match, where JSON schema can say it."""
    for validator in field.validators:
        if isinstance(validator, RegexValidator) and not validator.inverse_match:
            compiled = re.compile(validator.regex)
            source = re.sub(r"\\Z$", "$", compiled.pattern)
            is_plain = not compiled.flags & re.IGNORECASE and "(?P<" not in source
            if is_plain and shared_pattern(source) is not None:
                return source
    return None


def _is_iso(field: Any, kind: str, incoming: bool) -> bool:
    if incoming:
        formats = getattr(field, "input_formats", None) or getattr(api_settings, f"{kind}_INPUT_FORMATS")
        return list(formats) == [_ISO]
    # None leaves it to the renderer, which writes it so, too.
    return getattr(field, "format", getattr(api_settings, f"{kind}_FORMAT")) in (_ISO, None)
