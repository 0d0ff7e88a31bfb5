"""Which routes a document is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from channels.routing import URLRouter

from chanx.core.errors import ConfigurationError
from chanx.routing import Route
from chanx_django.discovery import discover_routes
from chanx_django.routing import path as route_path

Consumers = Iterable[tuple[type[Any], str]]


def routes_to(consumers: Consumers) -> list[Route]:
    """
    Make routes of consumers and their paths, like ``/ws/rooms/{room_id}/`` or ``/ws/rooms/<int:room_id>/``.

    Raises:
        ConfigurationError: One is no consumer, or two have one path.
    """
    patterns: list[Any] = []
    given: Iterable[Any] = consumers
    for each in given:
        if not (isinstance(each, (tuple, list)) and len(each) == 2 and isinstance(each[1], str)):
            raise ConfigurationError(
                f"{each!r} is no consumer with its path. Give pairs: consumers=[(ChatConsumer, '/ws/chat/')]."
            )
        consumer, address = each
        patterns.append(route_path(re.sub(r"\{(\w+)\}", r"<\1>", address.lstrip("/")), consumer))
    routes = discover_routes(URLRouter(patterns))
    if len(routes) < len(patterns):
        raise ConfigurationError("Two of the consumers have one path. Give each a path of its own.")
    return routes


def selected(routes: Sequence[Route], chosen: Mapping[str, Any], name: str) -> list[Route]:
    """
    Keep the routes that an entry of ``ASYNCAPI_DOCUMENTS`` names.

    Raises:
        ConfigurationError: It names something that no route has.
    """
    consumers, paths = chosen.get("consumers", ()), chosen.get("paths", ())
    if "consumers" not in chosen and "paths" not in chosen:
        return list(routes)
    found: dict[int, Route] = {}
    for entry in (*consumers, *paths):
        matching = [
            (number, route)
            for number, route in enumerate(routes)
            if (_is_in(route, entry) if entry in consumers else fnmatchcase(route.path, entry))
        ]
        if not matching:
            raise ConfigurationError(
                f"ASYNCAPI_DOCUMENTS[{name!r}] names {entry!r}, and no route leads there. "
                "Use the dotted path of a routed consumer or of its module, or a path like '/ws/public/*'."
            )
        found.update(matching)
    return [found[number] for number in sorted(found)]


def _is_in(route: Route, dotted: str) -> bool:
    consumer = route.consumer
    return consumer is not None and f"{consumer.__module__}.{consumer.__qualname__}.".startswith(f"{dotted}.")
