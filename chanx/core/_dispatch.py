"""A message to its handler, and the handler's results to whoever sends them; no I/O of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import Any, Protocol

from chanx.core.contract import Handler
from chanx.messages.base import BaseMessage

Reply = Callable[[BaseMessage], Awaitable[None]]


class Host(Protocol):
    """What a dispatcher asks of the consumer whose methods it calls."""

    async def run_sync(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a blocking function in a worker thread."""
        ...


class Dispatcher:
    """Finds and calls the handlers of one kind, for all connections of a consumer."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._by_action = handlers
        self._by_type = {message: handler for handler in handlers.values() for message in handler.messages}

    def find(self, message: BaseMessage) -> Handler | None:
        """Return the handler of a message."""
        return self._by_type.get(type(message)) or self._by_action.get(message.action)

    def call(self, host: Host, handler: Handler, message: BaseMessage) -> Awaitable[Any]:
        """Call a handler that answers at most once."""
        method = getattr(host, handler.name)
        if handler.arguments:
            arguments = _arguments(message)
            return host.run_sync(method, **arguments) if handler.sync else method(**arguments)
        return host.run_sync(method, message) if handler.sync else method(message)

    async def stream(self, host: Host, handler: Handler, message: BaseMessage, reply: Reply) -> None:
        """Call a streaming handler and hand on what it yields, one after another."""
        method = getattr(host, handler.name)
        results: Any = method(**_arguments(message)) if handler.arguments else method(message)
        if isawaitable(results):
            results = await results
        iterator: AsyncIterator[BaseMessage] = aiter(results)
        try:
            async for result in iterator:
                await reply(result)
        finally:
            close = getattr(iterator, "aclose", None)
            if close is not None:
                await close()


def _arguments(message: BaseMessage) -> dict[str, Any]:
    payload = getattr(message, "payload", None)
    return {} if payload is None else {name: getattr(payload, name) for name in type(payload).model_fields}
