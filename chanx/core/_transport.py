"""One WebSocket connection to an ASGI application, in memory."""

# ruff: noqa: ASYNC109 - Channels names it so, and a test reads better with it
from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from chanx.core.ports import Scope

Application = Callable[..., Awaitable[Any]]
"""Takes scope, receive and send (ASGI 3)."""
Event = dict[str, Any]
Headers = Mapping[str, str] | Iterable[tuple[bytes, bytes]]

SHOWN = 5
"""How many unread frames an error shows."""


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
    """The code with which the application has closed the connection."""
    failed: bool = False
    """Whether an exception of the application has been raised here."""
    _future: asyncio.Task[None] | None = None

    def __init__(self, application: Application, scope: Scope) -> None:
        self.application = application
        self.scope = scope
        self._input_queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._unread: list[Event] = []
        self._changed = asyncio.Event()
        self.response_headers: list[tuple[bytes, bytes]] | None = None
        """The headers with which the connection was accepted."""

    @property
    def future(self) -> asyncio.Task[None]:
        """The task of the application; started by the first use, with none of the test's context variables."""
        if self._future is None:
            loop = asyncio.get_running_loop()
            self._future = loop.create_task(self._run(), context=contextvars.Context())
            self._future.add_done_callback(lambda _: self._changed.set())
        return self._future

    async def connect(self, timeout: float = 1.0) -> tuple[bool, str | int | None]:
        """Open the connection: true and the subprotocol, or false and the close code (or the HTTP status)."""
        await self.send_input({"type": "websocket.connect"})
        event = await self.receive_output(timeout)
        if event["type"] == "websocket.accept":
            self.response_headers = list(event.get("headers") or ())
            return True, event.get("subprotocol")
        if event["type"] == "websocket.close":
            return False, self.close_code
        if event["type"] == "websocket.http.response.start":
            return False, cast(int, event["status"])
        raise AssertionError(f"The application answered the handshake with {event['type']!r}.")

    async def disconnect(self, code: int = 1000, timeout: float = 1.0) -> None:
        """
        Leave, and wait until the consumer has cleaned up; raise its exception, unless it has been raised before.

        Raises:
            TimeoutError: The consumer still runs; it is cancelled.
        """
        if self._future is not None and not self.failed:
            self._input_queue.put_nowait({"type": "websocket.disconnect", "code": code})
            await self.wait(timeout)

    async def assert_closed(self, code: int | None = None, timeout: float = 1.0) -> None:
        """Fail unless the consumer closes the connection, with this code; what it sent before stays unread."""
        try:
            await self._wait_until(lambda: False, timeout, "The connection wasn't closed")
        except TimeoutError as error:
            raise AssertionError(str(error)) from None
        if self.close_code is None:
            raise AssertionError(f"The application ended and closed nothing.{self._show_unread()}")
        if code is not None and code != self.close_code:
            raise AssertionError(
                f"The connection was closed with {self.close_code}, not with {code}.{self._show_unread()}"
            )

    async def send_input(self, message: Event) -> None:
        """Hand an ASGI event to the application."""
        self._raise_failure(self.future)
        self._input_queue.put_nowait(message)

    async def receive_output(self, timeout: float = 1.0) -> Event:
        """
        Receive the next ASGI event of the application.

        Args:
            timeout: Seconds to wait; the application goes on when they are over.

        Raises:
            TimeoutError: Nothing came in time.
            ConnectionClosedError: Nothing can come any more.
        """
        return await self._take(lambda _: True, timeout, "Nothing came")

    async def receive_nothing(self, timeout: float = 0.1, interval: float = 0.01) -> bool:  # noqa: ARG002 - Channels has it
        """Whether the application sends nothing for `timeout` seconds; false as soon as it sends something."""
        try:
            await self._wait_until(lambda: bool(self._unread), timeout, "Nothing came")
        except TimeoutError:
            return True
        return not self._unread

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
        self._raise_failure(self._future)

    def stop(self, exceptions: bool = True) -> None:
        """Cancel the application; raise its exception when it has ended with one."""
        if self._future is not None and not self._future.done():
            self._future.cancel()
        elif self._future is not None and exceptions:
            self._raise_failure(self._future)

    async def _run(self) -> None:
        await self.application(self.scope, self._input_queue.get, self._emit)

    async def _emit(self, event: Mapping[str, Any]) -> None:
        self._unread.append(dict(event))
        self._changed.set()
        if event["type"] == "websocket.close":  # a server tells the application that the connection has ended
            self.close_code = event.get("code", 1000)
            self._input_queue.put_nowait({"type": "websocket.disconnect", "code": self.close_code})

    async def _take(self, match: Callable[[Event], bool], timeout: float, missing: str) -> Event:
        """Receive the first event that matches; the others stay unread, in their order."""
        await self._wait_until(lambda: any(map(match, self._unread)), timeout, missing)
        for index, event in enumerate(self._unread):
            if match(event):
                del self._unread[index]
                return event
        if self.close_code is None:
            raise ConnectionClosedError(f"{missing}: the application has ended.{self._show_unread()}", None)
        raise ConnectionClosedError(
            f"{missing}: the connection was closed with {self.close_code}.{self._show_unread()}",
            self.close_code,
        )

    async def _wait_until(self, condition: Callable[[], bool], timeout: float, missing: str) -> None:
        """Wait for a change that fulfils the condition, or after which nothing can come any more."""
        future = self.future

        def over() -> bool:
            return condition() or future.done() or self.close_code is not None

        try:
            async with asyncio.timeout(timeout):
                while not over():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            if not over():
                raise TimeoutError(f"{missing} within {timeout:.3g} s.{self._show_unread()}") from None
        self._raise_failure(future)

    def _raise_failure(self, future: asyncio.Task[None]) -> None:
        if future.done() and not future.cancelled() and future.exception() is not None:
            self.failed = True
            future.result()

    def _show_unread(self) -> str:
        texts = [str(event.get("text"))[:200] for event in self._unread if event["type"] == "websocket.send"]
        return f" Unread: {' '.join(texts[-SHOWN:])}" if texts else ""


def make_scope(
    path: str, headers: Headers | None = None, subprotocols: Iterable[str] | None = None
) -> dict[str, Any]:
    """Make the scope of a WebSocket connection from an address with or without a query."""
    parts = urlsplit(path)
    if isinstance(headers, Mapping):
        named = cast(Mapping[str, str], headers)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]
    return {
        "type": "websocket",
        "path": unquote(parts.path),
        "query_string": parts.query.encode(),
        "headers": [(name.lower(), value) for name, value in headers or ()],
        "subprotocols": list(subprotocols or ()),
    }
