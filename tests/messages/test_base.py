from __future__ import annotations

from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar

import pytest

from chanx.messages.base import BaseMessage, actions_of

T = TypeVar("T")


class Color(StrEnum):
    RED = "red"


class Say(BaseMessage):
    action: Literal["say"] = "say"


class More(Say):
    payload: int


class OnOff(BaseMessage):
    action: Literal["on", "off"]


class Nested(BaseMessage):
    action: Literal[Literal["a"], "b"]  # noqa: RUF041 - the form under test


class Page(BaseMessage, Generic[T]):
    action: Literal["page"]
    payload: T


class Text(BaseMessage):
    action: str = "text"


class Number(BaseMessage):
    action: Literal["one", 1]


class Member(BaseMessage):
    action: Literal[Color.RED]


@pytest.mark.parametrize(
    ("message", "actions"),
    [
        (Say, ("say",)),
        (More, ("say",)),
        (OnOff, ("on", "off")),
        (Nested, ("a", "b")),
        (Page, ("page",)),
        (Page[int], ("page",)),
        (BaseMessage, ()),
        (Text, ()),
        (Number, ()),
        (Member, ()),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_actions_are_those_of_a_literal_of_strings(message: Any, actions: tuple[str, ...]) -> None:
    assert actions_of(message) == actions
