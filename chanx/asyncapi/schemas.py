"""The JSON schemas of frames, made by Pydantic in one call for the whole document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema, to_jsonable_python

from chanx.asyncapi.collect import Frame
from chanx.asyncapi.dialect import REFERENCE, JsonSchema, draft_07
from chanx.asyncapi.documented import DocumentedMessage, fields_schema, named
from chanx.asyncapi.examples import FieldExamples
from chanx.asyncapi.tags import require_tags
from chanx.core._schema import frame_schema
from chanx.core.errors import DocumentError

ORIGIN = "x-chanx-origin"
CAMEL = ":camel"
PLAIN = (str, int, bool, float, type(None))
DECIMAL = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
NUMBER = re.compile(r":(?:str-)?(\d+)")
"""The numbers that Pydantic gives to classes."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a schema comes from."""

    identity: str
    """Pydantic's name of the class, which holds its module, its qualified name and a number."""
    incoming: bool
    form: str
    """How its names are written; equal for one class, it may still be incoming and outgoing."""
    max_id: int = 0

    @property
    def place(self) -> str:
        """Where the class is defined."""
        return NUMBER.sub("", self.identity)


@dataclass(frozen=True, slots=True)
class Schemas:
    """All schemas of a document, under names that mean nothing yet."""

    schemas: dict[str, JsonSchema] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    frames: dict[Frame, str] = field(default_factory=dict)
    params: dict[type[BaseModel], JsonSchema] = field(default_factory=dict)
    """The models of parameters, whose fields the document shows one by one."""


def make_schemas(frames: Iterable[Frame], params: Iterable[type[BaseModel]], answers: set[Frame]) -> Schemas:
    """
    Make the schemas of frames and of parameters.

    Args:
        frames: The frames.
        params: The models of parameters.
        answers: The outgoing frames that may have an ``id``; all incoming ones may.

    Raises:
        DocumentError: A type has no schema, or an example of a field doesn't validate.
    """
    frames, params = list(frames), list(params)
    generator = _Generator(ref_template=f"{REFERENCE}{{model}}")
    inputs: list[tuple[Any, JsonSchemaMode, CoreSchema]] = []
    identities: dict[Frame, str] = {}
    for frame in frames:
        schema, identities[frame] = _unnamed(frame)
        inputs.append((frame, "validation" if frame.incoming else "serialization", schema))
    inputs.extend((model, "validation", model.__pydantic_core_schema__) for model in params)
    try:
        found, definitions = generator.generate_definitions(inputs)
    except PydanticInvalidForJsonSchema as error:
        raise DocumentError(f"{generator.place} has no JSON schema: {error.message}") from error

    result = Schemas()
    for defined, definition in definitions.items():
        result.origins[defined] = generator.origins[definition.pop(ORIGIN)]
        result.schemas[defined] = _clean(definition)
    for index, frame in enumerate(frames):
        name = f"frame/{index}"
        mode: JsonSchemaMode = "validation" if frame.incoming else "serialization"
        result.frames[frame] = name
        schema = _clean(found[(frame, mode)])
        if issubclass(frame.message, DocumentedMessage):
            schema = named(schema, frame.message, result.schemas)
        with_id = (frame.incoming and frame.max_id > 0) or frame in answers
        result.schemas[name] = _frame(schema, frame, with_id=with_id)
        result.origins[name] = Origin(
            identities[frame], frame.incoming, frame.format.fingerprint, frame.max_id
        )
    require_tags(result.schemas)
    for model in params:
        schema = _clean(found[(model, "validation")])
        result.params[model] = (
            result.schemas[schema["$ref"].removeprefix(REFERENCE)] if "$ref" in schema else schema
        )
    return result


def _unnamed(frame: Frame) -> tuple[CoreSchema, str]:
    """Make a frame's core schema without its name, so that it never stands for another frame of the class."""
    message = frame.message
    whole: Any = (
        fields_schema(message)
        if issubclass(message, DocumentedMessage)
        else frame_schema(message, frame.format)
    )
    definitions = whole["definitions"] if whole["type"] == "definitions" else []
    top = dict(whole["schema"] if whole["type"] == "definitions" else whole)
    name = str(top.pop("ref", f"{frame.message.__module__}.{frame.message.__qualname__}:0"))
    identity = name.removesuffix(f":{frame.format.fingerprint}:frame").removesuffix(CAMEL)
    schema: Any = top
    return core_schema.definitions_schema(schema, definitions), identity


def _clean(schema: JsonSchemaValue) -> JsonSchema:
    plain: JsonSchema = draft_07(to_jsonable_python(schema, inf_nan_mode="constants"))
    plain.pop(ORIGIN, None)
    return plain


def _frame(schema: JsonSchema, frame: Frame, *, with_id: bool) -> JsonSchema:
    """Ask for the action, put it first, and add the ``id``."""
    key = frame.format.action_key
    properties = schema.get("properties", {})
    first = {key: {name: value for name, value in properties.get(key, {}).items() if name != "default"}}
    rest = {name: value for name, value in properties.items() if name != key}
    schema["properties"] = {**first, **rest, **({"id": _id_schema(frame)} if with_id else {})}
    schema["required"] = [key, *(name for name in schema.get("required", ()) if name != key)]
    return schema


def _id_schema(frame: Frame) -> JsonSchema:
    return {
        "description": "Chosen by the client for its frame; every answer has it too.",
        "type": ["string", "integer"],
        "maxLength": frame.max_id,
        # The integers that JavaScript keeps exact.
        "minimum": -(2**53) + 1,
        "maximum": 2**53 - 1,
    }


class _Checked(list[Any]):
    """Examples that have been checked."""


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, which also notes where each definition comes from and checks the examples of fields."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}
        self.origins: list[Origin] = []
        self.place = ""
        """The model that is being described."""
        self._index: dict[Any, int] = {}
        self._examples = FieldExamples()
        self._written: dict[int, JsonSchemaValue] = {}

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        json_schema = super().generate_inner(schema)
        if "ref" in schema:
            self._note_origin(schema)
        self._check(schema, json_schema)
        return json_schema

    def _note_origin(self, schema: Any) -> None:
        """Mark a definition with where it comes from; Pydantic chooses its name only at the end."""
        key = (schema["ref"], self.mode)
        definition = (
            self.definitions.get(self.core_to_defs_refs[key]) if key in self.core_to_defs_refs else None
        )
        if definition is None or definition.get(ORIGIN) == self._index.get(key, ""):
            return
        form = "camel" if schema["ref"].endswith(CAMEL) else "plain"
        self._index[key] = definition[ORIGIN] = len(self.origins)
        self.origins.append(Origin(schema["ref"].removesuffix(CAMEL), self.mode == "validation", form))
        self._check(schema, definition)

    def _check(self, schema: Any, json_schema: JsonSchemaValue) -> None:
        """Check examples once: a schema may hand those of another on."""
        examples = json_schema.get("examples", _Checked())
        if not isinstance(examples, _Checked):
            json_schema["examples"] = _Checked(
                self._examples.checked(schema, examples, self.mode, self.place)
            )

    def definitions_schema(self, schema: core_schema.DefinitionsSchema) -> JsonSchemaValue:
        """Write a frame once: Pydantic goes twice over what it is given."""
        written = self._written.pop(id(schema), None)
        if written is None:
            self._examples.know(schema["definitions"])
            written = self._written[id(schema)] = super().definitions_schema(schema)
        return written

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        outer, self.place = self.place, schema["cls"].__qualname__
        json_schema = super().model_schema(schema)
        self.place = outer
        return json_schema

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        json_schema = super().default_schema(schema)
        if isinstance(json_schema.get("default"), (dict, list)):
            json_schema["default"] = self._examples.written(schema["schema"], schema["default"])
        return json_schema

    def encode_default(self, dft: Any) -> Any:
        """Take plain values as they are; Pydantic would build a serializer for each."""
        return dft if type(dft) in PLAIN else super().encode_default(dft)

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """Say which texts are numbers: Pydantic says nothing, or leaves out exponents, which it reads and writes."""
        json_schema = super().decimal_schema(schema)
        for choice in (json_schema, *json_schema.get("anyOf", ())):
            if choice.get("type") == "string":
                choice["pattern"] = DECIMAL
        return json_schema

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - Pydantic passes it
        """Give fields no title: generators of clients would make a type of each."""
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:
        """Ask for fields with a default in what goes out: they are always there."""
        if self.mode == "serialization" and field["type"] != "typed-dict-field":
            return field.get("serialization_exclude_if") is None
        return super().field_is_required(field, total)
