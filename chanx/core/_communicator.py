"""A client for tests that speaks the messages of a consumer's contract."""

# ruff: noqa: ASYNC109 - Channels names it so, and a test reads better with it
from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar, cast, overload

from pydantic import ValidationError

from chanx.core._probe import PROBE, Probe
from chanx.core._transport import Application, ConnectionClosedError, Headers, Transport, make_scope
from chanx.core._wire import FrameId, Wire
from chanx.core.errors import ConfigurationError
from chanx.core.ports import Receive, Scope, Send
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage
from chanx.messages.incoming import CancelMessage, CancelPayload
from chanx.messages.outgoing import AuthenticationMessage, CompleteMessage, ErrorMessage

R = TypeVar("R", bound=BaseMessage)
ConsumerClass = type[WebsocketConsumer[Any]]
SHOWN = 5
"""How many unread frames an error shows."""
_COMPLETIONS = ("complete", "group_complete", "event_complete")


class UndeclaredMessageError(AssertionError):
    """The consumer sent a frame that its contract doesn't declare."""


class ErrorAnswer(AssertionError):  # noqa: N818 - an answer, which a test may expect
    """A request was answered with an ``error`` frame; its cause is the handler's exception, if there was one."""

    def __init__(self, message: ErrorMessage) -> None:
        payload = message.payload
        places = [f"{'.'.join(map(str, error.loc))}: {error.msg}" for error in payload.errors or ()]
        super().__init__("\n".join((f"{payload.code.value}: {payload.detail}", *places)))
        self.message = message
        self.code = payload.code
        self.detail = payload.detail


class Communicator(Transport):
    """
    A client in memory, for one connection to any ASGI application::

        async with Communicator(ChatConsumer, "/rooms/7/") as communicator:
            said = await communicator.request(Say(payload=Text(text="hello")), Said)

    Entering connects and fails when the connection is refused; leaving disconnects. An exception of the
    consumer is raised at once by whatever waits. Frames that `request` and `stream` pass over stay unread.
    """

    def __init__(
        self,
        application: Application | ConsumerClass,
        path: str = "/",
        headers: Headers | None = None,
        subprotocols: Iterable[str] | None = None,
        *,
        consumer: ConsumerClass | None = None,
        scope: Mapping[str, Any] | None = None,
    ) -> None:
        """
        Prepare a connection; nothing runs yet.

        Args:
            application: An ASGI application, or a consumer class.
            path: The address, with the query.
            headers: Of the handshake.
            subprotocols: What the client offers.
            consumer: Whose contract messages are read by; found out when the application leads to one.
            scope: What else the ASGI scope shall hold.
        """
        if isinstance(application, type) and issubclass(application, WebsocketConsumer):
            consumer = consumer or application
            application = _each_time(application)
        self._probe = Probe()
        self._consumer = consumer
        self._ids = itertools.count(1)
        self.response_headers: list[tuple[bytes, bytes]] | None = None
        super().__init__(
            cast(Application, application),
            {**make_scope(path, headers, subprotocols), PROBE: self._probe, **(scope or {})},
        )

    async def __aenter__(self) -> Self:
        connected, code = await self.connect()
        if not connected:
            await self.disconnect()
            raise ConnectionClosedError(f"The connection was refused with {code}.", cast(int, code))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.disconnect()
        except Exception as failure:  # the consumer's; the test's own failure comes first
            if error is None:
                raise
            error.add_note(f"The consumer failed, too: {failure!r}")

    # -- the connection

    @property
    def failures(self) -> list[BaseException]:
        """The exceptions that the consumer answered with ``internal_error``, oldest first."""
        return list(self._probe.failures.values())

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
        self._input_queue.put_nowait({"type": "websocket.disconnect", "code": code})
        if not self.failed:
            await self.wait(timeout)

    async def assert_closed(self, code: int | None = None, timeout: float = 1.0) -> None:
        """Fail unless the consumer closes the connection, with this code; unread frames are dropped."""
        deadline = _deadline(timeout)
        dropped: list[dict[str, Any]] = []
        while self.close_code is None:
            try:
                dropped.append(await self.receive_output(_left(deadline)))
            except TimeoutError:
                raise AssertionError(f"The connection is open after {timeout} s.{_show(dropped)}") from None
        if code is not None and code != self.close_code:
            raise AssertionError(
                f"The connection was closed with {self.close_code}, not {code}.{_show(dropped)}"
            )

    # -- sending

    async def send_message(self, message: BaseMessage, *, id: FrameId = None) -> None:  # noqa: A002 - its name on the wire
        """Send a message, with an id when the answer shall carry it."""
        await self.send_text(self._wire.encode(message, id))

    async def send_json(self, data: Any) -> None:
        """Send any JSON value as a frame."""
        await self.send_text(json.dumps(data))

    async def send_text(self, text: str) -> None:
        """Send a text frame."""
        await self.send_input({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary frame."""
        await self.send_input({"type": "websocket.receive", "bytes": data})

    # -- receiving

    async def receive_message(self, *, timeout: float = 1.0) -> BaseMessage:
        """
        Receive the next message, whatever it is, parsed by the consumer's contract.

        Raises:
            TimeoutError: Nothing came in time.
            ConnectionClosedError: The consumer closed the connection instead.
            UndeclaredMessageError: The contract doesn't declare what came.
        """
        return self._parse(await self._text(timeout))

    async def receive_json(self, timeout: float = 1.0) -> Any:
        """Receive the next frame as the JSON value that it is."""
        return json.loads(await self._text(timeout))

    async def receive_all_messages(
        self, stop_action: str = "complete", timeout: float = 1.0
    ) -> list[BaseMessage]:
        """
        Receive what comes until a message with `stop_action`, which is left out as ``authentication`` is.

        Where SEND_COMPLETION is off no ``complete`` comes; then this returns, without waiting, what answers the
        frames sent so far. The end of the connection ends it, too. What streaming and concurrent handlers send,
        and what comes through the layer, may come later: use `stream` and `receive_message`.

        Raises:
            TimeoutError: The stop action didn't come in time.
            UndeclaredMessageError: The contract doesn't declare what came.
        """
        parsed = [self._parse(text) async for text in self._until(stop_action, timeout)]
        return [message for message in parsed if not isinstance(message, AuthenticationMessage)]

    async def receive_all_json(self, timeout: float = 1.0, *, stop_action: str = "complete") -> list[Any]:
        """Do as `receive_all_messages`, with the frames as they are and ``authentication`` among them."""
        return [json.loads(text) async for text in self._until(stop_action, timeout)]

    # -- asking

    @overload
    async def request(
        self, message: BaseMessage, expect: type[R], *, id: FrameId = ..., timeout: float = ...
    ) -> R: ...

    @overload
    async def request(
        self, message: BaseMessage, *, id: FrameId = ..., timeout: float = ...
    ) -> BaseMessage: ...

    async def request(
        self,
        message: BaseMessage,
        expect: type[BaseMessage] = BaseMessage,
        *,
        id: FrameId = None,  # noqa: A002 - its name on the wire
        timeout: float = 1.0,
    ) -> BaseMessage:
        """
        Send a message and return its answer; what comes between stays unread.

        Args:
            message: What to send.
            expect: The class of the answer; `ErrorMessage` to get an error, `CompleteMessage` for no reply.
            id: The frame's id; a fresh one by default.
            timeout: Seconds to wait.

        Raises:
            ErrorAnswer: The answer is an error.
            AssertionError: The answer is of another class.
            TimeoutError: No answer came in time.
        """
        frame_id = f"request-{next(self._ids)}" if id is None else id
        await self.send_message(message, id=frame_id)
        deadline = _deadline(timeout)
        answer = await self._answer(message, frame_id, deadline)
        if not isinstance(answer, CompleteMessage):
            await self._settle(deadline)
        return self._expected(message, answer, expect)

    async def stream(
        self,
        message: BaseMessage,
        expect: type[R],
        *,
        id: FrameId = None,  # noqa: A002 - its name on the wire
        timeout: float = 1.0,
    ) -> AsyncGenerator[R]:
        """
        Send a message and yield its answers, until the final ``complete``.

        Args:
            message: What to send.
            expect: The class of the answers.
            id: The frame's id, for a `CancelMessage`; a fresh one by default.
            timeout: Seconds to wait for each answer.

        Raises:
            ErrorAnswer: The answer is an error.
            AssertionError: An answer is of another class.
            TimeoutError: No answer came in time.
        """
        frame_id = f"stream-{next(self._ids)}" if id is None else id
        await self.send_message(message, id=frame_id)
        handler = self._wire.contract.handlers.get(message.action)
        final = handler is None or not handler.streaming
        while not isinstance(
            answer := await self._answer(message, frame_id, _deadline(timeout)), CompleteMessage
        ):
            if final or isinstance(answer, ErrorMessage):
                await self._settle(_deadline(timeout))
            yield self._expected(message, answer, expect)
            if final or isinstance(answer, ErrorMessage):
                return

    # -- how

    @property
    def _wire(self) -> Wire:
        if self._consumer is not None:
            return self._consumer._engine().wire
        if self._probe.wire is None:
            raise ConfigurationError(
                f"No consumer of chanx serves {self.scope['path']!r} yet. Connect first, or name it: consumer=..."
            )
        return self._probe.wire

    def _parse(self, text: str) -> BaseMessage:
        wire = self._wire
        try:
            return wire.reader(wire.format.fingerprint).read(text)[0]
        except ValidationError as error:
            raise UndeclaredMessageError(
                f"{wire.contract.consumer.__qualname__} sent {text[:500]}, which its contract doesn't declare. "
                "Name the message in a handler's return annotation or output_type, in emits or in "
                f"passthrough_events.\n{error}"
            ) from None

    async def _text(self, timeout: float) -> str:
        event = await self.receive_output(timeout)
        if event["type"] == "websocket.close":
            raise self._ended()
        if event["type"] != "websocket.send" or not isinstance(event.get("text"), str):
            raise UndeclaredMessageError(f"The application sent {event!r:.500}, which is no text frame.")
        return cast(str, event["text"])

    async def _until(self, stop_action: str, timeout: float) -> AsyncGenerator[str]:
        deadline = _deadline(timeout)
        barrier = await self._send_barrier(stop_action)
        key = self._wire.format.action_key
        while True:
            try:
                text = await self._text(_left(deadline))
            except ConnectionClosedError:
                if stop_action == "complete":
                    return
                raise
            except TimeoutError:
                raise TimeoutError(f"No {stop_action!r} came within {timeout} s.") from None
            frame = _object(text)
            if frame.get(key) == stop_action or (barrier is not None and frame.get("id") == barrier):
                return
            yield text

    async def _send_barrier(self, stop_action: str) -> FrameId:
        """Where no ``complete`` is sent, ask something that is answered after all that was sent before."""
        wire = self._wire
        if stop_action not in _COMPLETIONS or wire.config.send_completion:
            return None
        if stop_action != "complete":
            raise ConfigurationError(
                f"SEND_COMPLETION is off, so {wire.contract.consumer.__qualname__} sends no {stop_action!r}. "
                "Switch it on, or read with receive_message()."
            )
        barrier = f"barrier-{next(self._ids)}"
        await self.send_message(CancelMessage(payload=CancelPayload(id=barrier)), id=barrier)
        return barrier

    async def _answer(self, message: BaseMessage, frame_id: FrameId, deadline: float) -> BaseMessage:
        while True:
            try:
                event = await self._receive_new(_left(deadline))
            except TimeoutError:
                raise TimeoutError(
                    f"No answer to {message.action!r} came in time.{_show(self._unread)}"
                ) from None
            text = event.get("text")
            if text is not None and _object(text).get("id") == frame_id:
                return self._parse(text)
            self._unread.append(event)
            if event["type"] == "websocket.close":
                raise ConnectionClosedError(
                    f"{message.action!r} was not answered: the connection was closed with {self.close_code}."
                    f"{_show(self._unread)}",
                    self.close_code,
                )

    async def _settle(self, deadline: float) -> None:
        """Read the ``complete`` that follows an answer where SEND_COMPLETION is on."""
        wire = self._wire
        while wire.config.send_completion and self.close_code is None:
            event = await self._receive_new(_left(deadline))
            frame = _object(event.get("text") or "null")
            if frame.get(wire.format.action_key) == "complete" and "id" not in frame:
                return
            self._unread.append(event)

    def _expected(self, message: BaseMessage, answer: BaseMessage, expect: type[R]) -> R:
        if isinstance(answer, expect):
            return answer
        if isinstance(answer, ErrorMessage):
            raise ErrorAnswer(answer) from self._probe.failures.get(answer.payload.error_id or "")
        raise AssertionError(
            f"{message.action!r} was answered with {answer!r}, not with {expect.__qualname__}."
        )


def _each_time(consumer: ConsumerClass) -> Application:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await consumer()(scope, receive, send)

    return application


def _deadline(timeout: float) -> float:
    return asyncio.get_running_loop().time() + timeout


def _left(deadline: float) -> float:
    return max(0.0, deadline - asyncio.get_running_loop().time())


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    return value if isinstance(value, dict) else {}


def _show(events: Iterable[dict[str, Any]]) -> str:
    texts = [str(event.get("text"))[:200] for event in events if event["type"] == "websocket.send"]
    return f" Unread: {' '.join(texts[-SHOWN:])}" if texts else ""
