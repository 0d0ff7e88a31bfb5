"""Mistakes that are found when the class is created, with an error that says what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from chanx.core.config import Config
from chanx.core.decorators import event_handler, ws_handler
from chanx.core.errors import ChanxError, ConfigurationError, ContractError
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage
from chanx.messages.incoming import CancelMessage, PingMessage
from chanx.messages.outgoing import CompleteMessage, PongMessage


class Say(BaseMessage):
    action: Literal["say"] = "say"


class Said(BaseMessage):
    action: Literal["said"] = "said"


class Nameless(BaseMessage):
    payload: int = 0


class Free(BaseMessage):
    action: str = "free"


class Numbered(BaseMessage):
    action: Literal[1] = 1


class WithId(BaseMessage):
    action: Literal["with_id"] = "with_id"
    id: int = 0


class OtherKey(BaseMessage):
    action: Literal["other"] = Field("other", alias="type")


class OwnError(BaseMessage):
    action: Literal["error"] = "error"


class OwnCancel(BaseMessage):
    action: Literal["cancel"] = "cancel"


class MoreCancel(CancelMessage): ...


class OwnPong(BaseMessage):
    action: Literal["pong"] = "pong"


class Thing: ...


def consumer(**attributes: Any) -> Any:
    return type("Consumer", (WebsocketConsumer,), attributes)


def handler(annotation: Any, result: Any = None, *, mark: Any = ws_handler) -> Any:
    async def handle(self, message): ...

    handle.__annotations__ = {"message": annotation, "return": result}
    return mark(handle)


def test_two_handlers_for_one_action_are_refused() -> None:
    with pytest.raises(
        ContractError,
        match=r"Twice handles 'say' twice: in first\(\) and in second\(\)\. Give one of them another message\.",
    ):

        class Twice(WebsocketConsumer):
            @ws_handler
            async def first(self, message: Say) -> None: ...

            @ws_handler
            async def second(self, message: Say) -> None: ...


def test_two_handlers_for_one_event_are_refused() -> None:
    with pytest.raises(ContractError, match="handles 'say' twice"):
        consumer(first=handler(Say, mark=event_handler), second=handler(Say, mark=event_handler))


def test_one_action_may_be_a_message_and_an_event() -> None:
    contract = consumer(first=handler(Say), second=handler(Say, mark=event_handler)).contract
    assert contract.handlers["say"].name == "first"
    assert contract.events["say"].name == "second"


@pytest.mark.parametrize("message", [Nameless, Free, Numbered])
def test_a_message_without_a_literal_action_is_refused(message: Any) -> None:
    snake = message.__name__.lower()
    with pytest.raises(
        ContractError, match=rf'names no action\. Declare one there: action: Literal\["{snake}"\]'
    ):
        consumer(handle=handler(message))


@pytest.mark.parametrize(
    "result", [Nameless, Said | Free, AsyncIterator[Numbered]], ids=["one", "union", "stream"]
)
def test_a_reply_without_a_literal_action_is_refused(result: Any) -> None:
    with pytest.raises(ContractError, match=r"as result of handle\(\), which names no action"):
        consumer(handle=handler(Say, result))


@pytest.mark.parametrize(
    "result", [int, dict[str, Any], Said | int, Any, AsyncIterator, "Say | int"], ids=str
)
def test_a_result_that_is_no_message_is_refused(result: Any) -> None:
    with pytest.raises(ContractError, match=r"as result of handle\(\)\. Use messages"):
        consumer(handle=handler(Say, result))


def test_a_field_of_the_frame_in_a_message_is_refused() -> None:
    with pytest.raises(
        ContractError, match=r"uses WithId, whose field 'id' belongs to the frame\. Put it into"
    ):
        consumer(handle=handler(WithId))


def test_an_alias_of_the_action_is_refused() -> None:
    with pytest.raises(ContractError, match=r"whose action has an alias\. Set message_action_key instead"):
        consumer(handle=handler(OtherKey))


def test_a_parameter_without_an_annotation_is_refused() -> None:
    with pytest.raises(
        ContractError, match=r"has no annotation for 'title' of rename\(\)\. Annotate it with a message\."
    ):

        class Consumer(WebsocketConsumer):
            @ws_handler
            async def rename(self, title) -> None: ...


@pytest.mark.parametrize("annotation", [Thing, list[Thing]], ids=str)
def test_a_parameter_that_pydantic_cannot_validate_is_refused(annotation: Any) -> None:
    with pytest.raises(
        ContractError,
        match=r"has parameters in handle\(\) that Pydantic can't validate: .*Thing.* Annotate them",
    ):
        consumer(handle=handler(annotation))


@pytest.mark.parametrize("name", ["_hidden", "model_dump"])
def test_a_parameter_whose_name_pydantic_refuses_is_refused(name: str) -> None:
    namespace: dict[str, Any] = {}
    exec(f"async def handle(self, {name}: int): ...", namespace)
    with pytest.raises(ContractError, match="that Pydantic can't validate"):
        consumer(handle=ws_handler(namespace["handle"]))


def test_a_message_beside_other_parameters_is_refused() -> None:
    with pytest.raises(
        ContractError, match=r"mixes a message with other parameters in say\(\)\. Take the message"
    ):

        class Consumer(WebsocketConsumer):
            @ws_handler
            async def say(self, message: Say, loud: bool = False) -> None: ...


def test_a_message_by_keyword_is_refused() -> None:
    with pytest.raises(ContractError, match=r"has .message: .* in say\(\)\. Take the message by position"):

        class Consumer(WebsocketConsumer):
            @ws_handler
            async def say(self, *, message: Say) -> None: ...


def test_parameters_without_names_are_refused() -> None:
    with pytest.raises(ContractError, match=r"has .\*rooms: .* in say\(\)\. .* other parameters by name"):

        class Consumer(WebsocketConsumer):
            @ws_handler
            async def say(self, *rooms: int) -> None: ...

    with pytest.raises(ContractError, match=r"has .\*\*rooms: "):

        class Other(WebsocketConsumer):
            @ws_handler
            async def say(self, **rooms: int) -> None: ...


def test_a_handler_without_self_is_refused() -> None:
    with pytest.raises(
        ContractError, match=r"has a handler say\(\) without 'self'\. Make it a plain method\."
    ):

        class Consumer(WebsocketConsumer):
            @ws_handler
            async def say() -> None: ...  # type: ignore[misc]


@pytest.mark.parametrize("wrap", [staticmethod, classmethod, property])
def test_a_handler_that_is_no_plain_method_is_refused(wrap: Any) -> None:
    with pytest.raises(
        ContractError, match=r"has a handler say that is no method\. Make it a plain method\."
    ):
        consumer(say=wrap(handler(Say)))


@pytest.mark.parametrize(
    "name", ["connect", "disconnect", "send_message", "groups", "user", "scope", "contract"]
)
def test_a_handler_named_like_something_of_the_framework_is_refused(name: str) -> None:
    with pytest.raises(
        ContractError, match=rf"has a handler {name}\(\), which WebsocketConsumer uses itself\. Rename it\."
    ):
        consumer(**{name: handler(Say)})


def test_a_value_in_place_of_a_handler_is_refused() -> None:
    base = consumer(say=handler(Say))
    with pytest.raises(ContractError, match="has a handler say that is no method"):
        type("Sub", (base,), {"say": 5})


@pytest.mark.parametrize("annotation", [Said, int, list[Say]], ids=str)
def test_an_input_type_that_contradicts_the_annotation_is_refused(annotation: Any) -> None:
    with pytest.raises(
        ContractError,
        match=r"gives handle\(\) an input_type that contradicts its signature\. Annotate one parameter",
    ):
        consumer(handle=handler(annotation, mark=ws_handler(input_type=Say)))


def test_an_input_type_without_a_parameter_to_take_it_is_refused() -> None:
    with pytest.raises(ContractError, match="contradicts its signature"):

        class Consumer(WebsocketConsumer):
            @ws_handler(input_type=Say)
            async def say(self) -> None: ...

    with pytest.raises(ContractError, match="contradicts its signature"):

        class Other(WebsocketConsumer):
            @ws_handler(input_type=Say)
            async def say(self, *, message) -> None: ...


@pytest.mark.parametrize(("option", "place"), [("input_type", "input_type"), ("output_type", "output_type")])
def test_a_type_that_is_no_message_is_refused(option: str, place: str) -> None:
    with pytest.raises(ContractError, match=rf"has <class 'int'> as {place} of handle\(\)\. Use messages"):
        consumer(handle=handler(Say, mark=ws_handler(**{option: int})))


def test_a_name_that_is_not_the_action_of_the_message_is_refused() -> None:
    with pytest.raises(
        ContractError,
        match=r"names handle\(\) 'chat.say', but its message has another action\. Leave the name out",
    ):
        consumer(handle=handler(Say, mark=ws_handler("chat.say")))


def test_an_event_handler_without_an_event_is_refused() -> None:
    with pytest.raises(
        ContractError, match=r"has an event handler poke\(\) without a message\. Annotate one"
    ):

        class Consumer(WebsocketConsumer):
            @event_handler
            async def poke(self, room: int) -> None: ...


def test_a_generator_annotated_as_if_it_returned_is_refused() -> None:
    with pytest.raises(ContractError, match=r"yields in count\(\)\. Annotate its result with AsyncIterator"):

        class Consumer(WebsocketConsumer):
            @ws_handler
            async def count(self, message: Say) -> Said:  # type: ignore[misc]
                yield Said()


def test_a_plain_generator_is_refused() -> None:
    with pytest.raises(
        ContractError, match=r"yields in count\(\), which is no coroutine\. Make it 'async def'"
    ):

        class Consumer(WebsocketConsumer):
            @ws_handler
            def count(self, message: Say):
                yield Said()


@pytest.mark.parametrize("message", [OwnError, OwnCancel])
def test_an_incoming_action_of_the_protocol_is_refused(message: Any) -> None:
    with pytest.raises(ContractError, match="Rename the action"):
        consumer(handle=handler(message))


@pytest.mark.parametrize("message", [CancelMessage, MoreCancel])
def test_cancel_is_built_in(message: Any) -> None:
    with pytest.raises(ContractError, match=r"handles 'cancel' in handle\(\), which is built in"):
        consumer(handle=handler(message))


@pytest.mark.parametrize("message", [OwnError, OwnCancel, OwnPong])
@pytest.mark.parametrize("way", ["reply", "emits", "passthrough"])
def test_an_outgoing_action_of_the_protocol_is_refused(message: Any, way: str) -> None:
    attributes: dict[str, Any] = {
        "reply": {"handle": handler(Say, message)},
        "emits": {"emits": [message]},
        "passthrough": {"passthrough_events": [message]},
    }[way]
    with pytest.raises(
        ContractError, match=f"uses {message.__name__} with the action .* which the protocol has taken"
    ):
        consumer(**attributes)


def test_an_own_ping_may_have_an_own_pong() -> None:
    contract = consumer(handle=handler(PingMessage, OwnPong)).contract
    assert OwnPong in contract.outgoing
    assert PongMessage not in contract.outgoing


def test_a_message_of_the_protocol_may_be_a_reply() -> None:
    assert consumer(handle=handler(Say, CompleteMessage)).contract.handlers["say"].replies == (
        CompleteMessage,
    )


@pytest.mark.parametrize("attribute", ["groups", "subprotocols"])
def test_a_string_in_place_of_a_list_is_refused(attribute: str) -> None:
    with pytest.raises(
        ContractError, match=rf"has {attribute} = 'chat'\. Make it a list: {attribute} = \['chat'\]"
    ):
        consumer(**{attribute: "chat"})


@pytest.mark.parametrize("value", [5, [1], property(str)], ids=["number", "numbers", "property"])
def test_groups_that_are_no_strings_are_refused(value: Any) -> None:
    with pytest.raises(ContractError, match=r"has groups = .*\. Make it a list of strings\."):
        consumer(groups=value)


@pytest.mark.parametrize("attribute", ["emits", "passthrough_events"])
def test_a_message_in_place_of_a_list_is_refused(attribute: str) -> None:
    with pytest.raises(ContractError, match=rf"has {attribute} = .*Said.*\. Make it a list of messages\."):
        consumer(**{attribute: Said})
    with pytest.raises(ContractError, match=f"has <class 'int'> as {attribute}"):
        consumer(**{attribute: [int]})


@pytest.mark.parametrize("annotation", ["int", "list[BaseModel]", "BaseModel | None"])
def test_params_that_are_no_model_are_refused(annotation: str) -> None:
    with pytest.raises(ContractError, match=r"has params: .*\. Annotate it with one Pydantic model\."):
        consumer(__annotations__={"params": annotation}, __module__=__name__)
    assert BaseModel


def test_an_authenticator_that_is_none_is_refused() -> None:
    for wrong in (Thing, Thing(), "Authenticator"):
        with pytest.raises(ContractError, match="Make it a subclass of BaseAuthenticator"):
            consumer(authenticator_class=wrong)


def test_a_wrong_option_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"MAX_MESSAGE_BYTES is '1'\. Set it to a value of type int"):
        consumer(max_message_bytes="1")
    assert issubclass(ConfigurationError, ChanxError)
    assert Config().max_message_bytes == 65_536
