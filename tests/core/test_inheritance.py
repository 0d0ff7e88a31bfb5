"""Handlers over the whole MRO."""

from __future__ import annotations

from typing import Literal

import pytest

from chanx.core.decorators import event_handler, ws_handler
from chanx.core.errors import ContractError
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage


class Say(BaseMessage):
    action: Literal["say"] = "say"


class Shout(BaseMessage):
    action: Literal["shout"] = "shout"


class Said(BaseMessage):
    action: Literal["said"] = "said"


class Mixin:
    @ws_handler(summary="Say it")
    async def handle(self, message: Say) -> Said | None:
        """Of the mixin."""


class Base(Mixin, WebsocketConsumer): ...


def test_a_mixin_that_is_no_consumer_brings_its_handlers() -> None:
    assert Base.contract.handlers["say"].name == "handle"


def test_an_override_without_decorator_stays_the_handler() -> None:
    class Consumer(Base):
        async def handle(self, message): ...

    handler = Consumer.contract.handlers["say"]
    assert handler.function is vars(Consumer)["handle"]
    assert (handler.messages, handler.replies, handler.summary) == ((Say,), (Said,), "Say it")


def test_an_override_without_decorator_may_change_the_annotations() -> None:
    class Consumer(Base):
        async def handle(self, message: Say | Shout) -> None:
            """Of the consumer."""

    contract = Consumer.contract
    assert set(contract.handlers) == {"say", "shout"}
    assert contract.handlers["say"].replies == ()


def test_an_override_between_two_others_counts_as_little_as_its_annotations() -> None:
    class Between(Base):
        async def handle(self, message: Shout) -> None: ...

    class Consumer(Between):
        async def handle(self, message): ...

    assert set(Between.contract.handlers) == {"shout"}
    assert set(Consumer.contract.handlers) == {"say"}


def test_an_override_with_a_decorator_stands_for_itself() -> None:
    class Consumer(Base):
        @ws_handler
        async def handle(self, message: Shout): ...

    contract = Consumer.contract
    assert set(contract.handlers) == {"shout"}
    assert contract.handlers["shout"].replies == ()
    assert contract.handlers["shout"].summary == "Of the mixin."


def test_an_override_may_turn_a_message_into_an_event() -> None:
    class Consumer(Base):
        @event_handler
        async def handle(self, message: Say) -> None: ...

    assert (set(Consumer.contract.handlers), set(Consumer.contract.events)) == (set(), {"say"})


def test_none_takes_a_handler_away() -> None:
    class Consumer(Base):
        handle = None  # type: ignore[assignment]

    assert Consumer.contract.handlers == {}


def test_the_base_keeps_its_handlers() -> None:
    class Consumer(Base):
        @ws_handler
        async def more(self, message: Shout) -> None: ...

    assert set(Consumer.contract.handlers) == {"say", "shout"}
    assert set(Base.contract.handlers) == {"say"}


def test_names_with_an_underscore_are_handlers_too() -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler
        async def _say(self, message: Say) -> None: ...

        @ws_handler
        async def __shout(self, message: Shout) -> None: ...

    assert {handler.name for handler in Consumer.contract.handlers.values()} == {"_say", "_Consumer__shout"}


class Other:
    @ws_handler
    async def handle(self, message: Shout) -> None: ...


def test_two_mixins_with_one_method_name_are_refused() -> None:
    with pytest.raises(
        ContractError,
        match=r"Both inherits a handler handle\(\) from Other that hides the one from Mixin\. "
        r"Rename one of them, or override it in .*Both with a decorator\.",
    ):

        class Both(Other, Mixin, WebsocketConsumer): ...


def test_two_mixins_are_reconciled_by_an_override_with_a_decorator() -> None:
    class Both(Other, Mixin, WebsocketConsumer):
        @ws_handler
        async def handle(self, message: Say | Shout) -> None: ...

    assert set(Both.contract.handlers) == {"say", "shout"}


def test_two_mixins_are_not_reconciled_by_an_override_without() -> None:
    with pytest.raises(ContractError, match="hides the one from Mixin"):

        class Both(Other, Mixin, WebsocketConsumer):
            async def handle(self, message) -> None: ...


def test_two_mixins_of_one_base_may_share_its_handler() -> None:
    class One(Mixin): ...

    class Two(Mixin): ...

    class Consumer(One, Two, WebsocketConsumer): ...

    assert Consumer.contract.handlers["say"].function is vars(Mixin)["handle"]


def test_two_mixins_for_one_action_are_refused() -> None:
    class Again:
        @ws_handler
        async def again(self, message: Say) -> None: ...

    with pytest.raises(ContractError, match=r"handles 'say' twice: in handle\(\) and in again\(\)"):

        class Consumer(Again, Base): ...
