"""Core schemas of messages as they are on the wire: names changed when they are built, at no cost per message."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic_core import CoreSchema, core_schema

from chanx.core._rewriting import Rewriter
from chanx.core.errors import ConfigurationError, ContractError
from chanx.messages.base import BaseMessage, actions_of

INT64 = 2**63
_CAMEL = "+camel"


@dataclass(frozen=True, slots=True)
class WireFormat:
    """How the names of a message look in a frame."""

    action_key: str = "action"
    camelize: bool = False

    @property
    def fingerprint(self) -> str:
        """A short name, equal for formats that are equal on the wire."""
        return f"{self.action_key}{_CAMEL}" if self.camelize else self.action_key

    @classmethod
    def of(cls, fingerprint: str) -> WireFormat:
        """Return the format that has a fingerprint."""
        action_key = fingerprint.removesuffix(_CAMEL)
        return cls(action_key, camelize=action_key != fingerprint)


CANONICAL = WireFormat()
"""The format of events, which only servers read."""


def frame_schema(message: type[BaseMessage], wire: WireFormat, *, max_id: int | None = None) -> CoreSchema:
    """
    Make the core schema of a message as it stands in a frame.

    Args:
        message: The class.
        wire: The names to use.
        max_id: Also take the frame's ``id``, a string of at most this many characters or an integer.

    Raises:
        ContractError: The class is not fully defined, or can't be renamed.
        ConfigurationError: camelCase needs pyhumps, which isn't installed.
    """
    schema, definitions = _opened(message)
    if wire.camelize:
        rename = _Renamer(message)
        schema, definitions = rename(schema), [rename(definition) for definition in definitions]
    known = {definition["ref"]: definition for definition in definitions}
    top = _with_envelope(schema, known, message, wire, max_id)
    return core_schema.definitions_schema(top, definitions) if definitions else top


def union_schema(
    messages: Iterable[type[BaseMessage]], wire: WireFormat, *, max_id: int | None = None
) -> CoreSchema:
    """Make one schema for all messages, which picks the message by its action."""
    by_action: dict[str, list[Any]] = {}
    definitions: dict[str, Any] = {}
    for message in messages:
        schema: Any = frame_schema(message, wire, max_id=max_id)
        if schema["type"] == "definitions":
            definitions.update((definition["ref"], definition) for definition in schema["definitions"])
            schema = schema["schema"]
        for action in actions_of(message):
            by_action.setdefault(action, []).append(schema)
    choices = {
        action: schemas[0] if len(schemas) == 1 else core_schema.union_schema(schemas)
        for action, schemas in by_action.items()
    }
    union = core_schema.tagged_union_schema(choices, wire.action_key)
    return core_schema.definitions_schema(union, list(definitions.values())) if definitions else union


def camelizer() -> Callable[[str], str]:
    """
    Return the function that names fields in camelCase.

    Raises:
        ConfigurationError: pyhumps isn't installed.
    """
    try:
        import humps
    except ImportError as error:
        raise ConfigurationError(
            "CAMELIZE needs pyhumps. Install it with the extra: chanx[camel-case]."
        ) from error
    return lambda name: str(humps.camelize(name))


def _opened(message: type[BaseMessage]) -> tuple[Any, list[Any]]:
    if not message.__pydantic_complete__:
        message.model_rebuild(raise_errors=False)
    if not message.__pydantic_complete__:
        raise ContractError(
            f"{message.__qualname__} refers to a class that doesn't exist yet. "
            f"Define it, or call {message.__name__}.model_rebuild() after its definition."
        )
    schema: Any = message.__pydantic_core_schema__
    if schema["type"] == "definitions":
        return schema["schema"], list(schema["definitions"])
    return schema, []


def _with_envelope(
    schema: Any, known: dict[str, Any], message: type[BaseMessage], wire: WireFormat, max_id: int | None
) -> Any:
    """Copy the way down to the message's own fields, and add to them what the frame adds."""
    if schema["type"] == "definition-ref":
        schema = known[schema["schema_ref"]]
    if schema["type"] == "model":
        _refuse_init(schema, message)
        ref = {"ref": f"{schema['ref']}:{wire.fingerprint}:frame"} if "ref" in schema else {}
        schema = {**schema, **ref}
    if schema["type"] != "model-fields":
        if "schema" not in schema:
            raise ContractError(
                f"{message.__qualname__} can't be read from frames: its core schema has no fields. "
                "Use validators instead of __get_pydantic_core_schema__."
            )
        return {**schema, "schema": _with_envelope(schema["schema"], known, message, wire, max_id)}
    fields = dict(schema["fields"])
    if wire.action_key != "action":
        key = wire.action_key
        taken = next((name for name, field in fields.items() if key in _names(name, field)), "action")
        if taken != "action":
            raise ContractError(
                f"{message.__qualname__} has a field {taken!r} that takes the action's key {key!r}. Rename it."
            )
        fields["action"] = {**fields["action"], "validation_alias": key, "serialization_alias": key}
    if max_id is not None:
        fields["id"] = core_schema.model_field(
            core_schema.with_default_schema(_id_schema(max_id), default=None)
        )
    return {**schema, "fields": fields}


def _id_schema(max_id: int) -> CoreSchema:
    text = core_schema.str_schema(strict=True, max_length=max_id)
    number = core_schema.int_schema(strict=True, ge=-INT64, lt=INT64)
    return core_schema.nullable_schema(core_schema.union_schema([text, number], mode="left_to_right"))


def _names(name: str, field: Any) -> set[Any]:
    alias = field.get("validation_alias")
    paths = alias if isinstance(alias, list) else [alias]
    return {
        name,
        field.get("serialization_alias"),
        *(path[0] if isinstance(path, list) else path for path in paths),
    }


def _refuse_init(schema: Any, message: type[BaseMessage]) -> None:
    if schema.get("custom_init"):
        name = schema["cls"].__qualname__
        raise ContractError(
            f"{message.__qualname__} can't be read from frames: {name} overrides __init__. "
            "Use a validator or model_post_init instead."
        )


class _Renamer(Rewriter):
    """Copies a core schema with its fields named in camelCase; keys of plain dictionaries stay."""

    def __init__(self, message: type[BaseMessage]) -> None:
        self.message = message
        self.camel = camelizer()

    def rewrite(self, node: dict[str, Any], copy: dict[str, Any]) -> None:
        kind = node["type"]
        for key in ("ref", "schema_ref"):
            if key in node:
                copy[key] = f"{node[key]}:camel"
        if kind == "model":
            _refuse_init(node, self.message)
        elif kind in ("model-fields", "typed-dict"):
            copy["fields"] = {name: self.field(name, field) for name, field in copy["fields"].items()}
            self.finish(copy, list(copy["fields"].items()))
        elif kind == "dataclass-args":
            copy["fields"] = [self.field(field["name"], field) for field in copy["fields"]]
            self.finish(copy, [(field["name"], field) for field in copy["fields"]])
        elif kind == "tagged-union" and isinstance(node["discriminator"], str):
            name = node["discriminator"]
            copy["discriminator"] = [[self.camel(name)], [name]] if self.camel(name) != name else name

    def field(self, name: str, field: dict[str, Any]) -> dict[str, Any]:
        camel = self.camel(name)
        return {"validation_alias": camel, "serialization_alias": camel, **field}

    def finish(self, copy: dict[str, Any], fields: list[tuple[str, Any]]) -> None:
        """Name the computed fields, too, and refuse two of one name."""
        seen: dict[str, str] = {}
        names = [(name, field["serialization_alias"]) for name, field in fields]
        for computed in copy.get("computed_fields") or ():
            name = computed["property_name"]
            names.append((name, computed.setdefault("alias", self.camel(name))))
        for name, alias in names:
            other = seen.setdefault(alias, name)
            if other != name:
                raise ContractError(
                    f"{self.message.__qualname__} has fields {other!r} and {name!r} with one name in camelCase. Rename one."
                )
