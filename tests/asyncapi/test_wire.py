"""What the document says is what is on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from chanx.asyncapi import generate
from chanx.core._wire import Wire
from chanx.core.errors import FrameError
from chanx.messages.base import BaseMessage
from chanx.messages.incoming import CancelMessage, CancelPayload, PingMessage
from chanx.messages.outgoing import (
    AuthenticationMessage,
    AuthenticationPayload,
    CompleteMessage,
    ErrorCode,
    ErrorDetail,
    ErrorMessage,
    ErrorPayload,
    EventCompleteMessage,
    GroupCompleteMessage,
    PongMessage,
)
from chanx.routing import Route
from tests.asyncapi.cases import action_key, features, payloads
from tests.asyncapi.structure import validator

CONSUMERS = {
    consumer.__name__: consumer
    for consumer in (
        payloads.PayloadsConsumer,
        features.EverythingConsumer,
        action_key.PlainConsumer,
        action_key.RenamedConsumer,
    )
}
TEXT = features.Text(text="Hi")
SALE = payloads.Sale(
    price=Decimal("1.5"),
    place=(1, "a"),
    when=datetime(2026, 1, 1, tzinfo=UTC),
    ids={UUID("0" * 32)},
    color=payloads.Color.RED,
)
ERROR = ErrorPayload(
    code=ErrorCode.VALIDATION_ERROR,
    detail="It is wrong.",
    errors=[ErrorDetail(loc=["payload", 0], msg="Wrong.", type="value_error")],
    retry_after=1.5,
    error_id="e1",
)
SENT: list[BaseMessage] = [
    payloads.Planted(
        payload=payloads.Page(items=[payloads.Node(name="a", children=[payloads.Node(name="b")])])
    ),
    payloads.Adopted(payload=payloads.Page(items=[payloads.Cat(), payloads.Dog(kind="dog")])),
    payloads.Sold(payload=SALE),
    payloads.Sold(payload=payloads.Sale(price=Decimal(0), place=(0, ""))),
    payloads.Wave(),
    features.Said(payload=TEXT),
    features.Accepted(),
    features.Renamed(payload=TEXT),
    features.Closing(),
    features.Joined(),
    ErrorMessage(payload=ErrorPayload(code=ErrorCode.NOT_FOUND, detail="")),
    ErrorMessage(payload=ERROR),
    AuthenticationMessage(payload=AuthenticationPayload(status_code=200, status_text="OK", data={"a": 1})),
    CompleteMessage(),
    GroupCompleteMessage(),
    EventCompleteMessage(),
    PongMessage(),
]
READ: list[BaseMessage] = [
    payloads.Plant(payload=payloads.Node(name="a")),
    payloads.Adopt(payload=payloads.Cat()),
    payloads.Translate(action="localize", payload=payloads.Names({"de": "Haus"})),
    payloads.Sell(payload=[SALE]),
    payloads.Wave(),
    features.Say(payload=TEXT),
    features.Shout(payload=TEXT),
    PingMessage(),
    CancelMessage(payload=CancelPayload(id=1)),
]


class Documented:
    """A consumer's wire and its document."""

    def __init__(self, name: str) -> None:
        self.contract = CONSUMERS[name].contract
        self.wire = Wire(self.contract, CONSUMERS[name].get_config())
        self.document = generate([Route("/", consumer=CONSUMERS[name])])

    def fitting(self, frame: Any, action: str) -> list[str]:
        """Name the messages of one direction that a frame is valid as."""
        return [name for name in self.messages(action) if self.fits(frame, name)]

    def messages(self, action: str) -> list[str]:
        operations = self.document["operations"].values()
        found = [each["messages"] for each in operations if each["action"] == action]
        if action == "send":
            found += [each["reply"]["messages"] for each in operations if "reply" in each]
        return sorted({each["$ref"].rpartition("/")[2] for messages in found for each in messages})

    def fits(self, frame: Any, name: str) -> bool:
        payload = self.document["components"]["messages"][name]["payload"]
        return bool(validator(self.document, payload).is_valid(frame))


@pytest.fixture(params=CONSUMERS)
def documented(request: pytest.FixtureRequest) -> Documented:
    return Documented(request.param)


def examples(documented: Documented) -> Iterator[Any]:
    for message in documented.document["components"]["messages"].values():
        for example in message.get("examples", ()):
            yield example["payload"]


def test_every_example_is_read(documented: Documented) -> None:
    shown = list(examples(documented))
    assert shown != []
    for example in shown:
        documented.wire.decode(json.dumps(example))


@pytest.mark.parametrize("frame_id", [None, 7, "a"])
def test_what_is_sent_is_valid_as_one_message(documented: Documented, frame_id: int | str | None) -> None:
    sent = [message for message in SENT if type(message) in documented.contract.outgoing]
    for message in sent:
        frame = json.loads(documented.wire.encode(message, frame_id))
        [name] = documented.fitting(frame, "send")
        assert name.partition("-")[0] == type(message).__name__


def test_what_is_valid_is_read(documented: Documented) -> None:
    read = [message for message in READ if type(message) in documented.contract.incoming]
    for message in read:
        text = documented.wire.encode(message, 7)
        [name] = documented.fitting(json.loads(text), "receive")
        assert name.partition("-")[0] == type(message).__name__
        assert documented.wire.decode(text) == (message, 7)


@pytest.mark.parametrize(
    "frame",
    [
        {},
        {"action": "nothing"},
        {"action": "plant", "payload": {}},
        {"action": "adopt", "payload": {}},
        {"action": "adopt", "payload": {"kind": "cow"}},
        {"action": "sell", "payload": {"price": "x", "place": [1, "a"]}},
        {"action": "sell", "payload": {"price": "", "place": [1, "a"]}},
        {"action": "sell", "payload": {"price": 1, "place": [1]}},
        {"action": "sell", "payload": {"price": 1, "place": [1, "a", 2]}},
        {"action": "sell", "payload": {"price": 1, "place": [1, "a"], "color": "blue"}},
        {"action": "ping", "payload": 1},
        {"action": "ping", "id": 1.5},
        {"action": "ping", "id": "x" * 129},
    ],
    ids=str,
)
def test_what_is_invalid_is_refused(frame: Any) -> None:
    documented = Documented("PayloadsConsumer")
    assert documented.fitting(frame, "receive") == []
    with pytest.raises(FrameError):
        documented.wire.decode(json.dumps(frame))
