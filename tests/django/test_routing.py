"""Routes to consumers."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from channels.security.websocket import OriginValidator

from chanx.core.errors import ConfigurationError
from chanx_django.routing import include, path, re_path
from chanx_django.websocket import AsyncJsonWebsocketConsumer
from tests.django.handshakes import make_scope

Seen = list[dict[str, Any]]


class Ours(AsyncJsonWebsocketConsumer):
    pass


class Theirs(AsyncWebsocketConsumer):
    pass


@pytest.fixture
def seen() -> Seen:
    return []


@pytest.fixture
def application(seen: Seen) -> Any:
    """An ASGI application that notes its scope."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    return app


async def call(router: URLRouter, url: str) -> None:
    scope: Any = make_scope(url)
    del scope["url_route"]
    await router(scope, None, None)  # type: ignore[arg-type]


def module_with(**attributes: Any) -> ModuleType:
    module = ModuleType("project.routing")
    vars(module).update(attributes)
    return module


@pytest.mark.parametrize("consumer", [Ours, Theirs])
def test_a_consumer_is_routed_with_or_without_as_asgi(consumer: Any) -> None:
    for view in (consumer, consumer.as_asgi()):
        assert path("ws/", view).callback.consumer_class is consumer  # type: ignore[union-attr]
        assert re_path("^ws/$", view).callback.consumer_class is consumer  # type: ignore[union-attr]


async def test_parameters_defaults_and_names_reach_the_application(seen: Seen, application: Any) -> None:
    route = path("rooms/<int:pk>/", application, {"kind": "public"}, name="room")
    await call(URLRouter([route]), "/rooms/5/")
    assert seen[0]["url_route"]["kwargs"] == {"pk": 5, "kind": "public"}
    assert route.name == "room"
    expression = re_path(r"^users/(?P<name>\w+)/$", application, {"kind": "user"}, name="user")
    await call(URLRouter([expression]), "/users/ada/")
    assert seen[1]["url_route"]["kwargs"] == {"name": "ada", "kind": "user"}


async def test_routers_nest_through_include(seen: Seen, application: Any) -> None:
    inner = include([path("<int:pk>/", application)])
    router = include([path("teams/<slug:team>/", inner), re_path("^v[0-9]/", inner)])
    await call(router, "/teams/red/7/")
    await call(router, "/v2/8/")
    assert [scope["url_route"]["kwargs"] for scope in seen] == [{"team": "red", "pk": 7}, {"pk": 8}]


def test_a_router_is_included_as_it_is() -> None:
    router = URLRouter([])
    assert include(router) is router
    assert include(module_with(router=router)) is router


@pytest.mark.parametrize("name", ["websocket_urlpatterns", "urlpatterns"])
def test_a_module_may_have_a_list(name: str) -> None:
    route = path("ws/", Ours)
    assert include(module_with(**{name: [route]})).routes == [route]


def test_a_router_of_something_else_is_passed_over() -> None:
    """Such as that of Django REST framework, beside ``websocket_urlpatterns``."""
    routes = [path("ws/", Ours)]
    module = module_with(router=object(), urlpatterns=[], websocket_urlpatterns=routes)
    assert include(module).routes == routes


def test_a_module_is_included_by_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    router = URLRouter([])
    monkeypatch.setitem(sys.modules, "project.routing", module_with(router=router))
    assert include("project.routing") is router


def test_a_module_without_routes_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"project\.routing has no WebSocket routes\. Define router"):
        include(module_with())


def test_a_missing_module_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"tests\.nowhere"):
        include("tests.nowhere")


def test_what_is_no_consumer_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="dict is no consumer"):
        path("ws/", dict)
    with pytest.raises(ConfigurationError, match=r"path\(\) got \(\[\], None, None\)\. Give it a consumer"):
        path("ws/", ([], None, None))  # type: ignore[arg-type]


def test_middleware_around_one_route_is_kept() -> None:
    wrapped = OriginValidator(Ours.as_asgi(), ["example.com"])
    assert path("ws/", wrapped).callback is wrapped
