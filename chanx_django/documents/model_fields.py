"""What a relation of a serializer refers to, read as a type."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from chanx_django.documents.shapes import Annotation

_TYPES: tuple[tuple[type[models.Field[Any, Any]], Annotation], ...] = (
    (models.AutoField, int),
    (models.IntegerField, int),
    (models.UUIDField, uuid.UUID),
    (models.CharField, str),
    (models.TextField, str),
)


def related_type(field: Any, name: str) -> Annotation:
    """Return the type of one field, ``pk`` included, of the objects that a relation refers to."""
    model = _model_of(field)
    if model is None:
        return Any
    try:
        meta = model._meta  # noqa: SLF001 - Django's documented name
        found: Any = meta.pk if name == "pk" else meta.get_field(name)
        while found.remote_field is not None:
            found = found.target_field
    except FieldDoesNotExist:
        return Any
    return next((annotation for kind, annotation in _TYPES if isinstance(found, kind)), Any)


def _model_of(field: Any) -> type[models.Model] | None:
    """Find the model: that of the queryset; of a relation that is only read, that of the serializer's own field."""
    queryset = getattr(field, "queryset", None)
    if queryset is not None:
        model: type[models.Model] = queryset.model
        return model
    many = hasattr(field.parent, "child_relation")
    outer = field.parent if many else field
    owner = getattr(getattr(outer.parent, "Meta", None), "model", None)
    try:
        meta = owner._meta if owner else None  # noqa: SLF001 - Django's documented name
        related = meta.get_field(outer.source).related_model if meta else None
    except FieldDoesNotExist:
        return None
    return related if isinstance(related, type) else None
