"""Documented methods over the MRO of a consumer."""

from __future__ import annotations

from typing import Any

import pytest
from channels.generic.websocket import JsonWebsocketConsumer

from chanx.channels.documents import document_action, document_event
from chanx.core.errors import ContractError
from chanx_django.documents.contract import documented_contract
from tests.django.documents.reading import operations, spec


class Base(JsonWebsocketConsumer):
    @document_action(payload={"text": str}, summary="Of the base.")
    def handle_say(self) -> None: ...

    @document_event("said")
    def send_said(self) -> None: ...


def actions(consumer: type[Any]) -> list[str]:
    found = documented_contract(consumer)
    return list(found.handlers) if found else []


def test_what_is_inherited_comes_first() -> None:
    class Consumer(Base):
        @document_action
        def handle_more(self) -> None: ...

    assert actions(Consumer) == ["say", "more"]


def test_an_override_without_a_decorator_keeps_what_its_base_says() -> None:
    class Consumer(Base):
        def handle_say(self) -> None:
            """Of the override."""

    assert operations(Consumer)["say"]["summary"] == "Of the base."


def test_an_override_with_a_decorator_replaces_it() -> None:
    class Consumer(Base):
        @document_action("speak", summary="Of the override.")
        def handle_say(self) -> None: ...

    assert actions(Consumer) == ["speak"]
    assert operations(Consumer)["speak"]["summary"] == "Of the override."


def test_another_method_of_a_subclass_may_take_over_a_name() -> None:
    class Consumer(Base):
        @document_action("say", summary="Of the subclass.")
        def handle_say_better(self) -> None: ...

    assert operations(Consumer)["say"]["summary"] == "Of the subclass."


def test_a_method_that_is_none_is_documented_no_more() -> None:
    class Consumer(Base):
        handle_say = None  # type: ignore[assignment]  # as Python takes methods away

    assert actions(Consumer) == []


def test_mixins_count() -> None:
    class Mixin:
        @document_action
        def handle_ping(self) -> None: ...

    class Consumer(Mixin, Base):
        pass

    assert actions(Consumer) == ["say", "ping"]


def test_consumers_share_the_messages_that_they_inherit() -> None:
    class First(Base):
        pass

    class Second(Base):
        pass

    assert set(spec(First, Second)["components"]["messages"]) == {"SayAction", "SaidEvent"}


def test_two_methods_of_one_class_with_one_name_are_refused() -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_action("say")
        def first(self) -> None: ...

        @document_action("say")
        def second(self) -> None: ...

    with pytest.raises(
        ContractError, match=r"documents the action 'say' twice: in first\(\) and in second\(\)"
    ):
        documented_contract(Consumer)


def test_two_mixins_with_one_name_are_refused() -> None:
    class Mixin:
        @document_event("said")
        def other(self) -> None: ...

    class Consumer(Mixin, Base):
        pass

    with pytest.raises(ContractError, match="documents the event 'said' twice"):
        documented_contract(Consumer)
