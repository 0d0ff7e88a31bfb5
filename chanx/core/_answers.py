"""What a test reads: messages that the contract declares, and answers of the class that it expects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from chanx.core._wire import Wire
from chanx.messages.base import BaseMessage
from chanx.messages.outgoing import ErrorMessage

R = TypeVar("R", bound=BaseMessage)


class UndeclaredMessageError(AssertionError):
    """The consumer sent a frame that its contract doesn't declare."""


class ErrorAnswer(AssertionError):  # noqa: N818 - an answer, which a test may expect
    """A request was answered with an ``error`` frame; its cause is the handler's exception, if there was one."""

    def __init__(self, message: ErrorMessage) -> None:
        payload = message.payload
        places = [f"{'.'.join(map(str, error.loc))}: {error.msg}" for error in payload.errors or ()]
        super().__init__("\n".join((f"{payload.code.value}: {payload.detail}", *places)))
        self.message = message
        self.code = payload.code
        self.detail = payload.detail


def read(wire: Wire, text: str) -> BaseMessage:
    """
    Read a frame by a contract.

    Raises:
        UndeclaredMessageError: It is none of the messages that the contract sends.
    """
    try:
        return wire.reader(wire.format.fingerprint).read(text)[0]
    except ValidationError as error:
        raise UndeclaredMessageError(
            f"{wire.contract.consumer.__qualname__} sent {text[:500]}, which its contract doesn't declare. "
            "Name the message in a handler's return annotation or output_type, in emits or in "
            f"passthrough_events.\n{error}"
        ) from None


def expected(
    message: BaseMessage, answer: BaseMessage, expect: type[R], failures: Mapping[str, BaseException]
) -> R:
    """
    Return an answer that is of the expected class.

    Raises:
        ErrorAnswer: It is an error.
        AssertionError: It is of another class.
    """
    wanted: type[BaseMessage] = expect
    if isinstance(answer, ErrorMessage) and not issubclass(wanted, ErrorMessage):
        raise ErrorAnswer(answer) from failures.get(answer.payload.error_id or "")
    if isinstance(answer, expect):
        return answer
    raise AssertionError(f"{message.action!r} was answered with {answer!r}, not with {expect.__qualname__}.")


def frame_of(text: object) -> dict[str, Any]:
    """Return the JSON object of a frame; empty when it is none."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
