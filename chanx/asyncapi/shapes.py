"""Which schemas are equal, references included."""

from __future__ import annotations

import hashlib
import json

from chanx.asyncapi.dialect import references, rename_references
from chanx.asyncapi.schemas import Schemas


def shapes_of(schemas: Schemas) -> dict[str, str]:
    """
    Give each schema a text that only equal schemas share.

    Schemas may refer to each other in circles, so they are told apart step by step: first without what they
    refer to, then by what that has been told apart as, until a step tells apart no more.
    """
    refers = {key: list(references(schema)) for key, schema in schemas.schemas.items()}
    hidden = {name: "" for names in refers.values() for name in names}
    shapes = {
        key: _digest(
            schemas.origins[key].place,
            json.dumps(rename_references(schema, hidden), sort_keys=True),
        )
        for key, schema in schemas.schemas.items()
    }
    count = 0
    while count < (count := len(set(shapes.values()))):
        shapes = {key: _digest(shapes[key], *(shapes[name] for name in refers[key])) for key in shapes}
    return shapes


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
