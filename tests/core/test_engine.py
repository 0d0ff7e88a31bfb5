from __future__ import annotations

import threading
from typing import Any, Literal

import pytest

from chanx.core.config import Config
from chanx.core.decorators import ws_handler
from chanx.core.errors import ConfigurationError
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage
from chanx.messages.outgoing import AuthenticationMessage


class Say(BaseMessage):
    action: Literal["say", "shout"] = "say"


class Consumer(WebsocketConsumer):
    passthrough_events = [Say]

    @ws_handler
    async def say(self, message: Say) -> None: ...


def test_connections_with_the_same_options_share_one_engine() -> None:
    first = Consumer._declared.engine(Config())
    assert Consumer._declared.engine(Config()) is first
    assert Consumer._declared.engine(Config(camelize=True)) is not first


def test_an_engine_belongs_to_one_class() -> None:
    class Sub(Consumer): ...

    assert Sub._engine() is not Consumer._engine()
    assert Sub._engine().contract.consumer is Sub


def test_an_engine_knows_its_dispatch_tables() -> None:
    engine = Consumer._engine()
    assert engine.passthrough == {"say", "shout"}
    assert engine.config == Config()
    assert engine.messages.find(Say()) is Consumer.contract.handlers["say"]
    assert engine.events.find(Say()) is None


def test_threads_may_ask_at_once() -> None:
    class Shared(Consumer): ...

    found: list[Any] = []
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait()
        found.append(Shared._declared.engine(Config(max_id_bytes=7)).wire.encode(Say()))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ['{"action":"say"}'] * 4


def test_a_clash_of_options_and_messages_is_found_when_they_meet() -> None:
    with pytest.raises(ConfigurationError, match="MESSAGE_ACTION_KEY"):
        Consumer._declared.engine(Config().replace({"message_action_key": "id"}))
    assert AuthenticationMessage in Consumer.contract.outgoing
