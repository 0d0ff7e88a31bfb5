"""Looking through middleware to the consumer or the router behind it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FunctionType, MethodType
from typing import Any

from chanx.core.contract import Contract

NAMES = ("inner", "app", "application", "consumer_class", "wrapped", "__wrapped__")
"""Where middleware usually keeps the application that it wraps."""
MAX_APPLICATIONS = 500
"""How many objects are looked at before an application is taken as it is."""


def unwrap(application: Any, is_router: Callable[[Any], bool]) -> Any:
    """
    Return the router or the consumer class behind an application; the application itself if there is none.

    Middleware may be an object, a `functools.partial` or a function with the application in its closure.
    What lies nearest is taken, and of what one object holds, the usual names first.
    """
    queue, seen = [application], set[int]()
    for _ in range(MAX_APPLICATIONS):
        if not queue:
            break
        candidate = queue.pop(0)
        if id(candidate) in seen:
            continue
        seen.add(id(candidate))
        if (consumer := consumer_of(candidate)) is not None:
            return consumer
        if is_router(candidate):
            return candidate
        queue.extend(_inside(candidate))
    return application


def consumer_of(application: Any) -> type[Any] | None:
    """Return the class behind an application: a consumer, an instance of one, or what ``as_asgi()`` made."""
    if isinstance(application, type):
        return application if _is_consumer(application) else None
    made_by = _attributes(application).get("consumer_class")
    if isinstance(made_by, type):
        return made_by
    return type(application) if _is_consumer(type(application)) else None


def _is_consumer(candidate: type[Any]) -> bool:
    return callable(getattr(candidate, "as_asgi", None)) or isinstance(
        getattr(candidate, "contract", None), Contract
    )


def _inside(application: Any) -> Iterator[Any]:
    """List what an application may wrap."""
    if isinstance(application, functools.partial):
        found = [application.func, *application.args, *application.keywords.values()]
    elif isinstance(application, MethodType):
        found = [application.__self__]
    else:
        attributes = _attributes(application)
        found = [attributes[name] for name in NAMES if name in attributes]
        if isinstance(application, FunctionType):
            found.extend(_closure(application))
        else:
            found.extend(value for name, value in attributes.items() if name not in NAMES)
    return (value for value in found if callable(value) and not _is_plain_class(value))


def _closure(function: FunctionType) -> list[Any]:
    found = []
    for cell in function.__closure__ or ():
        # A cell is empty while the function around it runs.
        with suppress(ValueError):
            found.append(cell.cell_contents)
    return found


def _attributes(application: Any) -> dict[str, Any]:
    """Read the attributes of an object without running any code of it."""
    attributes: dict[str, Any] = {}
    if not isinstance(application, FunctionType):
        members = {
            name: member for owner in type(application).__mro__ for name, member in vars(owner).items()
        }
        for name, member in members.items():
            if inspect.ismemberdescriptor(member):
                with suppress(AttributeError):
                    attributes[name] = member.__get__(application)
    with suppress(AttributeError):
        attributes.update(object.__getattribute__(application, "__dict__"))
    return attributes


def _is_plain_class(value: Any) -> bool:
    return isinstance(value, type) and not _is_consumer(value)
