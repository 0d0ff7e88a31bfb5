"""Examples: each is checked by Pydantic, and shown as it stands on the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_core import (
    CoreSchema,
    PydanticSerializationError,
    SchemaSerializer,
    SchemaValidator,
    core_schema,
    from_json,
    to_json,
)

from chanx.asyncapi.collect import Frame, Operation
from chanx.asyncapi.documented import DocumentedMessage
from chanx.core._schema import camelizer, frame_schema
from chanx.core._wire import shorten
from chanx.core.errors import ConfigurationError, DocumentError
from chanx.messages.base import BaseMessage, actions_of

Mode = Literal["validation", "serialization"]
_WRONG = (ValidationError, PydanticSerializationError)


class FieldExamples:
    """Checks the examples of fields and models while their schemas are made."""

    def __init__(self) -> None:
        self._definitions: list[Any] = []

    def know(self, definitions: list[Any]) -> None:
        """Take the definitions that the next schemas refer to."""
        self._definitions = definitions

    def checked(self, schema: Any, examples: Any, mode: Mode, place: str) -> list[Any]:
        """
        Return examples as they stand on the wire.

        Raises:
            DocumentError: One of them doesn't validate.
        """
        if not isinstance(examples, list):
            raise DocumentError(f"{place} has examples that are no list. Give a list: examples=[...].")
        whole = self._whole(schema)
        validator = SchemaValidator(whole, _use_prebuilt=False)
        serializer = SchemaSerializer(whole, _use_prebuilt=False)
        written = []
        for example in examples:
            try:
                value, text = _read(validator, _spellings(example))
                incoming = mode == "validation"
                written.append(
                    _normal(validator, serializer, value, text) if incoming else _dump(serializer, value)
                )
            except _WRONG as error:
                raise DocumentError(
                    f"{place} has an example that doesn't validate: {_short(example)}. {_reason(error)}"
                ) from error
        return written

    def written(self, schema: Any, default: Any) -> Any:
        """Return a default as it stands on the wire."""
        return _dump(SchemaSerializer(self._whole(schema), _use_prebuilt=False), default)

    def _whole(self, schema: Any) -> CoreSchema:
        while schema["type"].endswith("-field"):
            schema = schema["schema"]
        if any(definition is schema for definition in self._definitions):
            schema = core_schema.definition_reference_schema(schema["ref"])
        return core_schema.definitions_schema(schema, self._definitions)


def examples_of(operation: Operation, place: str) -> list[tuple[Frame, Any]]:
    """
    Write the examples of an operation as frames.

    An example is a message, a frame or a bare payload; its names may be those of the wire or of the models.

    Raises:
        DocumentError: One of them fits none of the operation's messages.
    """
    place = f"{place}.{operation.name}()"
    own = [
        (frame, sample)
        for frame in (*operation.frames, *operation.replies)
        if issubclass(frame.message, DocumentedMessage)
        for sample in frame.message.samples
    ]
    return [
        *(_placed(example, operation.frames, place) for example in operation.examples),
        *(_placed(sample, [frame], place) for frame, sample in own),
    ]


def _placed(example: Any, frames: Sequence[Frame], place: str) -> tuple[Frame, Any]:
    reasons = []
    for frame in [frame for frame in frames if _names(example, frame)] or frames:
        try:
            return frame, _as_frame(example, frame)
        except _WRONG as error:
            reasons.append(f"{frame.message.__name__}: {_reason(error)}")
    raise DocumentError(
        f"{place} has an example that fits none of its messages: {_short(example)}. {' '.join(reasons)}"
    )


def _as_frame(example: Any, frame: Frame) -> dict[str, Any]:
    if issubclass(frame.message, DocumentedMessage):
        return _as_documented(example, frame, frame.message)
    schema = frame_schema(frame.message, frame.format, max_id=frame.max_id)
    validator = SchemaValidator(schema, _use_prebuilt=False)
    serializer = SchemaSerializer(schema, _use_prebuilt=False)
    key = frame.format.action_key
    try:
        value, text = _read(validator, _frames(example, frame, key))
    except _WRONG as error:
        message = _message(example, frame, error)
        plain = SchemaSerializer(frame_schema(frame.message, frame.format), _use_prebuilt=False)
        value, text = _read(validator, [_dump(plain, message)])
    found: dict[str, Any] = _normal(validator, serializer, value, text)
    if found.get("id", "") is None:
        del found["id"]
    return {key: found[key], **found}


def _as_documented(example: Any, frame: Frame, message: type[DocumentedMessage]) -> dict[str, Any]:
    [action] = actions_of(message)
    candidates = [example]
    if isinstance(example, Mapping):
        named = {message.key: action, **example}
        if named[message.key] != action:
            raise DocumentError(
                f"{message.__qualname__} has an example that names {named[message.key]!r}: {_short(example)}. "
                f"Name {action!r} there, or leave the name out."
            )
        candidates = [{key: value for key, value in named.items() if key != message.key}, named]
    core = message.fields.core_schema
    validator = SchemaValidator(core, _use_prebuilt=False)
    serializer = SchemaSerializer(core, _use_prebuilt=False)
    value, text = _read(validator, candidates)
    incoming = frame.incoming
    fields = _normal(validator, serializer, value, text) if incoming else _dump(serializer, value)
    return {message.key: action, **{key: fields[key] for key in fields if key != message.key}}


def _message(example: Any, frame: Frame, error: Exception) -> BaseMessage:
    """Read an example that is an object, or has the names of the models; else raise the error."""
    if isinstance(example, BaseMessage):
        return frame.message.model_validate(example)
    for candidate in _frames(example, frame, "action"):
        with suppress(ValidationError):
            return frame.message.model_validate(candidate)
    raise error


def _frames(example: Any, frame: Frame, key: str) -> Iterator[Any]:
    """Write an example as a frame, in the ways in which it may be meant."""
    action = actions_of(frame.message)[0]
    if isinstance(example, Mapping) and _names(example, frame):
        named = example.get(frame.format.action_key, example.get("action"))
        rest = {
            name: value for name, value in example.items() if name not in (frame.format.action_key, "action")
        }
        yield {key: named, **rest}
        return
    whole = "payload" not in frame.message.model_fields
    if isinstance(example, Mapping) and (whole or "payload" in example):
        yield {key: action, **example}
    yield example if whole else {key: action, "payload": example}


def _names(example: Any, frame: Frame) -> bool:
    """Whether an example is a frame that names an action of this message."""
    if isinstance(example, BaseMessage):
        return isinstance(example, frame.message)
    keys = (frame.format.action_key, "action")
    return isinstance(example, Mapping) and any(example.get(key) in actions_of(frame.message) for key in keys)


def _spellings(example: Any) -> Iterator[Any]:
    """Write an example with its keys as they are, and in camelCase."""
    yield example
    with suppress(ConfigurationError):
        yield _renamed(example, camelizer())


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {rename(key): _renamed(inner, rename) for key, inner in value.items()}
    return [_renamed(inner, rename) for inner in value] if isinstance(value, list) else value


def _read(validator: SchemaValidator, candidates: Iterable[Any]) -> tuple[Any, bytes]:
    """Read the first candidate that validates; if none does, the error is that of the first."""
    errors = []
    for candidate in candidates:
        text = to_json(candidate)
        try:
            return validator.validate_json(text), text
        except ValidationError as error:
            errors.append(error)
    raise errors[0]


def _normal(validator: SchemaValidator, serializer: SchemaSerializer, value: Any, text: bytes) -> Any:
    """Return what was given; where Pydantic was lax with it, what it was taken for."""
    try:
        validator.validate_json(text, strict=True)
    except ValidationError:
        dumped = _dump(serializer, value)
        with suppress(ValidationError):
            validator.validate_json(to_json(dumped))
            return dumped
    return from_json(text)


def _dump(serializer: SchemaSerializer, value: Any) -> Any:
    return serializer.to_python(value, mode="json", by_alias=True, warnings=False)


def _short(example: Any) -> str:
    return shorten(repr(example))


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg']}." if place else f"{first['msg']}."
    return f"{error}."
