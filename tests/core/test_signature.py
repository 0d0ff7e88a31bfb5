"""Handlers whose parameters are the payload."""

from __future__ import annotations

import contextvars
import threading
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from chanx.core._wire import FrameError, Wire
from chanx.core.config import Config
from chanx.core.contract import Contract
from chanx.core.decorators import ws_handler
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage
from tests.core.peer import Peer


class Done(BaseMessage):
    action: Literal["done"] = "done"
    payload: Any = None


class Consumer(WebsocketConsumer):
    @ws_handler
    async def rename(
        self, room: int, title: Annotated[str, Field(max_length=5)] = "none", *, loud: bool = False
    ) -> Done:
        return Done(payload=[room, title, loud])

    @ws_handler("chat.clear_all")
    async def clear(self) -> Done:
        return Done(payload="cleared")

    @ws_handler
    async def collect(self, items: list[int] = []) -> Done:  # noqa: B006
        items.append(1)
        return Done(payload=items)

    @ws_handler
    def exhaust(self) -> Done:
        return next(iter(()))

    @ws_handler
    def block(self, schema: str) -> Done:
        return Done(
            payload=[schema, threading.current_thread().name.startswith("chanx-handler"), setting.get()]
        )


setting: contextvars.ContextVar[str] = contextvars.ContextVar("setting")


def payload_of(contract: Contract, action: str) -> Any:
    return contract.handlers[action].messages[0].model_fields["payload"].annotation


def test_the_parameters_become_fields_of_the_payload() -> None:
    fields = payload_of(Consumer.contract, "rename").model_fields
    assert list(fields) == ["room", "title", "loud"]
    assert fields["room"].is_required()
    assert fields["title"].default == "none"
    with pytest.raises(FrameError):
        Wire(Consumer.contract, Config()).decode(
            '{"action": "rename", "payload": {"room": 1, "title": "too long"}}'
        )


def test_the_message_is_named_after_the_action() -> None:
    (message,) = Consumer.contract.handlers["chat.clear_all"].messages
    assert message.__name__ == "ChatClearAllMessage"
    assert message.__module__ == __name__
    assert "payload" not in message.model_fields
    assert payload_of(Consumer.contract, "rename").__name__ == "RenamePayload"


def test_a_parameter_may_be_named_like_a_method_of_models() -> None:
    assert list(payload_of(Consumer.contract, "block").model_fields) == ["schema"]


def test_consumers_that_inherit_a_handler_share_its_message() -> None:
    class One(Consumer): ...

    class Two(Consumer): ...

    assert One.contract.handlers["rename"].messages == Two.contract.handlers["rename"].messages


def test_an_override_has_a_message_of_its_own() -> None:
    class Other(Consumer):
        async def rename(self, room: str) -> Done: ...  # type: ignore[override]

    assert payload_of(Other.contract, "rename").model_fields["room"].annotation is str
    assert payload_of(Consumer.contract, "rename").model_fields["room"].annotation is int


def test_a_model_may_be_a_parameter() -> None:
    class Point(BaseModel):
        x: int

    class Drawing(WebsocketConsumer):
        @ws_handler
        async def draw(self, point: Point, more: list[Point] | None = None) -> None: ...

    frame = '{"action": "draw", "payload": {"point": {"x": 1}}}'
    message, _ = Wire(Drawing.contract, Config()).decode(frame)
    assert TypeAdapter(Any).dump_python(message) == {
        "action": "draw",
        "payload": {"point": {"x": 1}, "more": None},
    }


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        ({"action": "rename", "payload": {"room": 1, "loud": True}}, [1, "none", True]),
        ({"action": "rename", "payload": {"room": 1, "title": "a"}}, [1, "a", False]),
        ({"action": "chat.clear_all"}, "cleared"),
        ({"action": "chat.clear_all", "payload": None}, "cleared"),
        ({"action": "collect", "payload": {"items": [2]}}, [2, 1]),
        ({"action": "collect", "payload": {}}, [1]),
        ({"action": "collect"}, [1]),
    ],
    ids=str,
)
async def test_the_arguments_reach_the_handler(frame: dict[str, Any], answer: Any) -> None:
    async with Peer(Consumer) as peer:
        for _ in range(2):
            assert (await peer.ask(frame))["payload"] == answer


async def test_a_sync_handler_that_raises_stop_iteration_fails_as_any_other() -> None:
    async with Peer(Consumer) as peer:
        answer = await peer.ask({"action": "exhaust", "id": 1})
        assert (answer["payload"]["code"], answer["id"]) == ("internal_error", 1)


async def test_a_sync_handler_runs_in_a_thread_with_the_context_of_the_connection() -> None:
    setting.set("seen")
    async with Peer(Consumer) as peer:
        answer = await peer.ask({"action": "block", "payload": {"schema": "s"}})
    assert answer["payload"] == ["s", True, "seen"]
