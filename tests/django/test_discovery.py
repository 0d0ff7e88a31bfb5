from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import pytest
from channels.routing import URLRouter
from django.core.exceptions import ImproperlyConfigured
from django.urls import path as django_path
from django.urls import register_converter
from pydantic import BaseModel, Field
from rest_framework.authentication import BaseAuthentication

from chanx.asyncapi import generate
from chanx.core.authenticator import BaseAuthenticator, Credential
from chanx.core.decorators import ws_handler
from chanx.core.ports import Scope
from chanx.messages.base import BaseMessage
from chanx.routing import Parameter, Route
from chanx_django.authenticator import DjangoAuthenticator
from chanx_django.discovery import DjangoRouteDiscovery, discover_routes
from chanx_django.routing import path
from chanx_django.websocket import AsyncJsonWebsocketConsumer
from tests.asyncapi.golden import assert_golden, assert_valid
from tests.asyncapi.official import OfficialParser, official_parser  # noqa: F401 - a fixture
from tests.django import asgi

GOLDEN = Path(__file__).parent / "golden"


class HomeAddress(BaseModel):
    street_kind: Literal["home"] = "home"
    house_number: int


class WorkAddress(BaseModel):
    street_kind: Literal["work"] = "work"
    floor: int = 0


class Person(BaseModel):
    first_name: str
    best_address: HomeAddress | None = Field(None, examples=[{"house_number": 1}, None])
    all_addresses: list[Annotated[HomeAddress | WorkAddress, Field(discriminator="street_kind")]] = [
        HomeAddress(house_number=3)
    ]
    user_data: dict[str, int] = {"snake_case": 1}


class Echo(BaseMessage):
    action: Literal["echo"] = "echo"
    payload: Person


class CamelConsumer(AsyncJsonWebsocketConsumer):
    camelize = True

    @ws_handler(examples=[{"first_name": "Ann"}, {"action": "echo", "payload": {"firstName": "Bo"}}])
    async def echo(self, message: Echo) -> Echo:
        return message


class SnakeConsumer(AsyncJsonWebsocketConsumer):
    @ws_handler
    async def echo(self, message: Echo) -> Echo:
        return message


CASES: dict[str, Any] = {
    "regex_routes": URLRouter(asgi.regex_routes),
    "wrapped_and_plain": URLRouter(asgi.wrapped_and_plain),
    "camel_case": URLRouter([path("camel/", CamelConsumer)]),
    "camel_case_beside_snake_case": URLRouter([path("camel/", CamelConsumer), path("snake/", SnakeConsumer)]),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_document_is_the_golden_one(case: str) -> None:
    assert_golden(generate(discover_routes(CASES[case])), GOLDEN / f"{case}.yaml")


def test_every_document_is_valid(official_parser: OfficialParser) -> None:  # noqa: F811 - the fixture
    assert_valid({name: generate(discover_routes(router)) for name, router in CASES.items()}, official_parser)


def paths(routes: list[Route]) -> list[str]:
    return [route.path for route in routes]


def consumers(application: Any) -> list[Any]:
    return [route.consumer for route in discover_routes(application)]


def test_regex_routes_become_templates() -> None:
    assert paths(discover_routes(URLRouter(asgi.regex_routes))) == [
        "/ws/{room}/",
        "/archive/{part1}/{room}/",
        "/maybe/",
        "/maybe/{room}/",
        "/{arg1}-{arg2}/{kind}",
    ]


def test_routes_of_the_project_are_found_behind_middleware(settings: Any) -> None:
    settings.ASGI_APPLICATION = "tests.django.asgi.application"
    found = paths(DjangoRouteDiscovery().discover_routes())
    assert found[0] == "/r/ws/{room}/"
    assert found[-1] == "/w/nested/{shard}/deep/room/{room}/"


def test_a_prefix_stands_before_every_path() -> None:
    assert paths(discover_routes(URLRouter([path("plain/", asgi.PlainConsumer)]), "/live/")) == [
        "/live/plain/"
    ]


def test_an_application_without_websockets_has_no_routes() -> None:
    assert discover_routes(asgi.no_websockets) == []


def test_a_consumer_alone_is_a_route() -> None:
    assert paths(discover_routes(asgi.RoomConsumer.as_asgi())) == ["/"]


def test_a_project_without_an_application_is_told(settings: Any) -> None:
    settings.ASGI_APPLICATION = None
    with pytest.raises(ImproperlyConfigured, match="ASGI_APPLICATION"):
        discover_routes()


def test_consumers_are_found_behind_every_kind_of_middleware() -> None:
    found = consumers(URLRouter(asgi.wrapped_and_plain))
    assert found[:6] == [
        asgi.RoomConsumer,
        asgi.RoomConsumer,
        asgi.MemberConsumer,
        asgi.PlainConsumer,
        asgi.UndocumentedConsumer,
        None,
    ]


def test_plain_consumers_have_no_contract() -> None:
    plain = discover_routes(URLRouter([path("plain/", asgi.PlainConsumer), path("bare/", asgi.bare)]))
    assert [(route.name, route.description, route.contract) for route in plain] == [
        ("plain", "Speaks a protocol of its own.", None),
        ("bare", "Serve something that is no consumer.", None),
    ]


class WordConverter:
    regex = "a|b"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class RatioConverter(WordConverter):
    regex = r"\d+\.\d+"

    def to_python(self, value: str) -> float:  # type: ignore[override]
        return float(value)


class KeyConverter(WordConverter):
    def to_python(self, value: str) -> UUID:  # type: ignore[override]
        return UUID(value)


register_converter(WordConverter, "chanx_word")
register_converter(RatioConverter, "chanx_ratio")
register_converter(KeyConverter, "chanx_key")


@pytest.mark.parametrize(
    ("converter", "parameter"),
    [
        ("int", Parameter("x", type="integer", minimum=0)),
        ("str", Parameter("x", pattern="^[^/]+$")),
        ("slug", Parameter("x", pattern="^[-a-zA-Z0-9_]+$")),
        ("uuid", Parameter("x", format="uuid")),
        ("path", Parameter("x", pattern="^.+$")),
        ("chanx_word", Parameter("x", pattern="^(?:a|b)$")),
        ("chanx_ratio", Parameter("x", type="number")),
        ("chanx_key", Parameter("x", format="uuid")),
    ],
)
def test_converters_give_typed_parameters(converter: str, parameter: Parameter) -> None:
    [route] = discover_routes(URLRouter([path(f"a/<{converter}:x>/", asgi.bare)]))
    assert (route.path, route.parameters) == ("/a/{x}/", (parameter,))


def test_what_a_path_says_literally_is_quoted() -> None:
    [route] = discover_routes(URLRouter([path("what?/{a}/", asgi.bare)]))
    assert route.path == "/what%3F/%7Ba%7D/"


def test_parameters_that_the_route_supplies_are_known() -> None:
    [route] = discover_routes(URLRouter([django_path("lobby/", asgi.bare, {"room": "lobby"})]))
    assert route.given == {"room"}


def consumer_with(authenticator: type[BaseAuthenticator]) -> Any:
    class Consumer(AsyncJsonWebsocketConsumer):
        authenticator_class = authenticator

    return Consumer


def credentials(authenticator: type[BaseAuthenticator]) -> tuple[Credential, ...]:
    [route] = discover_routes(consumer_with(authenticator).as_asgi())
    return route.credentials


def test_drf_says_where_credentials_are() -> None:
    assert credentials(asgi.MemberAuthenticator) == (
        Credential("sessionid", "cookie", description="The session of a signed-in user."),
        Credential("Authorization", "header", scheme="Token"),
        Credential("Authorization", "header", scheme="Basic"),
    )


def test_the_classes_of_the_view_count_when_the_authenticator_names_none() -> None:
    found = credentials(DjangoAuthenticator)
    assert [credential.location for credential in found] == ["cookie", "header"]


def test_a_jwt_is_a_bearer_token() -> None:
    class JWTAuthentication(BaseAuthentication):
        pass

    class Other(BaseAuthentication):
        pass

    class Authenticator(DjangoAuthenticator):
        authentication_classes: ClassVar = [JWTAuthentication, Other]

    assert credentials(Authenticator) == (Credential("Authorization", "header"),)


def test_other_authenticators_declare_their_credentials_themselves() -> None:
    class Authenticator(BaseAuthenticator):
        async def authenticate(self, scope: Scope) -> bool:
            return True

    assert credentials(Authenticator) == ()
