"""Copies of core schemas, changed on the way."""

from __future__ import annotations

from typing import Any

_OPAQUE = frozenset(
    {"metadata", "cls", "config", "default", "default_factory", "expected", "function", "ref", "type"}
)
_BY_NAME = frozenset({"choices", "fields"})
"""What maps names of the user's to schemas."""


class Rewriter:
    """Copies a core schema; a subclass changes the copies of its nodes."""

    def __call__(self, node: Any) -> Any:
        """Copy a node with all that is in it."""
        if isinstance(node, (list, tuple)):
            return type(node)(self(item) for item in node)
        if not isinstance(node, dict):
            return node
        copy = {key: self._part(key, value) for key, value in node.items()}
        if isinstance(node.get("type"), str):
            self.rewrite(node, copy)
        return copy

    def rewrite(self, node: dict[str, Any], copy: dict[str, Any]) -> None:
        """Change the copy of one node."""
        raise NotImplementedError  # pragma: no cover - a subclass has its own

    def _part(self, key: str, value: Any) -> Any:
        if key in _OPAQUE:
            return value
        if key in _BY_NAME and isinstance(value, dict):
            return {name: self(item) for name, item in value.items()}
        return self(value)


class _Mirror(Rewriter):
    def rewrite(self, node: dict[str, Any], copy: dict[str, Any]) -> None:
        if node["type"] in ("model-field", "dataclass-field", "typed-dict-field"):
            read = copy.pop("validation_alias", None)
            written = copy.pop("serialization_alias", None)
            copy.pop("serialization_exclude", None)
            if written is not None:
                copy["validation_alias"] = written
            if (name := _first_name(read)) is not None:
                copy["serialization_alias"] = name
            elif read is not None:  # it is read from inside another value only
                copy["serialization_exclude"] = True
        elif copy.pop("computed_fields", None):
            copy["extra_behavior"] = "ignore"


mirrored = _Mirror()
"""
Makes the schema of the other side, which reads what this one writes and writes what this one reads: fields
change the names for reading and for writing, and computed fields are neither written nor in the way.
"""


def _first_name(alias: Any) -> str | None:
    """Return the first name by which a field can be read (an alias, `AliasChoices` or `AliasPath`)."""
    if not isinstance(alias, list):
        return alias if isinstance(alias, str) else None
    paths = alias if alias and isinstance(alias[0], list) else [alias]
    return next((path[0] for path in paths if len(path) == 1), None)
