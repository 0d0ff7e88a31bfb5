"""How a connection begins: from its handshake to its first frame."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_origin
from urllib.parse import parse_qs

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from chanx.core._declarations import members
from chanx.core._wire import MAX_ERRORS, error_detail
from chanx.core.authenticator import BaseAuthenticator
from chanx.core.errors import ChanxError, RequestError
from chanx.core.ports import Scope
from chanx.messages.outgoing import ErrorCode

if TYPE_CHECKING:
    from chanx.core._session import Session

Deliver = Callable[[dict[str, Any]], Awaitable[None]]
CLOSE_CODES = {
    ErrorCode.NOT_AUTHENTICATED: 4401,
    ErrorCode.PERMISSION_DENIED: 4403,
    ErrorCode.NOT_FOUND: 4404,
    ErrorCode.TOO_LARGE: 4413,
    ErrorCode.THROTTLED: 4429,
}
"""How a connection is closed when a hook refuses it."""


class Opening:
    """Lets one connection in, step by step; a step that fails is answered, logged and closes the connection."""

    def __init__(self, session: Session, deliver: Deliver) -> None:
        self._session = session
        self._consumer = session.consumer
        self._outlet = session.outlet
        self._faults = session.faults
        self._deliver = deliver
        authenticator = session.consumer.authenticator
        self._early = authenticator is not None and authenticator.reject_before_accept

    async def run(self) -> bool:
        """Take all steps; False when one of them ended the connection."""
        admission = [("authentication", self._authenticate), ("connect()", self._connect)]
        steps: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("the parameters", self._read_params),
            *(admission if self._early else reversed(admission)),
            ("joining groups", self._join),
            ("what follows authentication", self._begin),
        ]
        for place, step in steps:
            try:
                await step()
            except RequestError as error:
                await self._refuse(error, CLOSE_CODES.get(error.code, 4500))
            except Exception as error:  # noqa: BLE001 - the user's code failed
                if self._outlet.accepted:
                    await self._faults.fail(error, None, place)
                else:
                    self._faults.log(error, place)
                await self._end(4500, "The connection was refused.")
            if self._outlet.ended:
                return False
        return True

    async def _read_params(self) -> None:
        session, model = self._session, self._session.engine.contract.params
        if model is not None:
            try:
                self._consumer.params = read_params(model, session.scope)
            except RequestError as error:
                if not self._early:
                    await session.accept(None, [])  # where a browser can read why
                await self._refuse(error, 4400)

    async def _connect(self) -> None:
        await self._consumer.connect()
        if not self._outlet.accepted:
            await self._outlet.close(4403)

    async def _authenticate(self) -> None:
        authenticator = self._consumer.authenticator
        if authenticator is None:
            return
        limit = asyncio.timeout(self._session.config.authentication_timeout)
        try:
            async with limit:
                passed = await authenticator.authenticate(self._session.scope)
        except TimeoutError:
            if not limit.expired():
                raise
            error = RequestError("Authentication took too long. Try again.", ErrorCode.NOT_AUTHENTICATED)
            await self._refuse(error, 4408)
            return
        if passed:
            self._consumer.user = authenticator.user
        else:
            if self._outlet.accepted:
                await self._tell_result(authenticator)
            await self._end(authenticator.close_code, "The connection was refused.")

    async def _join(self) -> None:
        session = self._session
        more = await self._consumer.get_groups()
        groups = [*session.engine.contract.groups, *([more] if isinstance(more, str) else more)]
        try:
            await session.relay.open(groups)
        except ChanxError:
            raise
        except Exception as error:  # noqa: BLE001 - any error of any layer: the client shall come back
            error_id = self._faults.log(error, "joining groups")
            answer = RequestError("The server is not ready. Come back later.", ErrorCode.INTERNAL_ERROR)
            await self._faults.answer(answer, None, error_id=error_id)
            await self._outlet.close(4503)

    async def _begin(self) -> None:
        if self._consumer.authenticator is not None:
            await self._tell_result(self._consumer.authenticator)
        await self._consumer.post_authentication()
        self._session.relay.start(self._deliver)

    async def _tell_result(self, authenticator: BaseAuthenticator) -> None:
        wanted = self._session.config.send_authentication_message
        if wanted and (result := authenticator.result()) is not None:
            await self._session.send(result)

    async def _refuse(self, error: RequestError, code: int) -> None:
        if self._outlet.accepted:
            await self._faults.answer(error, None)
        await self._end(code, error.detail)

    async def _end(self, code: int, detail: str) -> None:
        """Close; before the accept with an HTTP status where the server can (ASGI's denial response)."""
        can_deny = "websocket.http.response" in (self._session.scope.get("extensions") or {})
        if can_deny and not self._outlet.accepted and 4400 <= code < 4600:
            await self._outlet.deny(code - 4000, detail)
        else:
            await self._outlet.close(code)


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


def pick_subprotocol(offered: Sequence[str], known: Sequence[str]) -> str | None:
    """
    Choose a subprotocol (RFC 6455, section 4.2.2).

    Browsers fail a connection whose offer is not taken up, so where a consumer knows none, the first is taken.
    """
    if not known:
        return offered[0] if offered else None
    return next((name for name in offered if name in known), None)


def _takes_many(field: FieldInfo) -> bool:
    kinds = (get_origin(part) or part for part in members(field.annotation))
    return any(isinstance(kind, type) and issubclass(kind, (list, tuple, set, frozenset)) for kind in kinds)
