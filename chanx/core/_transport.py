"""One WebSocket connection to an ASGI application, in memory."""

# ruff: noqa: ASYNC109 - Channels names it so, and a test reads better with it
from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from chanx.core.ports import Receive, Scope, Send

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Mapping[str, str] | Iterable[tuple[bytes, bytes]] | Iterable[tuple[str, str]]


class ConnectionClosedError(AssertionError):
    """The consumer closed the connection, or ended, while more was expected of it."""

    def __init__(self, text: str, code: int | None) -> None:
        super().__init__(text)
        self.code = code


class Transport:
    """
    The server's side of one connection: runs the application in a task of this event loop.

    An exception of the application is raised by the next call, or by the one that waits, at once.
    """

    close_code: int | None = None
    """The code with which the application has closed, once that has been read."""
    failed: bool = False
    """Whether an exception of the application has been raised here."""
    _future: asyncio.Task[None] | None = None

    def __init__(self, application: Application, scope: Scope) -> None:
        self.application = application
        self.scope = scope
        self._input_queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._output_queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._unread: deque[dict[str, Any]] = deque()
        self._changed = asyncio.Event()

    @property
    def future(self) -> asyncio.Task[None]:
        """The task of the application; started by the first use, with none of the test's context variables."""
        if self._future is None:
            loop = asyncio.get_running_loop()
            self._future = loop.create_task(self._run(), context=contextvars.Context())
            self._future.add_done_callback(lambda _: self._changed.set())
        return self._future

    async def send_input(self, message: dict[str, Any]) -> None:
        """Hand an ASGI event to the application."""
        self._raise_failure()
        self._input_queue.put_nowait(message)

    async def receive_output(self, timeout: float = 1.0) -> dict[str, Any]:
        """
        Receive the next ASGI event of the application.

        Args:
            timeout: Seconds to wait; the application goes on when they are over.

        Raises:
            TimeoutError: Nothing came in time.
            ConnectionClosedError: Nothing can come any more.
        """
        if self._unread:
            self._raise_failure()
            return self._unread.popleft()
        return await self._receive_new(timeout)

    async def receive_nothing(self, timeout: float = 0.1, interval: float = 0.01) -> bool:  # noqa: ARG002 - Channels has it
        """Whether the application sends nothing for `timeout` seconds; false as soon as it sends something."""
        self._raise_failure()
        if not self._unread:
            try:
                self._unread.append(await self._receive_new(timeout))
            except (TimeoutError, ConnectionClosedError):
                self._raise_failure()
                return True
        return False

    async def wait(self, timeout: float = 1.0) -> None:
        """
        Wait until the application has ended, and raise its exception.

        Raises:
            TimeoutError: It still runs; it is cancelled.
        """
        if self._future is None:
            return
        await asyncio.wait({self._future}, timeout=timeout)
        if not self._future.done():
            self._future.cancel()
            await asyncio.wait({self._future})
            raise TimeoutError(f"The application still ran after {timeout} s; it was cancelled.")
        self._raise_failure()

    def stop(self, exceptions: bool = True) -> None:
        """Cancel the application; raise its exception when it has ended with one."""
        if self._future is not None and not self._future.done():
            self._future.cancel()
        elif exceptions:
            self._raise_failure()

    async def _run(self) -> None:
        await self.application(self.scope, self._input_queue.get, self._emit)

    async def _emit(self, event: Mapping[str, Any]) -> None:
        self._output_queue.put_nowait(dict(event))
        self._changed.set()
        if event["type"] == "websocket.close":  # a server tells the application that the connection has ended
            self._input_queue.put_nowait({"type": "websocket.disconnect", "code": event.get("code", 1000)})

    async def _receive_new(self, timeout: float) -> dict[str, Any]:
        """Receive the next event, whatever was put back."""
        future = self.future
        try:
            async with asyncio.timeout(timeout):
                while self._output_queue.empty() and not future.done() and self.close_code is None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"Nothing came within {timeout} s.") from None
        self._raise_failure()
        if self._output_queue.empty():
            raise self._ended()
        event = self._output_queue.get_nowait()
        if event["type"] == "websocket.close":
            self.close_code = event.get("code", 1000)
        return event

    def _raise_failure(self) -> None:
        future = self._future
        if future is not None and future.done() and not future.cancelled() and future.exception() is not None:
            self.failed = True
            future.result()

    def _ended(self) -> ConnectionClosedError:
        if self.close_code is None:
            return ConnectionClosedError("The application has ended; nothing more comes.", None)
        return ConnectionClosedError(
            f"The application has closed the connection with {self.close_code}.", self.close_code
        )


def make_scope(
    path: str, headers: Headers | None = None, subprotocols: Iterable[str] | None = None
) -> dict[str, Any]:
    """Make the scope of a WebSocket connection from an address with or without a query."""
    parts = urlsplit(path)
    pairs: Iterable[tuple[Any, Any]] = headers.items() if isinstance(headers, Mapping) else headers or ()
    return {
        "type": "websocket",
        "path": unquote(parts.path),
        "query_string": parts.query.encode(),
        "headers": [(_header(name).lower(), _header(value)) for name, value in pairs],
        "subprotocols": list(subprotocols or ()),
    }


def _header(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
