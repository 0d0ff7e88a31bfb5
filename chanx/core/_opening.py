"""How a connection begins: its parameters and its authentication."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin
from urllib.parse import parse_qs

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from chanx.core._wire import MAX_ERRORS, error_detail
from chanx.core.authenticator import BaseAuthenticator
from chanx.core.errors import RequestError
from chanx.core.ports import Scope
from chanx.messages.outgoing import ErrorCode


def read_params(model: type[BaseModel], scope: Scope) -> BaseModel:
    """
    Validate the parameters of path and query; the path wins.

    Raises:
        RequestError: One is missing or wrong.
    """
    query = parse_qs(scope.get("query_string", b"").decode("utf-8", "replace"), keep_blank_values=True)
    many = {
        field.validation_alias if isinstance(field.validation_alias, str) else name
        for name, field in model.model_fields.items()
        if _takes_many(field)
    }
    values = {name: found if name in many else found[-1] for name, found in query.items()}
    try:
        return model.model_validate({**values, **path_params(scope)})
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        details = [
            error_detail(("params", *item["loc"]), item["msg"], item["type"]) for item in found[:MAX_ERRORS]
        ]
        raise RequestError(
            "The address has wrong parameters.", ErrorCode.VALIDATION_ERROR, errors=details
        ) from None


def path_params(scope: Scope) -> Mapping[str, Any]:
    """Return what the router took out of the path (Channels' or Starlette's place for it)."""
    route = scope.get("url_route")
    found = route.get("kwargs") if route else scope.get("path_params")
    return found or {}


async def authenticate(authenticator: BaseAuthenticator, scope: Scope, seconds: float) -> bool:
    """
    Run an authenticator.

    Raises:
        TimeoutError: It took too long.
    """
    async with asyncio.timeout(seconds):
        return bool(await authenticator.authenticate(scope))


def pick_subprotocol(offered: Sequence[str], known: Sequence[str]) -> str | None:
    """
    Choose a subprotocol (RFC 6455, section 4.2.2).

    Browsers fail a connection whose offer is not taken up, so where a consumer knows none, the first is taken.
    """
    if not known:
        return offered[0] if offered else None
    return next((name for name in offered if name in known), None)


def _takes_many(field: FieldInfo) -> bool:
    kinds = (get_origin(part) or part for part in _parts(field.annotation))
    return any(isinstance(kind, type) and issubclass(kind, (list, tuple, set, frozenset)) for kind in kinds)


def _parts(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Annotated:
        return _parts(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(part for member in get_args(annotation) for part in _parts(member))
    return (annotation,)
