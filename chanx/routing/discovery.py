"""Walking a tree of routers, whatever framework they are of."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chanx.routing.route import Route, Template, snake_name
from chanx.routing.unwrap import consumer_of, unwrap


@dataclass(frozen=True, slots=True)
class Branch:
    """A way on from a router."""

    templates: tuple[Template, ...]
    """The piece of path that leads there; several, where it can be written in several ways."""
    application: Any


class Routers(Protocol):
    """What a framework says of its routers."""

    def branches(self, application: Any) -> Sequence[Branch] | None:
        """List where a router leads to, in the order in which it tries; None for what is no router."""
        ...


def discover(application: Any, routers: Routers, prefix: str = "") -> list[Route]:
    """
    Find all routes of an application, in the order in which they are tried.

    Args:
        application: The whole ASGI application, or any part of it.
        routers: What the framework says of its routers.
        prefix: The path under which the application is served.
    """
    found: dict[tuple[str, tuple[Any, ...]], Route] = {}
    for route in _walk(application, routers, Template(prefix), ()):
        # The same path again is never reached.
        found.setdefault((route.path, route.parameters), route)
    return list(found.values())


def _walk(application: Any, routers: Routers, path: Template, above: tuple[Any, ...]) -> Iterator[Route]:
    target = unwrap(application, lambda candidate: routers.branches(candidate) is not None)
    branches = None if consumer_of(target) else routers.branches(target)
    if branches is None:
        yield _route(target, path)
    elif not any(target is router for router in above):
        for branch in branches:
            for template in branch.templates:
                yield from _walk(branch.application, routers, path + template, (*above, target))


def _route(target: Any, path: Template) -> Route:
    consumer = target if isinstance(target, type) else None
    name = getattr(target, "__name__", type(target).__name__)
    documented = target if isinstance(target, type) or inspect.isroutine(target) else type(target)
    return Route(
        path="/" + path.text.lstrip("/"),
        parameters=path.parameters,
        consumer=consumer,
        name=snake_name(name),
        description=inspect.cleandoc(documented.__doc__ or ""),
        given=path.given,
    )
