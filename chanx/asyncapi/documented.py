"""Messages and contracts of consumers that read and write their frames themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter
from pydantic_core import CoreSchema, core_schema

from chanx.asyncapi.dialect import REFERENCE, JsonSchema
from chanx.core.contract import Contract, Message
from chanx.core.errors import DocumentError
from chanx.messages.base import BaseMessage, actions_of

Schemas = Mapping[str, JsonSchema]
_UNIONS = ("anyOf", "oneOf")


class DocumentedMessage(BaseMessage):
    """A frame with its name under one key, and the fields of a type beside it."""

    # Never read nor written: what is beside the name is all that the document needs.
    model_config = ConfigDict(defer_build=True)

    key: ClassVar[str]
    """The key of the name."""
    fields: ClassVar[TypeAdapter[Any]]
    """What stands beside the name."""
    samples: ClassVar[tuple[Any, ...]] = ()
    """Examples that the declaration itself is."""


@dataclass(frozen=True, slots=True, eq=False)
class DocumentedContract(Contract):
    """What a consumer says that it accepts and sends; it speaks no protocol of ours."""

    close_codes: Mapping[int, str] = field(default_factory=dict)
    """The codes with which it closes, and what they tell the client."""

    @property
    def protocol_incoming(self) -> tuple[Message, ...]:
        """Nothing."""
        return ()

    @property
    def protocol_outgoing(self) -> tuple[Message, ...]:
        """Nothing."""
        return ()


def fields_schema(message: type[DocumentedMessage]) -> CoreSchema:
    """Return the core schema of what stands beside a message's name, under the name of the message."""
    whole: Any = message.fields.core_schema
    definitions = whole["definitions"] if whole["type"] == "definitions" else []
    top = whole["schema"] if whole["type"] == "definitions" else whole
    if top["type"] == "definition-ref":
        top = next(each for each in definitions if each["ref"] == top["schema_ref"])
    name = f"{message.__module__}.{message.__qualname__}:{id(message)}"
    schema: Any = {**top, "ref": name}
    return core_schema.definitions_schema(schema, definitions)


def named(schema: JsonSchema, message: type[DocumentedMessage], schemas: Schemas) -> JsonSchema:
    """
    Add its name to the schema of a message's fields.

    Raises:
        DocumentError: The fields are no object, or one of them takes the key of the name.
    """
    whole = {**_target(schema, schemas), "title": message.__name__}
    return _Namer(message, schemas).named(whole)


class _Namer:
    """Adds the name of one message to schemas."""

    def __init__(self, message: type[DocumentedMessage], schemas: Schemas) -> None:
        self._message = message
        self._schemas = schemas
        [self._name] = actions_of(message)

    def named(self, schema: JsonSchema) -> JsonSchema:
        """Add the name to the schema of an object, or of several that it may be."""
        schema = dict(schema)
        union = next((key for key in _UNIONS if key in schema), None)
        if union is not None:
            members = [self._member(member) for member in schema[union]]
            if members != schema[union]:
                schema.pop("discriminator", None)
                schema.pop("x-discriminator-mapping", None)
                schema[union] = members
        elif schema.get("type", "object") != "object":
            raise DocumentError(
                f"{self._message.__qualname__} has a payload that is no object, so that its {self._message.key!r} "
                "has no place. Put the value into a field: payload={'items': ...}."
            )
        key = self._message.key
        properties = schema.get("properties", {})
        self._refuse_taken(properties)
        return {
            **schema,
            "type": "object",
            "properties": {**properties, key: {"const": self._name, "type": "string"}},
        }

    def _member(self, member: JsonSchema) -> JsonSchema:
        """Leave a member as it is, unless it would forbid the name."""
        whole = _target(member, self._schemas)
        changed = self.named(whole)
        return changed if whole.get("additionalProperties") is False else member

    def _refuse_taken(self, properties: JsonSchema) -> None:
        key = self._message.key
        taken = _target(properties.get(key, {}), self._schemas)
        values = taken.get("enum", [taken["const"]] if "const" in taken else [self._name])
        if self._name not in values or taken.get("type", "string") != "string":
            raise DocumentError(
                f"{self._message.__qualname__} has a payload with a field {key!r}, which names the message in its frames. "
                "Rename the field, or set message_action_key or message_event_key of the consumer to the key that it uses."
            )


def _target(schema: JsonSchema, schemas: Schemas) -> JsonSchema:
    """Return the schema that a reference means, with what stands beside it."""
    if "$ref" not in schema:
        return schema
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**_target(schemas[schema["$ref"].removeprefix(REFERENCE)], schemas), **beside}
