"""Routes to consumers: Django's `path` and `re_path` for Channels, and an `include` that Channels lacks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from channels.routing import URLRouter
from django.urls import path as django_path
from django.urls import re_path as django_re_path

from chanx.core.errors import ConfigurationError

if TYPE_CHECKING:
    from channels.routing import (
        _ExtendedURLPattern as Route,
    )  # what URLRouter takes, in the stubs of Channels

ASGIApplication = Callable[..., Awaitable[Any]]
"""Takes scope, receive and send."""
LISTS = ("websocket_urlpatterns", "urlpatterns")
"""What a module may call its list of routes."""


def path(
    route: str,
    view: ASGIApplication | type[Any],
    kwargs: dict[str, Any] | None = None,
    name: str | None = None,
) -> Route:
    """
    Route a path to a consumer, to an ASGI application or to what `include` returns.

    ::

        path("ws/rooms/<int:room_id>/", RoomConsumer)
    """
    return cast("Route", django_path(route, _application(view), kwargs, name))


def re_path(
    route: str,
    view: ASGIApplication | type[Any],
    kwargs: dict[str, Any] | None = None,
    name: str | None = None,
) -> Route:
    """Route the paths that match a regular expression, as `path` does."""
    return cast("Route", django_re_path(route, _application(view), kwargs, name))


def include(routes: str | ModuleType | URLRouter | Sequence[Route]) -> URLRouter:
    """
    Return a router, for `path` or to serve it as it is.

    A module, or the path of one, gives its ``router``, or else its list ``websocket_urlpatterns`` or
    ``urlpatterns``.

    Raises:
        ConfigurationError: The module has none of them.
    """
    if isinstance(routes, URLRouter):
        return routes
    if isinstance(routes, str):
        routes = import_module(routes)
    if isinstance(routes, ModuleType):
        return _router_of(routes)
    return URLRouter(list(routes))


def _router_of(module: ModuleType) -> URLRouter:
    router = getattr(module, "router", None)
    if isinstance(router, URLRouter):
        return router
    patterns = next((found for name in LISTS if (found := getattr(module, name, None)) is not None), None)
    if patterns is None:
        raise ConfigurationError(
            f"{module.__name__} has no WebSocket routes. Define router = URLRouter([...]) in it, "
            f"or a list websocket_urlpatterns = [path(...), ...]."
        )
    return URLRouter(list(patterns))


def _application(view: ASGIApplication | type[Any]) -> Any:
    if isinstance(view, type):
        as_asgi = getattr(view, "as_asgi", None)
        if as_asgi is None:
            raise ConfigurationError(
                f"{view.__qualname__} is no consumer. Give path() a consumer or an ASGI application."
            )
        return as_asgi()
    if not callable(view):
        raise ConfigurationError(
            f"path() got {view!r}. Give it a consumer, or what include() of chanx.channels.routing returns."
        )
    return view
