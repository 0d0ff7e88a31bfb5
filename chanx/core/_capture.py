"""Broadcasts that a test captures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

from chanx.messages.base import BaseMessage

M = TypeVar("M", bound=BaseMessage)


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One message or event that a consumer class sent to groups."""

    consumer: type[Any]
    message: BaseMessage
    groups: tuple[str, ...]
    exclude_current: bool


class Broadcasts(list[Broadcast]):
    """What was broadcast, oldest first."""

    @property
    def messages(self) -> list[BaseMessage]:
        """The messages and events alone."""
        return [broadcast.message for broadcast in self]

    def of(self, message: type[M]) -> list[M]:
        """Those of one class."""
        return [sent for sent in self.messages if isinstance(sent, message)]


class capture_broadcasts:  # noqa: N801 - it reads like a function
    """
    Record what a consumer class and its subclasses broadcast, from any thread::

        with capture_broadcasts(ChatConsumer) as broadcasts:
            rename_room(room, "Kitchen")
        assert broadcasts.messages == [RoomRenamed(payload="Kitchen")]

    Args:
        consumer: The class.
        suppress: Keep back what is recorded; otherwise it is sent, too.
    """

    def __init__(self, consumer: type[Any], *, suppress: bool = True) -> None:
        self.consumer = consumer
        self.suppress = suppress
        self.broadcasts = Broadcasts()

    def __enter__(self) -> Broadcasts:
        _active.append(self)
        return self.broadcasts

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _active.remove(self)

    async def __aenter__(self) -> Broadcasts:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)


_active: list[capture_broadcasts] = []
"""The captures that are entered; none but in tests."""


def captured(
    consumer: type[Any], message: BaseMessage, groups: Sequence[str], *, exclude_current: bool = False
) -> bool:
    """Record a broadcast where somebody captures it; whether it shall not be sent."""
    suppress = False
    for capture in tuple(_active):
        if issubclass(consumer, capture.consumer):
            capture.broadcasts.append(Broadcast(consumer, message, tuple(groups), exclude_current))
            suppress = suppress or capture.suppress
    return suppress
