from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from chanx.core.websocket import WebsocketConsumer
from chanx.routing import Branch, Template, discover, templates_of
from chanx.routing.unwrap import MAX_APPLICATIONS, unwrap


class ChatConsumer(WebsocketConsumer):
    """A chat."""


class Router:
    def __init__(self, **routes: Any) -> None:
        self.routes = routes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class Routers:
    """The router of these tests: names to applications."""

    def branches(self, application: Any) -> Sequence[Branch] | None:
        if not isinstance(application, Router):
            return None
        return [Branch((Template(f"{name}/"),), route) for name, route in application.routes.items()]


class Middleware:
    def __init__(self, application: Any, name: str = "application") -> None:
        setattr(self, name, application)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


@dataclass(slots=True)
class Slotted:
    label: str
    downstream: Any
    unset: Any

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


def as_asgi(consumer: type[Any]) -> Callable[..., Any]:
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    app.consumer_class = consumer  # type: ignore[attr-defined]  # as Channels does
    return app


def closure(application: Any) -> Callable[..., Any]:
    label = "text"

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await application(label, later)

    if application is None:
        later = None
    return app


def slotted(application: Any) -> Slotted:
    middleware = Slotted("label", application, None)
    del middleware.unset
    return middleware


async def function(inner: Any, scope: Any, receive: Any, send: Any) -> None: ...


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Do nothing."""


def paths(application: Any, prefix: str = "") -> list[str]:
    return [route.path for route in discover(application, Routers(), prefix)]


def test_nested_routers_join_their_paths() -> None:
    assert paths(Router(ws=Router(chat=ChatConsumer, talk=ChatConsumer), end=bare)) == [
        "/ws/chat/",
        "/ws/talk/",
        "/end/",
    ]


def test_a_prefix_gets_one_leading_slash() -> None:
    assert paths(Router(chat=ChatConsumer), "/live/") == ["/live/chat/"]


WRAPPED: dict[str, Any] = {
    "class": ChatConsumer,
    "instance": ChatConsumer(),
    "as_asgi": as_asgi(ChatConsumer),
    "attribute": Middleware(ChatConsumer, "inner"),
    "attributes": Middleware(Middleware(ChatConsumer, "app"), "anything"),
    "partial": functools.partial(function, as_asgi(ChatConsumer)),
    "partial with keyword": functools.partial(function, inner=ChatConsumer),
    "method": Middleware(ChatConsumer).__call__,
    "closure": closure(as_asgi(ChatConsumer)),
    "wrapped function": functools.wraps(bare)(closure(ChatConsumer)),
    "slots": slotted(ChatConsumer),
}


@pytest.mark.parametrize("kind", WRAPPED)
def test_a_consumer_is_found_behind_what_wraps_it(kind: str) -> None:
    [route] = discover(Router(chat=WRAPPED[kind]), Routers())
    assert route.consumer is ChatConsumer
    assert (route.name, route.description) == ("chat", "A chat.")


def test_a_router_is_found_behind_what_wraps_it() -> None:
    assert paths(Router(ws=closure(Middleware(Router(chat=ChatConsumer))))) == ["/ws/chat/"]


def test_the_usual_attributes_go_before_others() -> None:
    middleware = Middleware(as_asgi(ChatConsumer), "inner")
    middleware.fallback = Router(other=bare)  # type: ignore[attr-defined]  # an attribute of a project
    assert paths(Router(chat=middleware)) == ["/chat/"]


@pytest.mark.parametrize(
    ("application", "name"), [(bare, "bare"), (Middleware(3), "middleware"), (object(), "object")]
)
def test_what_is_no_consumer_is_a_route_all_the_same(application: Any, name: str) -> None:
    [route] = discover(Router(end=application), Routers())
    assert (route.consumer, route.name) == (None, name)


def test_a_path_that_is_tried_before_hides_a_later_one() -> None:
    class Twice(Routers):
        def branches(self, application: Any) -> Sequence[Branch] | None:
            branches = super().branches(application)
            return branches and [*branches, Branch(templates_of("chat/"), bare)]

    [route] = discover(Router(chat=ChatConsumer), Twice())
    assert route.consumer is ChatConsumer


def test_a_router_that_contains_itself_ends() -> None:
    router = Router(chat=ChatConsumer)
    router.routes["again"] = Middleware(router)
    assert paths(router) == ["/chat/"]


def test_middleware_that_contains_itself_ends() -> None:
    middleware = Middleware(None)
    middleware.application = middleware  # type: ignore[attr-defined]  # a circle
    assert unwrap(middleware, lambda _: False) is middleware


def test_the_search_is_bounded() -> None:
    application: Any = ChatConsumer
    for _ in range(MAX_APPLICATIONS):
        application = Middleware(application)
    assert unwrap(application, lambda _: False) is application
