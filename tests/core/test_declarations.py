"""The annotations that a contract understands."""

from __future__ import annotations

import asyncio
import inspect
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from typing import Annotated, Any, ClassVar, Generic, Literal, NoReturn, Optional, TypeVar, Union

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel
from typing_extensions import TypeAliasType

from chanx.core.authenticator import BaseAuthenticator
from chanx.core.contract import Contract, Handler
from chanx.core.decorators import channel, event_handler, ws_handler
from chanx.core.errors import ContractError
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage
from chanx.messages.incoming import CancelMessage, PingMessage
from chanx.messages.outgoing import AuthenticationMessage, ErrorMessage, PongMessage


class Say(BaseMessage):
    action: Literal["say"] = "say"


class Shout(BaseMessage):
    action: Literal["shout"] = "shout"


class Said(BaseMessage):
    action: Literal["said"] = "said"


class Renamed(BaseMessage):
    action: Literal["renamed"] = "renamed"


Either = TypeAliasType("Either", Say | Shout)
Answer = Annotated[Said | None, "nothing but a note"]


def only(contract: Contract) -> Handler:
    """Return the one handler of a contract."""
    (handler,) = dict.fromkeys((*contract.handlers.values(), *contract.events.values()))
    return handler


def handler_of(annotation: Any, result: Any = None) -> Handler:
    """Declare a handler with these annotations, as they would be without the future import."""

    async def handle(self, message): ...

    handle.__annotations__ = {"message": annotation, "return": result}
    consumer = type("Consumer", (WebsocketConsumer,), {"handle": ws_handler(handle)})
    return only(consumer.contract)


# -- inputs and results


@pytest.mark.parametrize(
    "annotation",
    [Say | Shout, Union[Say, Shout], Either, Annotated[Say, 1] | Shout, Annotated[Either, 1]],  # noqa: UP007 - the form under test
    ids=["bar", "union", "alias", "annotated part", "annotated alias"],
)
def test_a_union_of_messages_gives_each_action_to_the_handler(annotation: Any) -> None:
    handler = handler_of(annotation)
    assert handler.messages == (Say, Shout)
    assert handler.actions == ("say", "shout")


@pytest.mark.parametrize(
    ("result", "replies", "optional"),
    [
        (Said, (Said,), False),
        (Said | Renamed, (Said, Renamed), False),
        (Union[Said, Renamed], (Said, Renamed), False),  # noqa: UP007 - the form under test
        (Optional[Said], (Said,), True),  # noqa: UP045 - the form under test
        (Said | None, (Said,), True),
        (Answer, (Said,), True),
        ("Said", (Said,), False),
        (Union[Said, "Renamed", None], (Said, Renamed), True),
        (None, (), True),
        (NoReturn, (), True),
    ],
    ids=["one", "bar", "union", "optional", "or none", "alias", "text", "text in a union", "none", "never"],
)
def test_a_result_names_the_replies(result: Any, replies: tuple[Any, ...], optional: bool) -> None:
    handler = handler_of(Say, result)
    assert (handler.replies, handler.optional, handler.streaming) == (replies, optional, False)


def test_a_handler_without_a_result_annotation_replies_nothing() -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler
        async def handle(self, message: Say): ...

    assert only(Consumer.contract).replies == ()
    assert only(Consumer.contract).optional


@pytest.mark.parametrize(
    "result",
    [AsyncIterator[Said], AsyncIterable[Said], AsyncGenerator[Said, None], AsyncGenerator["Said", None]],
    ids=["iterator", "iterable", "generator", "text"],
)
def test_an_asynchronous_iterator_streams(result: Any) -> None:
    handler = handler_of(Say, result)
    assert (handler.streaming, handler.sync, handler.optional) == (True, False, False)
    assert handler.replies == (Said,)


def test_a_generator_without_annotation_streams() -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler
        async def count(self, message: Say):
            yield Said()

    assert only(Consumer.contract).streaming


def test_a_plain_function_that_returns_an_iterator_streams_in_the_loop() -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler
        def count(self, message: Say) -> AsyncIterator[Said]: ...

    handler = only(Consumer.contract)
    assert (handler.streaming, handler.sync) == (True, False)


def test_a_plain_function_is_a_sync_handler() -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler
        def block(self, message: Say) -> Said: ...

    assert only(Consumer.contract).sync


def test_a_wrapper_of_a_coroutine_function_is_no_sync_handler() -> None:
    def wrap(function):
        def wrapper(self, message): ...

        wrapper.__wrapped__ = function
        wrapper.__annotations__ = function.__annotations__
        return wrapper

    class Consumer(WebsocketConsumer):
        @ws_handler
        @wrap
        async def handle(self, message: Say) -> None: ...

    assert not only(Consumer.contract).sync


def test_a_callable_marked_as_coroutine_function_is_no_sync_handler() -> None:
    class Adapter:
        """Stands for asgiref's SyncToAsync."""

        def __init__(self, function: Any) -> None:
            self.__wrapped__ = function
            self.__annotations__ = function.__annotations__
            if hasattr(inspect, "markcoroutinefunction"):
                inspect.markcoroutinefunction(self)
            else:
                self._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]

        async def __call__(self, *args: Any) -> Any: ...

    class Consumer(WebsocketConsumer):
        @ws_handler
        @Adapter
        def handle(self, message: Say) -> None: ...

    assert not only(Consumer.contract).sync


# -- names


class Later(WebsocketConsumer):
    @ws_handler
    async def handle(self, message: DefinedLater) -> Optional[Said]: ...  # noqa: UP045 - the form under test


class DefinedLater(BaseMessage):
    action: Literal["later"] = "later"


def test_a_forward_reference_is_resolved_at_first_use() -> None:
    assert only(Later.contract).messages == (DefinedLater,)


def test_classes_local_to_a_function_may_be_used() -> None:
    class Local(BaseMessage):
        action: Literal["local"] = "local"

    class Consumer(WebsocketConsumer):
        params: Parameters

        @ws_handler
        async def handle(self, message: Local) -> Local | None: ...

    class Parameters(BaseModel): ...

    assert only(Consumer.contract).messages == only(Consumer.contract).replies == (Local,)
    assert Consumer.contract.params is Parameters


def test_a_class_with_a_metaclass_finds_local_names() -> None:
    class Local(BaseMessage):
        action: Literal["local"] = "local"

    class Consumer(WebsocketConsumer, ABC):
        @ws_handler
        @abstractmethod
        async def handle(self, message: Local) -> None: ...

    assert only(Consumer.contract).messages == (Local,)


def test_what_defines_a_class_is_not_kept() -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler
        async def handle(self, message: Say) -> None: ...

    assert Consumer._declared._frame is None


def test_a_name_that_never_exists_is_an_error_at_first_use() -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler
        async def handle(self, message: Missing) -> None: ...  # noqa: F821

    with pytest.raises(
        ContractError, match=r"Consumer has an annotation with an unknown name: .*'Missing'.*Define"
    ):
        Consumer.contract  # noqa: B018


# -- messages


T = TypeVar("T")


class Page(BaseMessage, Generic[T]):
    action: Literal["page"] = "page"
    payload: list[T]


class Node(BaseModel):
    children: list[Node] = []


class Tree(BaseMessage):
    action: Literal["tree"] = "tree"
    payload: Node


class Names(RootModel[list[str]]): ...


class Rooted(BaseMessage):
    action: Literal["rooted"] = "rooted"
    payload: Names


class Strict(BaseMessage):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    action: Literal["strict"] = "strict"
    payload: int


class Aliased(BaseMessage):
    action: Literal["aliased"] = "aliased"
    payload: int = Field(alias="pay")


class OnOff(BaseMessage):
    action: Literal["on", "off"]


class SayMore(Say):
    payload: str = ""


@pytest.mark.parametrize(
    ("message", "actions"),
    [
        (Page[int], ("page",)),
        (Page[Node], ("page",)),
        (Tree, ("tree",)),
        (Rooted, ("rooted",)),
        (Strict, ("strict",)),
        (Aliased, ("aliased",)),
        (OnOff, ("on", "off")),
        (SayMore, ("say",)),
    ],
    ids=[
        "generic",
        "generic recursive",
        "recursive",
        "root",
        "strict",
        "aliased",
        "two actions",
        "inherited",
    ],
)
def test_every_kind_of_message_may_be_declared(message: Any, actions: tuple[str, ...]) -> None:
    handler = handler_of(message, message)
    assert handler.messages == handler.replies == (message,)
    assert handler.actions == actions


def test_two_messages_of_one_action_may_share_a_handler() -> None:
    assert handler_of(Say | SayMore).messages == (Say, SayMore)


# -- what decorators add


def test_input_type_stands_for_an_annotation() -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler(input_type=Say | Shout)
        async def handle(self, message): ...

    assert only(Consumer.contract).messages == (Say, Shout)


@pytest.mark.parametrize("annotation", [Any, BaseMessage, Say, Say | Shout, object], ids=str)
def test_input_type_may_narrow_the_annotation(annotation: Any) -> None:
    async def handle(self, message): ...

    handle.__annotations__ = {"message": annotation}
    consumer = type("Consumer", (WebsocketConsumer,), {"handle": ws_handler(input_type=Say)(handle)})
    assert only(consumer.contract).messages == (Say,)


@pytest.mark.parametrize(
    "output",
    [Renamed, [Renamed], (Renamed, Said), Said | Renamed, [Said | Renamed, None]],
    ids=["message", "list", "tuple", "union", "list of unions"],
)
def test_output_type_adds_broadcasts_to_the_replies(output: Any) -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler(output_type=output)
        async def handle(self, message: Say) -> Said: ...

    handler = only(Consumer.contract)
    assert (handler.replies, handler.broadcasts) == ((Said,), (Renamed,))
    assert Consumer.contract.outgoing[:2] == (Said, Renamed)


def test_what_documents_show_comes_from_the_docstring() -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler
        async def handle(self, message: Say) -> None:
            """
            Say something.

            To everybody
            in the room.
            """

        @ws_handler
        async def shout(self, message: Shout) -> None: ...

    handler = Consumer.contract.handlers["say"]
    assert (handler.summary, handler.description) == ("Say something.", "To everybody\nin the room.")
    assert Consumer.contract.handlers["shout"].summary == ""


def test_the_decorator_goes_before_the_docstring() -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler(
            summary="A", description="", tags=["t"], examples=[Say()], deprecated=True, concurrent=True
        )
        async def handle(self, message: Say) -> None:
            """
            Say something.

            Long.
            """

    handler = only(Consumer.contract)
    assert (handler.summary, handler.description, handler.tags) == ("A", "", ("t",))
    assert (handler.examples, handler.deprecated, handler.concurrent) == ((Say(),), True, True)


def test_the_name_of_a_handler_may_repeat_the_action_of_its_message() -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler("say")
        async def handle(self, message: Say, /) -> None: ...

    assert set(Consumer.contract.handlers) == {"say"}


# -- the rest of the contract


class Poked(BaseMessage):
    action: Literal["poked"] = "poked"


class Passed(BaseMessage):
    action: Literal["passed"] = "passed"


def test_events_and_passthrough_are_told_apart() -> None:
    class Consumer(WebsocketConsumer):
        passthrough_events = [Passed, Poked]

        @event_handler
        async def on_poked(self, event: Poked) -> Said: ...

    contract = Consumer.contract
    assert set(contract.events) == {"poked"}
    assert contract.passthrough == (Passed,)
    assert contract.incoming_events == (Poked, Passed)
    assert contract.handlers == {}


def test_everything_that_is_accepted_and_sent_is_in_the_contract() -> None:
    class Consumer(WebsocketConsumer):
        emits = [Renamed]
        passthrough_events = [Passed]

        @ws_handler(output_type=Poked)
        async def handle(self, message: Say) -> Said: ...

    contract = Consumer.contract
    assert contract.incoming == (Say, PingMessage, CancelMessage)
    assert contract.outgoing[:4] == (Said, Poked, Passed, Renamed)
    assert contract.outgoing[4:] == contract.protocol_outgoing
    assert PongMessage in contract.protocol_outgoing


def test_an_own_ping_replaces_the_built_in_one() -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler
        async def handle(self, message: PingMessage) -> Said: ...

    contract = Consumer.contract
    assert not contract.builtin_ping
    assert contract.incoming == (PingMessage, CancelMessage)
    assert PongMessage not in contract.outgoing


def test_a_message_of_the_protocol_may_be_refined() -> None:
    class Told(AuthenticationMessage):
        """Tells more."""

    class Consumer(WebsocketConsumer):
        emits = [Told, ErrorMessage]

    assert Consumer.contract.emits == (Told, ErrorMessage)


def test_lists_are_merged_over_the_bases() -> None:
    class Mixin:
        emits = (Said,)
        passthrough_events = {Passed}

    class Base(WebsocketConsumer):
        emits = [Renamed | Said]

    class Consumer(Mixin, Base):
        emits = frozenset([Poked])

    assert Consumer.contract.emits == (Poked, Said, Renamed)
    assert Consumer.contract.passthrough == (Passed,)


def test_groups_subprotocols_and_options_are_read_from_the_class() -> None:
    class Consumer(WebsocketConsumer):
        groups = ["a", "b"]
        subprotocols = ("v1",)
        camelize = True
        max_message_bytes = 10

    contract = Consumer.contract
    assert (contract.groups, contract.subprotocols) == (("a", "b"), ("v1",))
    assert contract.options == {"camelize": True, "max_message_bytes": 10}


class RoomParams(BaseModel):
    room: int


class WithParams(WebsocketConsumer):
    params: RoomParams


def test_params_are_annotated_with_a_model() -> None:
    class Consumer(WithParams): ...

    assert Consumer.contract.params is RoomParams
    assert WebsocketConsumer.contract.params is None


def test_params_may_be_annotated_without_the_future_import() -> None:
    annotations = {"__annotations__": {"params": RoomParams}, "__module__": "nowhere"}
    consumer = type("Consumer", (WebsocketConsumer,), annotations)
    assert consumer.contract.params is RoomParams


def test_a_class_of_a_module_that_is_gone_still_reads_its_own_text() -> None:
    class Consumer(WebsocketConsumer):
        __module__ = "nowhere"
        params: RoomParams
        RoomParams: ClassVar = RoomParams

    assert "nowhere" not in sys.modules
    with pytest.raises(ContractError, match="RoomParams"):
        Consumer.contract  # noqa: B018


def test_the_authenticator_is_in_the_contract() -> None:
    class Authenticator(BaseAuthenticator):
        async def authenticate(self, scope): ...

    class Consumer(WebsocketConsumer):
        authenticator_class = Authenticator

    assert Consumer.contract.authenticator is Authenticator
    assert WebsocketConsumer.contract.authenticator is None


def test_each_class_has_a_contract_of_its_own() -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler
        async def handle(self, message: Say) -> None: ...

    assert WebsocketConsumer.contract.handlers == {}
    assert Consumer.contract is Consumer.contract
    assert Consumer.contract.consumer is Consumer


# -- names and descriptions


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ChatRoomConsumer", "chat_room"),
        ("HTTPLogConsumer", "http_log"),
        ("Room2Consumer", "room2"),
        ("Consumer", "consumer"),
        ("Chat", "chat"),
    ],
)
def test_a_consumer_is_named_in_snake_case(name: str, expected: str) -> None:
    assert type(name, (WebsocketConsumer,), {}).contract.name == expected


def test_channel_names_and_describes() -> None:
    @channel(name="room", description="A room.", tags=["chat"])
    class Consumer(WebsocketConsumer):
        """Not shown."""

    contract = Consumer.contract
    assert (contract.name, contract.description, contract.tags) == ("room", "A room.", ("chat",))


def test_a_name_is_not_inherited_but_the_rest_is() -> None:
    @channel(name="room", description="A room.", tags=["chat"])
    class Base(WebsocketConsumer): ...

    class Private(Base): ...

    class Documented(Base):
        """
        Another room.

        With a door.
        """

    contract = Private.contract
    assert (contract.name, contract.description, contract.tags) == ("private", "A room.", ("chat",))
    assert Documented.contract.description == "Another room.\n\nWith a door."


def test_a_class_without_any_words_has_an_empty_description() -> None:
    class Consumer(WebsocketConsumer): ...

    assert Consumer.contract.description == ""


def test_channel_applied_late_changes_the_contract_and_keeps_the_handlers() -> None:
    class Consumer(WebsocketConsumer):
        @ws_handler
        async def handle(self, message: Say) -> None: ...

    first = Consumer._engine()
    handlers = Consumer.contract.handlers
    channel(name="late")(Consumer)
    assert Consumer.contract.name == "late"
    assert Consumer.contract.handlers is handlers
    assert Consumer._engine() is not first
    assert Consumer._engine().contract.name == "late"
