"""Rules of documents that one small consumer shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from enum import IntEnum
from typing import Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, Field, field_serializer
from typing_extensions import TypeAliasType, deprecated

from chanx.asyncapi import Server, generate
from chanx.core.authenticator import BaseAuthenticator, Credential
from chanx.core.decorators import event_handler, ws_handler
from chanx.core.errors import ConfigurationError, DocumentError
from chanx.core.ports import Scope
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage
from chanx.messages.outgoing import CompleteMessage, ErrorMessage
from chanx.routing import Parameter, Route
from tests.asyncapi.structure import problems, resolve


class Ask(BaseMessage):
    action: Literal["ask"] = "ask"
    payload: str


class Answer(BaseMessage):
    action: Literal["answer"] = "answer"
    payload: str


class Level(IntEnum):
    LOW = 1
    HIGH = 2


def document(
    consumer: type[Any], path: str = "/ws/", *parameters: Parameter, **options: Any
) -> dict[str, Any]:
    made = generate([Route(path, parameters, consumer, **options)])
    assert problems(made) == []
    return made


def replies(made: dict[str, Any], operation: str) -> list[str]:
    messages = made["operations"][operation]["reply"]["messages"]
    return [message["$ref"].rpartition("/")[2] for message in messages]


def ws(made: dict[str, Any]) -> Any:
    [channel] = made["channels"].values()
    return channel["bindings"]["ws"]


def test_what_clients_send_the_server_receives() -> None:
    class AskConsumer(WebsocketConsumer):
        emits = [Answer]

        @ws_handler
        async def ask(self, message: Ask) -> None: ...

    operations = document(AskConsumer)["operations"]
    assert operations["ask_ask"]["action"] == "receive"
    assert operations["ask_send_answer"]["action"] == "send"


def test_complete_answers_where_a_handler_may_return_nothing() -> None:
    class AskConsumer(WebsocketConsumer):
        @ws_handler
        async def always(self, message: Ask) -> Answer: ...

        @ws_handler
        async def never(self) -> None: ...

        @ws_handler
        async def maybe(self) -> Answer | None: ...

        @ws_handler
        async def stream(self) -> AsyncIterator[Answer]:
            yield Answer(payload="")

    made = document(AskConsumer)
    assert replies(made, "ask_always") == ["Answer", "ErrorMessage"]
    assert replies(made, "ask_never") == ["CompleteMessage", "ErrorMessage"]
    assert replies(made, "ask_maybe") == ["Answer", "CompleteMessage", "ErrorMessage"]
    assert replies(made, "ask_stream") == ["Answer", "CompleteMessage", "ErrorMessage"]
    assert made["operations"]["ask_stream"]["x-streaming"] is True


def test_complete_answers_everything_where_it_is_switched_on() -> None:
    class AskConsumer(WebsocketConsumer):
        send_completion = True

        @ws_handler
        async def ask(self, message: Ask) -> Answer: ...

    made = document(AskConsumer)
    assert replies(made, "ask_ask") == ["Answer", "CompleteMessage", "ErrorMessage"]
    assert replies(made, "ask_ping") == ["PongMessage", "CompleteMessage", "ErrorMessage"]


def test_every_frame_of_the_protocol_is_documented() -> None:
    names = {message["name"] for message in document(WebsocketConsumer)["components"]["messages"].values()}
    assert names == {
        "ping", "pong", "cancel", "complete", "error", "authentication", "group_complete", "event_complete",
    }  # fmt: skip


def test_an_event_handler_that_sends_nothing_is_no_operation() -> None:
    class QuietConsumer(WebsocketConsumer):
        @event_handler
        async def on_ask(self, event: Ask) -> None: ...

    made = document(QuietConsumer)
    assert "quiet_on_ask" not in made["operations"]
    assert "Ask" not in made["components"]["messages"]


def test_a_message_that_an_event_handler_sends_is_listed_once() -> None:
    class EventConsumer(WebsocketConsumer):
        emits = [Answer]

        @event_handler
        async def on_ask(self, event: Ask) -> Answer: ...

    made = document(EventConsumer)
    assert "event_on_ask" in made["operations"]
    assert "event_send_answer" not in made["operations"]


def test_a_protocol_message_may_be_declared() -> None:
    class BusyConsumer(WebsocketConsumer):
        emits = [ErrorMessage, CompleteMessage]

        @ws_handler
        async def ask(self, message: Ask) -> ErrorMessage: ...

    assert replies(document(BusyConsumer), "busy_ask") == ["ErrorMessage"]


def test_answers_and_what_clients_send_may_have_an_id() -> None:
    class AskConsumer(WebsocketConsumer):
        emits = [Answer]

        @ws_handler
        async def ask(self, message: Ask) -> None: ...

    made = document(AskConsumer)
    assert "id" in made["components"]["schemas"]["Ask"]["properties"]
    assert "id" not in made["components"]["schemas"]["Answer"]["properties"]
    assert "correlationId" not in made["components"]["messages"]["Answer"]
    assert "id" not in made["components"]["schemas"]["Ask"]["required"]


def test_a_deprecated_message_is_marked() -> None:
    @deprecated("Use Ask.")
    class Old(BaseMessage):
        action: Literal["old"] = "old"

    class OldConsumer(WebsocketConsumer):
        @ws_handler
        async def old(self, message: Old) -> None: ...

    assert document(OldConsumer)["components"]["messages"]["Old"]["x-deprecated"] is True


def test_fields_of_the_parameters_that_the_path_lacks_are_query_parameters() -> None:
    class Params(BaseModel):
        room: int = Field(ge=1)
        level: Level = Level.LOW
        token: str
        given: str = "x"
        page: int = 1

    class RoomConsumer(WebsocketConsumer):
        params: Params

    made = document(
        RoomConsumer,
        "/{room}/{level}/",
        Parameter("room", "integer", minimum=0),
        Parameter("level"),
        given=frozenset({"given"}),
    )
    [channel] = made["channels"].values()
    assert channel["parameters"]["room"] == {"x-schema": {"type": "integer", "minimum": 1}}
    level = {"$ref": "#/components/schemas/Level", "default": 1}
    assert channel["parameters"]["level"] == {"enum": ["1", "2"], "default": "1", "x-schema": level}
    assert list(ws(made)["query"]["properties"]) == ["token", "page"]
    assert ws(made)["query"]["required"] == ["token"]


def test_a_parameter_that_nothing_declares_has_the_type_of_its_converter() -> None:
    made = document(
        WebsocketConsumer, "/{day}/", Parameter("day", format="date", pattern="^x$", choices=("x", "y"))
    )
    [channel] = made["channels"].values()
    schema = {"type": "string", "format": "date", "pattern": "^x$", "enum": ["x", "y"]}
    assert channel["parameters"] == {"day": {"enum": ["x", "y"], "x-schema": schema}}


def test_parameters_may_refer_to_themselves() -> None:
    class Params(BaseModel):
        tree: list[Params] = []

    class TreeConsumer(WebsocketConsumer):
        params: Params

    Params.model_rebuild()
    made = document(TreeConsumer)
    assert ws(made)["query"]["properties"]["tree"]["items"] == {"$ref": "#/components/schemas/Params"}


def authenticated(*credentials: Credential, code: int = 4401) -> type[Any]:
    class Authenticator(BaseAuthenticator):
        close_code = code

        async def authenticate(self, scope: Scope) -> bool:
            return True

    Authenticator.credentials = credentials

    class GuardedConsumer(WebsocketConsumer):
        authenticator_class: ClassVar = Authenticator

    return GuardedConsumer


@pytest.mark.parametrize(
    ("credential", "name", "scheme"),
    [
        (Credential("token", "query"), "query_token", {"type": "httpApiKey", "in": "query", "name": "token"}),
        (Credential("sid", "cookie", description="Yours."), "cookie_sid", {"type": "httpApiKey", "in": "cookie", "name": "sid", "description": "Yours."}),
        (Credential("X-Key", "header"), "header_X_Key", {"type": "httpApiKey", "in": "header", "name": "X-Key"}),
        (Credential("Authorization", "header"), "bearer", {"type": "http", "scheme": "bearer"}),
        (Credential("authorization", "header", scheme="Basic"), "basic", {"type": "http", "scheme": "basic"}),
        (
            Credential("Authorization", "header", scheme="Token"),
            "token",
            {"type": "httpApiKey", "in": "header", "name": "Authorization", "description": "Token and the token."},
        ),
        (
            Credential("jwt", "subprotocol"),
            "subprotocol_jwt",
            {"type": "httpApiKey", "in": "header", "name": "Sec-WebSocket-Protocol", "description": "The subprotocol 'jwt', followed by one that is the token."},
        ),
    ],
)  # fmt: skip
def test_a_credential_is_a_security_scheme(credential: Credential, name: str, scheme: dict[str, str]) -> None:
    made = document(authenticated(credential))
    assert made["components"]["securitySchemes"] == {name: scheme}
    assert made["operations"]["guarded_ping"]["security"] == [
        {"$ref": f"#/components/securitySchemes/{name}"}
    ]


def test_credentials_that_differ_only_in_words_are_numbered() -> None:
    made = document(
        authenticated(Credential("t", "query", description="a"), Credential("t", "query", description="b"))
    )
    assert list(made["components"]["securitySchemes"]) == ["query_t_Bearer_1", "query_t_Bearer_2"]


def test_credentials_of_the_framework_are_added() -> None:
    made = document(authenticated(), credentials=(Credential("sid", "cookie"),))
    assert list(made["components"]["securitySchemes"]) == ["cookie_sid"]


def test_a_parameter_that_is_a_credential_too_keeps_its_type() -> None:
    class Params(BaseModel):
        token: str = Field(min_length=3)

    class TokenConsumer(authenticated(Credential("token", "query"))):  # type: ignore[misc]  # a consumer
        params: Params

    assert ws(document(TokenConsumer))["query"]["properties"]["token"]["minLength"] == 3


def test_close_codes_are_those_that_may_come() -> None:
    always = ["4401", "4403", "4404", "4413", "4429", "4500", "4503"]
    assert list(ws(document(WebsocketConsumer))["x-close-codes"]) == always
    codes = ws(document(authenticated(code=4499)))["x-close-codes"]
    assert set(codes) == {*always, "4408", "4499"}


def test_texts_of_serializers_are_shown_as_they_are_sent() -> None:
    class Shown(BaseModel):
        count: int = 1

        @field_serializer("count")
        def write(self, count: int) -> str:
            return str(count)

    class Show(BaseMessage):
        action: Literal["show"] = "show"
        payload: Shown

    class ShowConsumer(WebsocketConsumer):
        @ws_handler
        async def show(self, message: Show) -> Show: ...

    schemas = document(ShowConsumer)["components"]["schemas"]
    assert schemas["Shown-Output"]["properties"]["count"]["type"] == "string"
    assert schemas["Shown-Output"]["required"] == ["count"]
    assert schemas["Shown-Input"]["properties"]["count"]["type"] == "integer"


def test_a_default_that_json_lacks_is_left_out() -> None:
    class Limits(BaseModel):
        high: float = float("inf")
        call: Any = Field(default=print)

    class Limit(BaseMessage):
        action: Literal["limit"] = "limit"
        payload: Limits

    class LimitConsumer(WebsocketConsumer):
        @ws_handler
        async def limit(self, message: Limit) -> None: ...

    properties = document(LimitConsumer)["components"]["schemas"]["Limits"]["properties"]
    assert properties == {"high": {"type": "number"}, "call": {}}


def test_what_users_say_of_unions_is_rewritten_too() -> None:
    class Pet(BaseModel, extra="forbid", json_schema_extra={"discriminator": {"propertyName": "kind"}}):
        kind: Literal["cat"] = "cat"

    class Adopt(BaseMessage):
        action: Literal["adopt"] = "adopt"
        payload: Pet

    class AdoptConsumer(WebsocketConsumer):
        @ws_handler
        async def adopt(self, message: Adopt) -> None: ...

    schema = document(AdoptConsumer)["components"]["schemas"]["Pet"]
    assert (schema["discriminator"], schema["additionalProperties"]) == ("kind", False)


def test_a_named_type_is_a_schema_without_a_title() -> None:
    names = TypeAliasType("Names", list[str])

    class Name(BaseMessage):
        action: Literal["name"] = "name"
        payload: names  # type: ignore[valid-type]  # an alias made in a function

    class NameConsumer(WebsocketConsumer):
        @ws_handler
        async def name(self, message: Name) -> None: ...

    assert document(NameConsumer)["components"]["schemas"]["Names"] == {
        "type": "array",
        "items": {"type": "string"},
    }


def test_a_type_without_a_schema_is_refused_by_name() -> None:
    class Strange(BaseModel, arbitrary_types_allowed=True):
        what: WebsocketConsumer

    class Bring(BaseMessage):
        action: Literal["bring"] = "bring"
        payload: Strange

    class BringConsumer(WebsocketConsumer):
        @ws_handler
        async def bring(self, message: Bring) -> None: ...

    with pytest.raises(DocumentError, match=r"Strange has no JSON schema"):
        document(BringConsumer)


def test_what_is_not_routed_is_not_documented() -> None:
    assert generate([]) == {
        "asyncapi": "3.1.0",
        "info": {"title": "AsyncAPI Documentation", "version": "1.0.0", "x-generator": "chanx"},
        "defaultContentType": "application/json",
        "channels": {},
        "operations": {},
    }


def test_the_version_of_the_specification_can_be_chosen() -> None:
    assert generate([], spec_version="3.0.0")["asyncapi"] == "3.0.0"
    with pytest.raises(ConfigurationError, match="Use one of"):
        generate([], spec_version="2.6.0")


def test_servers_name_the_schemes_that_they_accept() -> None:
    made = generate(
        [Route("/", consumer=authenticated(Credential("t", "query")))], servers={"main": Server("x.example")}
    )
    assert resolve(made, made["servers"]["main"]["security"][0]["$ref"])["name"] == "t"
