"""Finding the WebSocket routes of a Django project."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, get_type_hints
from uuid import UUID

from channels.routing import get_default_application
from django.conf import settings
from django.urls.converters import IntConverter, UUIDConverter
from django.urls.resolvers import RoutePattern

from chanx.core.authenticator import BaseAuthenticator, Credential
from chanx.routing import Branch, Parameter, Route, Template, discover, templates_of
from chanx.routing.patterns import shared_pattern

_PARAMETER = re.compile(r"<(?:[^>:]+:)?([^>:]+)>")


class DjangoRouteDiscovery:
    """
    Finds the routes of an ASGI application made of Channels' routers.

    Subclass it, and name the class with ``--discovery-class``, to add or leave out routes.
    """

    def __init__(self, application: Any = None, prefix: str = "") -> None:
        """
        Take the application to search.

        Args:
            application: An ASGI application; that of the setting ``ASGI_APPLICATION`` by default.
            prefix: The path under which it is served.
        """
        self.application = application
        self.prefix = prefix

    def discover_routes(self) -> list[Route]:
        """
        Find all routes, in the order in which they are tried.

        Raises:
            ImproperlyConfigured: ``ASGI_APPLICATION`` is not set, or can't be imported.
        """
        application = get_default_application() if self.application is None else self.application
        return [completed(route) for route in discover(application, ChannelsRouters(), self.prefix)]


def discover_routes(application: Any = None, prefix: str = "") -> list[Route]:
    """Find all routes of an application, or of the project, in the order in which they are tried."""
    return DjangoRouteDiscovery(application, prefix).discover_routes()


class ChannelsRouters:
    """Reads the routers of Channels, and whatever has their attributes."""

    def branches(self, application: Any) -> Sequence[Branch] | None:
        """List where a router leads to; of several protocols only WebSocket counts."""
        protocols = getattr(application, "application_mapping", None)
        if isinstance(protocols, dict):
            return [Branch((Template(),), protocols["websocket"])] if "websocket" in protocols else []
        routes = getattr(application, "routes", None)
        if isinstance(routes, (list, tuple)):
            return [branch_of(route) for route in routes if hasattr(route, "pattern")]
        return None


def branch_of(route: Any) -> Branch:
    """Read one `path` or `re_path` of a ``URLRouter``."""
    pattern = route.pattern
    if isinstance(pattern, RoutePattern):
        templates: tuple[Template, ...] = (_template(str(pattern), pattern.converters),)
    else:
        templates = templates_of(str(pattern))
    given = frozenset(getattr(route, "default_args", None) or ())
    return Branch(
        tuple(replace(template, given=template.given | given) for template in templates), route.callback
    )


def _template(route: str, converters: dict[str, Any]) -> Template:
    names = _PARAMETER.findall(route)
    pieces = _PARAMETER.split(route)
    text = "".join(f"{{{piece}}}" if index % 2 else _literal(piece) for index, piece in enumerate(pieces))
    return Template(text, tuple(_parameter(name, converters[name]) for name in names))


def _literal(text: str) -> str:
    return templates_of(re.escape(text))[0].text


def _parameter(name: str, converter: Any) -> Parameter:
    if isinstance(converter, IntConverter):
        return Parameter(name, type="integer", minimum=0)
    if isinstance(converter, UUIDConverter):
        return Parameter(name, format="uuid")
    value = get_type_hints(converter.to_python).get("return")
    if value is UUID:
        return Parameter(name, format="uuid")
    kind = {int: "integer", float: "number"}.get(value, "string") if isinstance(value, type) else "string"
    pattern = shared_pattern(converter.regex) if kind == "string" else None
    return Parameter(name, type=kind, pattern=pattern)


def completed(route: Route) -> Route:
    """Add to a route what is documented of a plain consumer, or where an authenticator finds its credentials."""
    contract = route.contract
    if contract is None and route.consumer is not None:
        from chanx_django.documents.contract import (
            documented_contract,  # it leads back here, for its generator
        )

        return replace(route, documented=documented_contract(route.consumer))
    if contract is None or contract.authenticator is None:
        return route
    return replace(route, credentials=tuple(dict.fromkeys(_credentials(contract.authenticator))))


def _credentials(authenticator: type[BaseAuthenticator]) -> Iterator[Credential]:
    classes = getattr(authenticator, "authentication_classes", None)
    if classes is None:
        classes = getattr(getattr(authenticator, "auth_view_class", None), "authentication_classes", None)
    for found in classes or ():
        names = {owner.__name__ for owner in found.__mro__}
        if "SessionAuthentication" in names:
            yield Credential(
                settings.SESSION_COOKIE_NAME, "cookie", description="The session of a signed-in user."
            )
        elif "BasicAuthentication" in names:
            yield Credential("Authorization", "header", scheme="Basic")
        elif isinstance(keyword := getattr(found, "keyword", None), str):
            yield Credential("Authorization", "header", scheme=keyword)
        elif "JWTAuthentication" in names or "JWTStatelessUserAuthentication" in names:
            yield Credential("Authorization", "header", scheme="Bearer")
