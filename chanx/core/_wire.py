"""Frames to messages and back, for one contract and its options."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import SchemaSerializer, SchemaValidator, from_json, to_json

from chanx.core._rewriting import mirrored
from chanx.core._schema import CANONICAL, INT64, WireFormat, frame_schema, union_schema
from chanx.core.config import Config
from chanx.core.contract import Contract
from chanx.core.errors import FrameError
from chanx.messages.base import BaseMessage
from chanx.messages.outgoing import ErrorCode, ErrorDetail

FrameId = str | int | None
MAX_ERRORS = 8
MAX_PATH = 6
MAX_ECHO = 32
MAX_TEXT = 150
_NO_OBJECT = {
    "dict_type": "The frame is no JSON object.",
    "string_unicode": "The frame has a lone surrogate. Send valid Unicode.",
}
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_CONTAINERS = frozenset({dict, list})
_LOST: Any = object()


class Wire:
    """Reads the frames that a contract accepts, and writes the messages that it sends."""

    def __init__(self, contract: Contract, config: Config) -> None:
        self.contract = contract
        self.config = config
        self.format = WireFormat(config.message_action_key, config.camelize)
        self._max_bytes = config.max_message_bytes
        self._max_depth = config.max_message_depth
        self._max_id = config.max_id_bytes
        self._validate = _validator(contract.incoming, self.format, self._max_id)
        self._serializers: dict[type[BaseMessage], SchemaSerializer | _Checked] = {}
        self._events: Any = None
        self._readers: dict[str, MessageReader] = {}

    def decode(self, text: str) -> tuple[BaseMessage, FrameId]:
        """
        Read a frame from a client: its message and its id.

        Raises:
            FrameError: It is too large, no JSON, or no message of the contract.
        """
        if len(text) * 4 > self._max_bytes:
            self._refuse_large(text)
        if _looks_non_finite(text):
            self._refuse_non_finite(text)
        if text.count("{") + text.count("[") > self._max_depth:
            self._refuse_deep(text)
        try:
            message = self._validate(text)
        except ValidationError as error:
            raise self._refusal(text, error) from None
        frame_id = _take_id(message, text)
        if type(frame_id) is str and not frame_id.isascii() and len(frame_id.encode()) > self._max_id:
            raise FrameError(
                f"The id is longer than MAX_ID_BYTES={self._max_id}.", ErrorCode.VALIDATION_ERROR
            )
        return message, frame_id

    def id_of(self, text: str) -> FrameId:
        """Return the id of a frame whose message could not be made; None when it has none."""
        frame = from_json(text)
        return self._id_of(frame) if isinstance(frame, dict) else None

    def encode(self, message: BaseMessage, frame_id: FrameId = None) -> str:
        """Write a message as a frame, with the id of the frame that it answers."""
        serializer = self._serializers.get(type(message)) or self._serializer(type(message))
        text = _finite(serializer.to_json(message, by_alias=True).decode())
        if frame_id is None:
            return text
        value = frame_id if type(frame_id) is int else to_json(frame_id).decode()
        return f'{text[:-1]},"id":{value}}}'

    def encode_event(self, event: BaseMessage) -> str:
        """Write an event for the layer, in the format that all servers read."""
        return _finite(type(event).__pydantic_serializer__.to_json(event, by_alias=True).decode())

    def decode_event(self, text: str) -> BaseMessage:
        """
        Read an event that came through the layer.

        Raises:
            ValidationError: It is no event of the contract.
        """
        if self._events is None:
            self._events = _reader(self.contract.incoming_events, CANONICAL, None)
        return cast(BaseMessage, self._events(text))

    def translate(self, text: str, fingerprint: str) -> str:
        """
        Write a frame of another format in this one.

        Raises:
            ValidationError: The contract doesn't send that message.
        """
        if fingerprint == self.format.fingerprint:
            return text
        return self.encode(*self.reader(fingerprint).read(text))

    def reader(self, fingerprint: str) -> MessageReader:
        """Return what reads the messages of the contract from frames of a format."""
        reader = self._readers.get(fingerprint)
        if reader is None:
            reader = MessageReader(self.contract.outgoing, WireFormat.of(fingerprint))
            self._readers[fingerprint] = reader
        return reader

    def _serializer(self, message: type[BaseMessage]) -> SchemaSerializer | _Checked:
        if not issubclass(message, BaseMessage):
            raise TypeError(f"{message.__qualname__} is no message. Send a subclass of BaseMessage.")
        if self.format == CANONICAL:
            serializer = message.__pydantic_serializer__
        else:
            serializer = SchemaSerializer(frame_schema(message, self.format), _use_prebuilt=False)
        own = _serializes_itself(message.__pydantic_core_schema__)
        checked = _Checked(serializer, message.__qualname__, self.format.action_key) if own else serializer
        self._serializers[message] = checked
        return checked

    def _refuse_large(self, text: str) -> None:
        if len(text.encode("utf-8", "surrogatepass")) > self._max_bytes:
            raise FrameError(
                f"The frame is larger than MAX_MESSAGE_BYTES={self._max_bytes}.", ErrorCode.TOO_LARGE
            )

    def _refuse_non_finite(self, text: str) -> None:
        try:
            from_json(text, allow_inf_nan=False)
        except (ValueError, TypeError):  # no JSON, or a lone surrogate
            bare = _STRINGS.sub("", text)
            if "NaN" in bare or "Infinity" in bare:
                raise FrameError(
                    "NaN and Infinity are no JSON. Send null.", ErrorCode.MALFORMED_FRAME
                ) from None

    def _refuse_deep(self, text: str) -> None:
        try:
            level = [from_json(text)]
        except (ValueError, TypeError):  # no JSON: the validation says so
            return
        for _ in range(self._max_depth):
            level = [part for whole in level for part in _containers(whole)]
        if level:
            raise FrameError(
                f"The frame is nested deeper than MAX_MESSAGE_DEPTH={self._max_depth}.",
                ErrorCode.MALFORMED_FRAME,
            )

    def _refusal(self, text: str, error: ValidationError) -> FrameError:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        first = found[0]
        if first["type"] == "json_invalid":
            return FrameError(first["msg"][:MAX_TEXT], ErrorCode.MALFORMED_FRAME)
        if not first["loc"] and first["type"] in _NO_OBJECT:
            return FrameError(_NO_OBJECT[first["type"]], ErrorCode.MALFORMED_FRAME)
        frame = from_json(text)
        frame_id = self._id_of(frame)
        if not first["loc"] and first["type"].startswith("union_tag"):
            return FrameError(self._no_action(frame), ErrorCode.UNKNOWN_ACTION, frame_id=frame_id)
        details = [error_detail(item["loc"][1:], item["msg"], item["type"]) for item in found[:MAX_ERRORS]]
        more = f" The first {MAX_ERRORS} are listed." if len(found) > MAX_ERRORS else ""
        return FrameError(
            f"The frame doesn't fit its action: {len(found)} {'error' if len(found) == 1 else 'errors'}.{more}",
            ErrorCode.VALIDATION_ERROR,
            frame_id=frame_id,
            errors=details,
        )

    def _id_of(self, frame: dict[str, Any]) -> FrameId:
        value = frame.get("id")
        if type(value) is str and len(value.encode()) <= self._max_id:
            return value
        return value if type(value) is int and -INT64 <= value < INT64 else None

    def _no_action(self, frame: dict[str, Any]) -> str:
        key = self.format.action_key
        if key not in frame:
            return f"The frame has no {key!r}. Add it: the name of an action."
        action = frame[key]
        if not isinstance(action, str):
            return f"The {key!r} of the frame is no string."
        return f"There is no action {shorten(action)}."


class _Checked:
    """Serializes messages that have a serializer of their own, which may return anything."""

    def __init__(self, serializer: SchemaSerializer, name: str, action_key: str) -> None:
        self._serializer = serializer
        self._name = name
        self._action_key = action_key

    def to_json(self, message: BaseMessage, *, by_alias: bool) -> bytes:
        text = self._serializer.to_json(message, by_alias=by_alias)
        frame = from_json(text)
        if not isinstance(frame, dict) or not isinstance(frame.get(self._action_key), str):
            raise TypeError(
                f"The serializer of {self._name} makes no frame. Return a dict with {self._action_key!r}."
            )
        return text


class MessageReader:
    """Reads frames that a server sent: for tests, and between servers whose formats differ."""

    def __init__(self, messages: Iterable[type[BaseMessage]], wire: WireFormat) -> None:
        self._validate = _reader(messages, wire, 1024)

    def read(self, text: str) -> tuple[BaseMessage, FrameId]:
        """
        Read a frame: its message and its id.

        Raises:
            ValidationError: It is none of the messages.
        """
        message = self._validate(text)
        return message, _take_id(message, text)


class MessageWriter:
    """Writes the frames of a client, for tests."""

    def __init__(self, wire: WireFormat) -> None:
        self.wire = wire
        self._serializers: dict[type[BaseMessage], SchemaSerializer] = {}

    def write(self, message: BaseMessage, frame_id: FrameId = None) -> str:
        """Write a message as a frame, also one whose values are wrong, with an id when it is to be answered."""
        kind = type(message)
        if kind not in self._serializers:
            schema = mirrored(frame_schema(kind, self.wire))
            self._serializers[kind] = SchemaSerializer(schema, _use_prebuilt=False)
        text = self._serializers[kind].to_json(message, by_alias=True, warnings="none").decode()
        return text if frame_id is None else f'{text[:-1]},"id":{to_json(frame_id).decode()}}}'


def shorten(text: str) -> str:
    """Quote a bounded piece of foreign text, safe for logs and clients."""
    return ascii(text if len(text) <= MAX_ECHO else f"{text[:MAX_ECHO]}...")


def _validator(messages: Iterable[type[BaseMessage]], wire: WireFormat, max_id: int | None) -> Any:
    return SchemaValidator(union_schema(messages, wire, max_id=max_id), _use_prebuilt=False).validate_json


def _reader(messages: Iterable[type[BaseMessage]], wire: WireFormat, max_id: int | None) -> Any:
    """Make a validator of what this side writes."""
    schema = mirrored(union_schema(messages, wire, max_id=max_id))
    return SchemaValidator(schema, _use_prebuilt=False).validate_json


def _serializes_itself(schema: Any) -> bool:
    """Whether a core schema of a message has a model serializer."""
    while "schema" in schema and schema["type"] != "model":
        schema = schema["schema"]
    return "serialization" in schema


def _take_id(message: BaseMessage, text: str) -> FrameId:
    """Remove the frame's id from the message that it came with."""
    try:
        message.__pydantic_fields_set__.discard("id")
    except AttributeError:
        raise TypeError(
            f"A validator made {type(message).__name__} of a message. Return the message from it."
        ) from None
    # Not vars(), which costs more; pyright takes it for that of the class.
    frame_id = message.__dict__.pop("id", _LOST)  # pyright: ignore[reportAttributeAccessIssue]
    if frame_id is _LOST:  # a validator made the message anew
        frame_id = from_json(text).get("id")
    return cast(FrameId, frame_id)


def _looks_non_finite(text: str) -> bool:
    # To look for a single character first is several times faster, and mostly all.
    return ("N" in text and "NaN" in text) or ("I" in text and "Infinity" in text)


def _containers(value: Any) -> list[Any]:
    """List the arrays and objects directly in a JSON value."""
    parts = value.values() if type(value) is dict else value if type(value) is list else ()
    return [part for part in parts if type(part) in _CONTAINERS]


def _finite(text: str) -> str:
    """Replace NaN and Infinity by null."""
    if _looks_non_finite(text):
        try:
            from_json(text, allow_inf_nan=False)
        except ValueError:
            return to_json(from_json(text), inf_nan_mode="null").decode()
    return text


def error_detail(loc: tuple[str | int, ...], msg: str, kind: str) -> ErrorDetail:
    """Describe one failed value, in bounded size."""
    path = [part if isinstance(part, int) else part[:MAX_ECHO] for part in loc[:MAX_PATH]]
    return ErrorDetail(loc=path, msg=msg[:MAX_TEXT], type=kind)
