"""Frames to messages and back."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from chanx.core._schema import CANONICAL, WireFormat
from chanx.core._wire import MAX_ERRORS, MessageReader, MessageWriter, Wire, shorten
from chanx.core.config import Config
from chanx.core.decorators import event_handler, ws_handler
from chanx.core.errors import FrameError
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage
from chanx.messages.incoming import PingMessage
from chanx.messages.outgoing import CompleteMessage


class Mood(Enum):
    GOOD = "good"


class Deep(BaseModel):
    value: Any = None


class SayPayload(BaseModel):
    room_name: str = Field(max_length=20)
    count: int = 0
    price: Decimal = Decimal(1)
    mood: Mood = Mood.GOOD
    numbers: list[int] = []
    either: Annotated[int, Field(ge=0)] | list[str] | None = None
    free: Any = None


class Say(BaseMessage):
    action: Literal["say"] = "say"
    payload: SayPayload


class Note(BaseMessage):
    action: Literal["note"] = "note"


class Strict(BaseMessage):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    action: Literal["strict"] = "strict"
    payload: int


class Open(BaseMessage):
    model_config = ConfigDict(extra="allow")
    action: Literal["open"] = "open"


class Checked(BaseMessage):
    action: Literal["before", "after", "wrap", "anew", "crash", "wrong"]
    payload: Any = None

    @model_validator(mode="before")
    @classmethod
    def _before(cls, data: Any) -> Any:
        return {**data, "payload": "before"} if data["action"] == "before" else data

    @model_validator(mode="wrap")
    @classmethod
    def _wrap(cls, data: Any, handler: Any) -> Any:
        message = handler(data)
        return cls.model_construct(action="anew", payload=1) if message.action == "anew" else message

    @model_validator(mode="after")
    def _after(self) -> Checked:
        if self.action == "after":
            return self.model_copy(update={"payload": "after"})
        if self.action == "crash":
            raise KeyError("crash")
        if self.action == "wrong":
            raise ValueError(f"wrong: {'x' * 500}")
        return self


class Poked(BaseMessage):
    action: Literal["poked"] = "poked"
    payload: int


class Passed(BaseMessage):
    action: Literal["passed"] = "passed"
    payload: int


class Consumer(WebsocketConsumer):
    emits = [Poked]
    passthrough_events = [Passed]

    @ws_handler
    async def say(self, message: Say) -> Say: ...

    @ws_handler
    async def note(self, message: Note) -> None: ...

    @ws_handler
    async def strict(self, message: Strict) -> None: ...

    @ws_handler
    async def open(self, message: Open) -> Open: ...

    @ws_handler
    async def checked(self, message: Checked) -> None: ...

    @event_handler
    async def poked(self, event: Poked) -> None: ...


def wire(**options: Any) -> Wire:
    return Wire(Consumer.contract, Config(**options))


WIRE = wire()


def decode(frame: Any, wire: Wire = WIRE) -> tuple[BaseMessage, Any]:
    return wire.decode(frame if isinstance(frame, str) else json.dumps(frame))


def refused(frame: Any, wire: Wire = WIRE) -> FrameError:
    with pytest.raises(FrameError) as caught:
        decode(frame, wire)
    return caught.value


# -- reading


def test_a_frame_becomes_its_message() -> None:
    message, frame_id = decode(
        {"action": "say", "payload": {"room_name": "a", "price": "1.50", "mood": "good"}}
    )
    assert message == Say(payload=SayPayload(room_name="a", price=Decimal("1.50")))
    assert frame_id is None


@pytest.mark.parametrize("frame_id", [1, 0, -1, "1", "", "é", 2**63 - 1, -(2**63), "x" * 128], ids=repr)
def test_the_id_comes_beside_the_message(frame_id: Any) -> None:
    message, found = decode({"action": "note", "id": frame_id})
    assert (found, type(found)) == (frame_id, type(frame_id))
    assert message == Note()
    assert message.model_fields_set == {"action"}
    assert "id" not in message.model_dump()


def test_an_id_of_null_is_none() -> None:
    assert decode({"action": "note", "id": None})[1] is None


@pytest.mark.parametrize(
    "frame_id",
    [True, 1.5, 1.0, [1], {}, 2**63, -(2**63) - 1, 10**400, "x" * 129, "é" * 65],
    ids=lambda v: repr(v)[:20],
)
def test_another_id_is_refused(frame_id: Any) -> None:
    error = refused({"action": "note", "id": frame_id})
    assert error.code == "validation_error"
    assert error.frame_id is None


def test_the_last_of_two_keys_counts() -> None:
    message, frame_id = decode('{"action":"note","id":1,"id":2,"action":"open"}')
    assert (type(message), frame_id) == (Open, 2)


def test_keys_that_the_protocol_reserves_are_passed_over() -> None:
    assert decode({"action": "note", "topic": "a", "offset": 3})[0] == Note()


def test_a_strict_frozen_message_may_have_an_id() -> None:
    assert decode({"action": "strict", "payload": 1, "id": 5}) == (Strict(payload=1), 5)
    assert refused({"action": "strict", "payload": "1"}).code == "validation_error"
    assert refused({"action": "strict", "payload": 1, "other": 1}).code == "validation_error"


def test_an_open_message_keeps_what_it_does_not_know_but_not_the_id() -> None:
    message, frame_id = decode({"action": "open", "id": 5, "more": {"a": 1}})
    assert (message.model_extra, frame_id) == ({"more": {"a": 1}}, 5)


@pytest.mark.parametrize("action", ["before", "after", "wrap"])
def test_validators_of_messages_run(action: str) -> None:
    message, frame_id = decode({"action": action, "id": 5})
    assert frame_id == 5
    assert message == Checked.model_construct(action=action, payload=None if action == "wrap" else action)


def test_a_message_that_a_validator_makes_anew_keeps_the_id_of_its_frame() -> None:
    assert decode({"action": "anew", "id": "i"})[1] == "i"
    assert decode({"action": "anew"})[1] is None


def test_the_failure_of_a_validator_is_passed_on_with_the_id_at_hand() -> None:
    frame = json.dumps({"action": "crash", "id": 5})
    with pytest.raises(KeyError):
        WIRE.decode(frame)
    assert WIRE.id_of(frame) == 5
    assert WIRE.id_of("[]") is None


def test_an_error_echoes_a_bounded_piece() -> None:
    error = refused({"action": "wrong", "id": 5})
    assert error.frame_id == 5
    assert error.errors is not None
    assert len(error.errors[0].msg) == 150


def test_a_validator_that_forgets_the_message_is_told() -> None:
    class Forgetful(BaseMessage):
        action: Literal["forgetful"] = "forgetful"

        @model_validator(mode="wrap")
        @classmethod
        def _forget(cls, data: Any, handler: Any) -> Any:
            handler(data)

    reader = MessageReader([Forgetful], CANONICAL)
    with pytest.raises(
        TypeError, match=r"A validator made NoneType of a message\. Return the message from it\."
    ):
        reader.read('{"action":"forgetful"}')


# -- refusing


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nothing",
        "[]",
        "null",
        "1",
        '"say"',
        "true",
        '{"action": "say"',
        "{'action': 'say'}",
        '{"action":"note"} {}',
        '{"action":"note","x":NaN}',
        '{"action":"note","x":[-Infinity]}',
        '{"action":"note","x":Infinity}',
        '{"action":"note","x":"\\ud800"}',
        '{"action":"note","x":"\ud800"}',
        '{"action":"note","x":"\x00"}',
        '{"action":"note","x":' + "1" * 5000 + "}",
        "[" * 60_000,
        '{"action":"note","x":' + "[" * 32 + "]" * 32 + "}",
        '{"action":"note","x":' + '{"a":[' * 16 + "]}" * 16 + "}",
        "NaN",
        "{}" * 40,
        "]" * 40 + "[" * 40,
    ],
    ids=lambda text: ascii(text[:30] + str(len(text))),
)
def test_malformed_frames_are_refused(text: str) -> None:
    error = refused(text)
    assert (error.code, error.frame_id, error.errors) == ("malformed_frame", None, None)
    assert len(error.detail) < 200


@pytest.mark.parametrize(
    "frame",
    [
        {"action": "note", "x": "NaN and Infinity"},
        {"action": "note", "x": '"NaN" \\"Infinity\\"'},
        {"action": "note", "NaN": 1},
        {"action": "note", "x": json.loads("[" * 31 + "]" * 31)},
        {"action": "note", "x": [[]] * 1000},
        {"action": "note", "x": [{"a": []}] * 100},
        {"action": "note", "x": "[{" * 100},
        {"action": "note", "x": '\\"[[' * 100},
    ],
    ids=lambda frame: ascii(json.dumps(frame)[:50]),
)
def test_what_only_looks_malformed_is_read(frame: Any) -> None:
    assert decode(frame)[0] == Note()


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        ({}, "The frame has no 'action'. Add it: the name of an action."),
        ({"type": "say"}, "has no 'action'"),
        ({"action": "other"}, "There is no action 'other'."),
        ({"action": "é\n" * 20}, "There is no action '" + "\\xe9\\n" * 16 + "...'."),
        ({"action": 1}, "The 'action' of the frame is no string."),
        ({"action": None}, "no string"),
        ({"action": ["say"]}, "no string"),
        ({"action": {}}, "no string"),
        ({"action": True}, "no string"),
    ],
    ids=str,
)
def test_unknown_actions_are_refused_with_the_id(frame: Any, says: str) -> None:
    error = refused({**frame, "id": 7})
    assert (error.code, error.frame_id) == ("unknown_action", 7)
    assert says in error.detail


def test_actions_of_the_server_are_unknown() -> None:
    for action in ("complete", "error", "pong", "poked", "passed"):
        assert refused({"action": action}).code == "unknown_action"


@pytest.mark.parametrize(
    "frame_id", [True, 1.5, "x" * 129, "é" * 65, 2**63, [1]], ids=lambda value: repr(value)[:9]
)
def test_an_odd_id_of_a_bad_frame_is_not_echoed(frame_id: Any) -> None:
    assert refused({"action": "other", "id": frame_id}).frame_id is None


def test_a_failed_validation_tells_where() -> None:
    error = refused({"action": "say", "id": "i", "payload": {"room_name": "x" * 21, "numbers": [1, "a"]}})
    assert (error.code, error.frame_id) == ("validation_error", "i")
    assert error.detail == "The frame doesn't fit its action: 2 errors."
    assert error.errors is not None
    assert [detail.loc for detail in error.errors] == [["payload", "room_name"], ["payload", "numbers", 1]]
    assert error.errors[1].type == "int_parsing"


def test_one_error_is_in_the_singular() -> None:
    assert refused({"action": "say"}).detail == "The frame doesn't fit its action: 1 error."


def test_a_long_list_of_errors_is_cut() -> None:
    error = refused({"action": "say", "payload": {"room_name": "", "numbers": ["a"] * 5000}})
    assert error.errors is not None
    assert len(error.errors) == MAX_ERRORS
    assert error.detail == "The frame doesn't fit its action: 5000 errors. The first 8 are listed."


def test_a_path_of_foreign_keys_is_cut() -> None:
    class Nested(BaseModel):
        inner: dict[str, dict[str, dict[str, dict[str, dict[str, int]]]]]

    class Message(BaseMessage):
        action: Literal["nested"] = "nested"
        payload: Nested

    class Other(WebsocketConsumer):
        @ws_handler
        async def handle(self, message: Message) -> None: ...

    frame: Any = "no"
    for _ in range(5):
        frame = {"k" * 1000: frame}
    error = refused({"action": "nested", "payload": {"inner": frame}}, Wire(Other.contract, Config()))
    assert error.errors is not None
    assert error.errors[0].loc == ["payload", "inner", *["k" * 32] * 4]


# -- limits


def test_a_frame_larger_than_the_limit_is_refused_before_it_is_read() -> None:
    small = wire(max_message_bytes=40)
    assert decode('{"action":"note"}'.ljust(40), small)[0] == Note()
    error = refused('{"action":"note"}'.ljust(41), small)
    assert error.code == "too_large"
    assert error.detail == "The frame is larger than MAX_MESSAGE_BYTES=40."


def test_the_size_is_counted_in_bytes() -> None:
    text = '{"action":"note","x":"éééé"}'
    assert decode(text, wire(max_message_bytes=32))[0] == Note()
    assert refused(text, wire(max_message_bytes=31)).code == "too_large"
    assert refused("\ud800" * 11, wire(max_message_bytes=31)).code == "too_large"


def test_the_depth_is_an_option() -> None:
    frame = {"action": "note", "x": [[1], {"a": 1}]}
    assert decode(frame, wire(max_message_depth=3))[0] == Note()
    assert "MAX_MESSAGE_DEPTH=2" in refused(frame, wire(max_message_depth=2)).detail


def test_the_deepest_limit_reads_the_deepest_frame() -> None:
    deepest = wire(max_message_depth=200)
    assert decode('{"action":"note","x":' + "[" * 199 + "]" * 199 + "}", deepest)[0] == Note()
    assert refused('{"action":"note","x":' + "[" * 200 + "]" * 200 + "}", deepest).code == "malformed_frame"


def test_the_length_of_ids_is_an_option() -> None:
    short = wire(max_id_bytes=2)
    assert decode({"action": "note", "id": "é"}, short)[1] == "é"
    assert refused({"action": "note", "id": "éa"}, short).detail == "The id is longer than MAX_ID_BYTES=2."
    assert refused({"action": "note", "id": "abc"}, short).code == "validation_error"


# -- writing


def test_a_message_becomes_a_frame() -> None:
    frame = json.loads(WIRE.encode(Say(payload=SayPayload(room_name="é")), 5))
    assert frame["id"] == 5
    assert frame["payload"]["room_name"] == "é"
    assert "id" not in json.loads(WIRE.encode(Note()))


@pytest.mark.parametrize("frame_id", [0, "", 'a"b\\', "\n", "é"], ids=repr)
def test_ids_are_written_as_they_came(frame_id: Any) -> None:
    assert json.loads(WIRE.encode(Note(), frame_id)) == {"action": "note", "id": frame_id}


def test_what_is_no_message_is_not_written() -> None:
    with pytest.raises(TypeError, match=r"SayPayload is no message\. Send a subclass of BaseMessage\."):
        WIRE.encode(SayPayload(room_name=""))  # type: ignore[arg-type]


def test_a_subclass_is_written_whole() -> None:
    class More(Note):
        payload: int = 5

    assert json.loads(WIRE.encode(More())) == {"action": "note", "payload": 5}


@pytest.mark.parametrize("ser_json_inf_nan", ["null", "constants", "strings"])
def test_no_frame_has_nan_or_infinity(ser_json_inf_nan: Any) -> None:
    class Odd(BaseMessage):
        model_config = ConfigDict(ser_json_inf_nan=ser_json_inf_nan)
        action: Literal["odd"] = "odd"
        payload: Any

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    odd = Odd(payload={"a": [math.nan, -math.inf], "b": "NaN", "c": "Infinity"})
    frame = json.loads(WIRE.encode(odd), parse_constant=refuse)
    assert (frame["payload"]["b"], frame["payload"]["c"]) == ("NaN", "Infinity")
    if ser_json_inf_nan != "strings":
        assert frame["payload"]["a"] == [None, None]
    assert json.loads(WIRE.encode_event(odd), parse_constant=refuse) == frame


def test_a_serializer_of_the_message_is_used() -> None:
    class Odd(BaseMessage):
        action: Literal["odd"] = "odd"
        payload: int = 1

        @model_serializer(mode="wrap")
        def _write(self, handler: Any) -> Any:
            return {**handler(self), "more": True}

    assert json.loads(WIRE.encode(Odd(), 3)) == {"action": "odd", "payload": 1, "more": True, "id": 3}
    renamed = Wire(Consumer.contract, Config(message_action_key="type"))
    assert json.loads(renamed.encode(Odd(), 3)) == {"type": "odd", "payload": 1, "more": True, "id": 3}


@pytest.mark.parametrize("written", [{}, {"type": "odd"}, {"action": 1}, "text", ["action"], None], ids=repr)
def test_a_serializer_that_makes_no_frame_is_an_error(written: Any) -> None:
    class Odd(BaseMessage):
        action: Literal["odd"] = "odd"

        @model_serializer(mode="plain")
        def _write(self) -> Any:
            return written

    with pytest.raises(
        TypeError, match=r"The serializer of .*Odd makes no frame\. Return a dict with 'action'\."
    ):
        WIRE.encode(Odd(), 1)


def test_a_serializer_that_does_not_follow_the_key_is_an_error() -> None:
    class Odd(BaseMessage):
        action: Literal["odd"] = "odd"

        @model_validator(mode="after")
        def _check(self) -> Odd:
            return self

        @model_serializer(mode="plain")
        def _write(self) -> Any:
            return {"action": "odd"}

    assert json.loads(WIRE.encode(Odd(), 1)) == {"action": "odd", "id": 1}
    with pytest.raises(TypeError, match="Return a dict with 'type'"):
        wire(message_action_key="type").encode(Odd())


def test_a_serializer_is_made_once_for_each_class() -> None:
    renamed = wire(message_action_key="type")
    renamed.encode(Note())
    first = dict(renamed._serializers)
    renamed.encode(Note(), 1)
    assert renamed._serializers == first


# -- other names


def test_the_key_of_the_action_is_an_option() -> None:
    renamed = wire(message_action_key="type")
    assert decode({"type": "note", "id": 1}, renamed) == (Note(), 1)
    assert json.loads(renamed.encode(Note(), 1)) == {"type": "note", "id": 1}
    assert (
        refused({"action": "note"}, renamed).detail
        == "The frame has no 'type'. Add it: the name of an action."
    )
    assert refused({"type": 5}, renamed).detail == "The 'type' of the frame is no string."


def test_built_in_messages_follow_the_key() -> None:
    renamed = wire(message_action_key="type")
    assert decode({"type": "ping"}, renamed)[0] == PingMessage()
    assert json.loads(renamed.encode(CompleteMessage())) == {"type": "complete", "payload": None}


def test_camel_case_is_an_option() -> None:
    camel = wire(camelize=True)
    message, _ = decode({"action": "say", "payload": {"roomName": "a", "free": {"snake_key": 1}}}, camel)
    assert message == Say(payload=SayPayload(room_name="a", free={"snake_key": 1}))
    payload = json.loads(camel.encode(message))["payload"]
    assert (payload["roomName"], payload["free"]) == ("a", {"snake_key": 1})


def test_errors_name_fields_as_they_are_on_the_wire() -> None:
    error = refused({"action": "say", "payload": {}}, wire(camelize=True))
    assert error.errors is not None
    assert error.errors[0].loc == ["payload", "roomName"]


# -- the layer


def test_events_travel_in_the_format_of_servers() -> None:
    camel = wire(camelize=True, message_action_key="type")
    text = camel.encode_event(Poked(payload=1))
    assert json.loads(text) == {"action": "poked", "payload": 1}
    assert camel.decode_event(text) == camel.decode_event(text) == Poked(payload=1)
    with pytest.raises(ValidationError):
        camel.decode_event('{"action":"say"}')


def test_a_frame_of_the_same_format_passes_as_it_is() -> None:
    assert WIRE.translate("anything", CANONICAL.fingerprint) == "anything"


def test_a_frame_of_another_format_is_translated() -> None:
    camel = wire(camelize=True, message_action_key="type")
    say = Say(payload=SayPayload(room_name="a"))
    text = WIRE.translate(camel.encode(say, 3), camel.format.fingerprint)
    assert json.loads(text) == json.loads(WIRE.encode(say, 3))
    assert WIRE.translate(camel.encode(say), camel.format.fingerprint) == WIRE.encode(say)
    with pytest.raises(ValidationError):
        WIRE.translate('{"type":"unknown"}', camel.format.fingerprint)


def test_a_reader_reads_what_servers_send() -> None:
    reader = MessageReader(Consumer.contract.outgoing, WIRE.format)
    assert reader.read(WIRE.encode(CompleteMessage(), "i")) == (CompleteMessage(), "i")
    assert WIRE.reader(CANONICAL.fingerprint) is WIRE.reader(CANONICAL.fingerprint)


def test_a_writer_writes_what_clients_send() -> None:
    writer = MessageWriter(WireFormat("type", camelize=True))
    text = writer.write(Say(payload=SayPayload(room_name="a")), 3)
    assert decode(text, wire(camelize=True, message_action_key="type")) == (
        Say(payload=SayPayload(room_name="a")),
        3,
    )
    assert json.loads(writer.write(Say.model_construct(payload="wrong")))["payload"] == "wrong"


def test_foreign_text_is_quoted_and_bounded() -> None:
    assert shorten("a\nb\x1b[31m\u202e") == r"'a\nb\x1b[31m\u202e'"
    assert shorten("x" * 1000) == repr("x" * 32 + "...")


# -- anything at all


class Lax(BaseMessage):
    action: Literal["lax"] = "lax"
    payload: Any = None

    @field_validator("payload")
    @classmethod
    def _any(cls, value: Any) -> Any:
        return value


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
known_keys = st.sampled_from(["action", "payload", "id", "topic", "room_name", "count"])
known_values = json_values | st.sampled_from(
    ["say", "note", "strict", "ping", "cancel", "complete", "wrong", "anew"]
)
frames = st.dictionaries(known_keys | st.text(max_size=4), known_values, max_size=6)
fragments = st.lists(
    st.sampled_from(
        [
            '"',
            "\\",
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "NaN",
            "Infinity",
            "-",
            "1",
            "e9",
            '"action"',
            '"say"',
            "\ud800",
            " ",
        ]
    ),
    max_size=80,
).map("".join)


def decodes_or_is_refused(text: str) -> None:
    for any_wire in (WIRE, wire(max_message_depth=3, max_message_bytes=60, max_id_bytes=3)):
        refusal = None
        try:
            message, frame_id = any_wire.decode(text)
        except FrameError as error:
            refusal, frame_id = error, error.frame_id
        else:
            assert json.loads(any_wire.encode(message, frame_id))["action"]
        assert frame_id is None or type(frame_id) in (int, str)
        assert refusal is None or len(refusal.detail) < 300


@given(st.text(st.characters(codec=None)))
@example("\ud800")
@example('{"action":"\ud800"}')
def test_any_text_is_decoded_or_refused(text: str) -> None:
    decodes_or_is_refused(text)


@given(fragments)
def test_any_pieces_of_json_are_decoded_or_refused(text: str) -> None:
    decodes_or_is_refused(text)


@given(json_values | frames, st.booleans())
def test_any_json_is_decoded_or_refused(frame: Any, ascii_only: bool) -> None:
    decodes_or_is_refused(json.dumps(frame, ensure_ascii=ascii_only))


words = st.text(st.characters(codec="utf-8"), max_size=20)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@given(
    st.builds(
        SayPayload,
        room_name=words,
        count=st.integers(-(2**70), 2**70),
        numbers=st.lists(st.integers(), max_size=5),
        free=plain,
    ),
    st.none() | st.integers(-(2**63), 2**63 - 1) | words.filter(lambda text: len(text.encode()) <= 128),
    st.sampled_from([WIRE, wire(camelize=True), wire(message_action_key="type")]),
)
def test_any_message_that_is_encoded_decodes_back(payload: SayPayload, frame_id: Any, any_wire: Wire) -> None:
    text = any_wire.encode(Say(payload=payload), frame_id)
    assert any_wire.decode(text) == (Say(payload=payload), frame_id)
    assert any_wire.reader(any_wire.format.fingerprint).read(text) == (Say(payload=payload), frame_id)
