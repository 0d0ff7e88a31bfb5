from __future__ import annotations

from typing import Any

import pytest

from chanx.core.decorators import (
    CHANNEL_MARK,
    HANDLER_MARK,
    ChannelMark,
    HandlerMark,
    channel,
    event_handler,
    ws_handler,
)
from chanx.core.errors import ContractError


async def function(self: Any) -> None: ...


def test_a_decorator_returns_the_same_function() -> None:
    for decorate in (ws_handler, ws_handler(), ws_handler("say"), event_handler, event_handler(summary="A")):
        assert decorate(function) is function


def test_a_bare_decorator_marks_the_kind_alone() -> None:
    assert vars(ws_handler(function))[HANDLER_MARK] == HandlerMark(kind="message")
    assert vars(event_handler(function))[HANDLER_MARK] == HandlerMark(kind="event")


def test_options_are_frozen_in_the_mark() -> None:
    decorate = ws_handler(
        "chat.say",
        summary="Say",
        description="More",
        tags=["a", "b"],
        input_type=int,
        output_type=str,
        examples=[1],
        deprecated=True,
        concurrent=True,
    )
    assert vars(decorate(function))[HANDLER_MARK] == HandlerMark(
        kind="message",
        action="chat.say",
        summary="Say",
        description="More",
        tags=("a", "b"),
        input_type=int,
        output_type=str,
        examples=(1,),
        deprecated=True,
        concurrent=True,
    )


def test_an_event_handler_takes_the_same_options() -> None:
    mark = vars(event_handler(tags=("a",), deprecated=True)(function))[HANDLER_MARK]
    assert mark == HandlerMark(kind="event", tags=("a",), deprecated=True)


@pytest.mark.parametrize("decorate", [ws_handler, event_handler])
@pytest.mark.parametrize("option", ["tags", "examples"])
def test_a_string_in_place_of_a_list_is_refused(decorate: Any, option: str) -> None:
    with pytest.raises(
        ContractError, match=rf"{option}='chat' is a string\. Give a list: {option}=\['chat'\]"
    ):
        decorate(**{option: "chat"})


@pytest.mark.parametrize("wrong", [5, int], ids=["value", "class"])
def test_a_decorator_on_no_method_is_refused(wrong: Any) -> None:
    with pytest.raises(ContractError, match=r"A handler decorator stands on .*\. Put it on a method"):
        ws_handler()(wrong)


def test_a_decorator_on_a_class_is_refused() -> None:
    with pytest.raises(ContractError, match="Put it on a method of a consumer"):
        ws_handler(int)


def test_channel_marks_a_class() -> None:
    class Consumer: ...

    assert channel("room", "A room", ["chat"])(Consumer) is Consumer
    assert vars(Consumer)[CHANNEL_MARK] == ChannelMark("room", "A room", ("chat",))


def test_channel_on_no_class_is_refused() -> None:
    with pytest.raises(ContractError, match=r"@channel stands on .*\. Put it on a consumer class\."):
        channel("room")(function)  # type: ignore[type-var]


def test_channel_without_parentheses_is_refused() -> None:
    class Consumer: ...

    with pytest.raises(ContractError, match=r"Write @channel\(\)"):
        channel(Consumer)  # type: ignore[arg-type]


def test_a_string_in_place_of_the_tags_of_a_channel_is_refused() -> None:
    with pytest.raises(ContractError, match="tags='chat' is a string"):
        channel("room", tags="chat")
