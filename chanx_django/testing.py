"""Test tools for Django projects: communicators and a test case."""

# ruff: noqa: ASYNC109 - Channels names it so, and a test reads better with it
from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterable
from inspect import iscoroutinefunction
from types import MethodType
from typing import Any, ClassVar, cast
from unittest import TestResult

from django.test import TransactionTestCase

from chanx.core.errors import ConfigurationError
from chanx.core.testing import Communicator, ConsumerClass, Headers, disconnect_all
from chanx.messages.outgoing import AuthenticationMessage
from chanx_django._test_connections import sparing_close
from chanx_django.utils.asgi import get_websocket_application


class WebsocketCommunicator(Communicator):
    """
    A client in memory that speaks the messages of a consumer::

        async with WebsocketCommunicator(router, "/ws/rooms/7/", consumer=ChatConsumer) as communicator:
            said = await communicator.request(Say(payload=Text(text="hello")), Said)

    It has the methods of Channels' communicator, too, and does at once what that one does only at its timeout: it
    raises the consumer's exception. A timeout doesn't end the connection.
    """

    async def send_to(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Send a text frame or a binary frame."""
        if bytes_data is None:
            assert text_data is not None, "Give text_data or bytes_data."
            await self.send_text(text_data)
        else:
            assert text_data is None, "Give text_data or bytes_data, not both."
            await self.send_bytes(bytes_data)

    async def receive_from(self, timeout: float = 1.0) -> str | bytes:
        """
        Receive the next frame, text or binary.

        Raises:
            AssertionError: The consumer closes the connection instead.
        """
        event = await self.receive_output(timeout)
        assert event["type"] == "websocket.send", f"Expected 'websocket.send', but got {event!r}."
        text = event.get("text")
        return cast(bytes, event["bytes"]) if text is None else cast(str, text)

    async def send_json_to(self, data: Any) -> None:
        """Send any JSON value as a text frame."""
        await self.send_json(data)

    async def receive_json_from(self, timeout: float = 1.0) -> Any:
        """Receive the next frame as the JSON value that it is."""
        return await self.receive_json(timeout)

    async def _run(self) -> None:
        with sparing_close.in_use():
            await super()._run()


class DjangoWebsocketCommunicator(WebsocketCommunicator):
    """A client in memory that waits for the result of its authentication."""

    async def wait_for_auth(
        self,
        send_authentication_message: bool | None = None,
        max_auth_time: float = 0.5,
        after_auth_time: float = 0.1,  # noqa: ARG002 - older tests pass it
    ) -> AuthenticationMessage | None:
        """
        Wait until the connection is authenticated or refused, and take the ``authentication`` message.

        Args:
            send_authentication_message: Whether one is expected; as the consumer's option says by default.
            max_auth_time: Seconds to wait.
            after_auth_time: Has no effect: nothing sleeps here.

        Returns:
            The message; None where none is sent.

        Raises:
            TimeoutError: The authentication takes longer.
        """
        if send_authentication_message is None:
            send_authentication_message = self._wire.config.send_authentication_message
        if not send_authentication_message:
            await self.ready(max_auth_time)
            return None
        await self._wait_until(
            lambda: self._probe.opened or any(map(self._tells_result, self._unread)),
            max_auth_time,
            "No authentication came",
        )
        if not any(map(self._tells_result, self._unread)):
            return None
        event = await self._take(self._tells_result, 0, "No authentication came")
        return cast(AuthenticationMessage, self._parse(event["text"]))

    async def assert_authenticated_status_ok(self, max_auth_time: float = 0.5) -> None:
        """Fail unless an ``authentication`` message with status 200 comes."""
        message = await self.wait_for_auth(send_authentication_message=True, max_auth_time=max_auth_time)
        if message is None:
            raise AssertionError(f"No authentication message came.{self._show_unread()}")
        if message.payload.status_code != 200:
            raise AssertionError(f"The authentication failed: {message.payload!r}")

    def _tells_result(self, event: dict[str, Any]) -> bool:
        return self._frame_of(event).get(self._action_key) == "authentication"


class WebsocketTestCase(TransactionTestCase):
    """
    A test case for one WebSocket endpoint; what a test leaves connected is disconnected at its end::

        class ChatTests(WebsocketTestCase):
            ws_path = "/ws/rooms/7/"

            async def test_hello(self) -> None:
                async with self.auth_communicator as ada:
                    await ada.assert_authenticated_status_ok()
    """

    ws_path: ClassVar[str]
    """The address of the endpoint."""
    router: ClassVar[Any] = None
    """The ASGI application; what serves WebSockets in ``ASGI_APPLICATION`` by default."""
    consumer: ClassVar[ConsumerClass | None] = None
    """Whose contract messages are read by; whoever serves the connection by default."""

    def __call__(self, result: TestResult | None = None) -> Any:
        """Run the test; an asynchronous one disconnects in its own event loop."""
        method = getattr(self, self._testMethodName)
        if iscoroutinefunction(method):
            setattr(self, self._testMethodName, self._then_disconnect(method))
        return super().__call__(result)

    def tearDown(self) -> None:
        """Forget the communicators of this test."""
        self._communicators.clear()
        self.__dict__.pop("auth_communicator", None)
        super().tearDown()

    def get_ws_headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of each handshake, for example with a session cookie."""
        return []

    def get_subprotocols(self) -> list[str]:
        """Return the subprotocols that each client offers."""
        return []

    @functools.cached_property
    def auth_communicator(self) -> DjangoWebsocketCommunicator:
        """A communicator with the headers of this test case; the same during one test."""
        return self.create_communicator()

    def create_communicator(
        self,
        *,
        router: Any = None,
        ws_path: str | None = None,
        headers: Headers | None = None,
        subprotocols: Iterable[str] | None = None,
        consumer: ConsumerClass | None = None,
    ) -> DjangoWebsocketCommunicator:
        """
        Make another communicator, which isn't connected yet; what isn't given is that of the test case.

        Raises:
            ConfigurationError: There is no `ws_path`.
        """
        path = ws_path or getattr(self, "ws_path", "")
        if not path:
            raise ConfigurationError(
                f"{type(self).__qualname__} has no ws_path. Set it, like '/ws/rooms/7/'."
            )
        router = self.router if router is None else router
        if (
            isinstance(router, MethodType) and router.__self__ is self
        ):  # a function that the class attribute names
            router = router.__func__
        communicator = DjangoWebsocketCommunicator(
            get_websocket_application() if router is None else router,
            path,
            self.get_ws_headers() if headers is None else headers,
            self.get_subprotocols() if subprotocols is None else subprotocols,
            consumer=consumer or self.consumer,
        )
        self._communicators.append(communicator)
        return communicator

    @functools.cached_property
    def _communicators(self) -> list[DjangoWebsocketCommunicator]:
        return []

    def _then_disconnect(self, method: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        @functools.wraps(method)
        async def test(*args: Any, **kwargs: Any) -> None:
            async with disconnect_all(self._communicators):
                await method(*args, **kwargs)

        return test
