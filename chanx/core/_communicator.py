"""A client for tests that speaks the messages of a consumer's contract."""

# ruff: noqa: ASYNC109 - Channels names it so, and a test reads better with it
from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self, TypeVar, cast, overload

from chanx.core._answers import UndeclaredMessageError, expected, frame_of, read
from chanx.core._probe import PROBE, Probe
from chanx.core._transport import Application, ConnectionClosedError, Event, Headers, Transport, make_scope
from chanx.core._wire import FrameId, MessageWriter, Wire
from chanx.core.errors import ConfigurationError
from chanx.core.ports import Receive, Scope, Send
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage
from chanx.messages.incoming import CancelMessage, CancelPayload
from chanx.messages.outgoing import AuthenticationMessage, CompleteMessage, ErrorMessage

R = TypeVar("R", bound=BaseMessage)
ConsumerClass = type[WebsocketConsumer[Any]]
_COMPLETIONS = ("complete", "group_complete", "event_complete")


class Communicator(Transport):
    """
    A client in memory, for one connection to any ASGI application::

        async with Communicator(ChatConsumer, "/rooms/7/") as communicator:
            said = await communicator.request(Say(payload=Text(text="hello")), Said)

    Entering connects, fails when the connection is refused, and waits until the consumer is `ready`; leaving
    disconnects. An exception of the consumer is raised at once by whatever waits. Frames that `request` and
    `stream` pass over stay unread.
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
        self._consumer = consumer
        self._named_wire: Wire | None = None
        self._writer: MessageWriter | None = None
        self._ids = itertools.count(1)
        super().__init__(
            cast(Application, application), {**make_scope(path, headers, subprotocols), **(scope or {})}
        )
        self._probe = Probe(self._changed)
        self.scope[PROBE] = self._probe

    async def __aenter__(self) -> Self:
        try:
            connected, code = await self.connect()
            if not connected:
                raise ConnectionClosedError(f"The connection was refused with {code}.", cast(int, code))
            await self.ready()
        except BaseException as error:  # whatever it is, nothing is left behind
            await self.__aexit__(type(error), error, error.__traceback__)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.disconnect()
        except Exception as failure:  # the test's own failure comes first
            if error is None:
                raise
            error.add_note(f"The consumer failed, too: {failure!r}")

    @property
    def failures(self) -> list[BaseException]:
        """The exceptions that the consumer answered with ``internal_error``, oldest first."""
        return list(self._probe.failures.values())

    async def ready(self, timeout: float = 1.0) -> None:
        """
        Wait until the consumer has authenticated, joined its groups and begun to serve, or has ended.

        Raises:
            TimeoutError: It is not ready in time.
        """
        if self._probe.wire is not None:
            await self._wait_until(lambda: self._probe.opened, timeout, "The consumer wasn't ready")

    # -- sending

    async def send_message(self, message: BaseMessage, *, id: FrameId = None) -> None:  # noqa: A002 - its name on the wire
        """Send a message, also one made by `model_construct` of wrong values; an id comes back with its answers."""
        wire = self._wire
        if self._writer is None or self._writer.wire != wire.format:
            self._writer = MessageWriter(wire.format)
        await self.send_text(self._writer.write(message, id))

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
        answer = await self._answer(message, frame_id, timeout)
        await self._settle(answer, _left(deadline))
        return expected(message, answer, expect, self._probe.failures)

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
        streaming = handler is not None and handler.streaming
        while True:
            answer = await self._answer(message, frame_id, timeout)
            last = not streaming or isinstance(answer, (CompleteMessage, ErrorMessage))
            if last:
                await self._settle(answer, timeout)
            if isinstance(answer, CompleteMessage):
                return
            yield expected(message, answer, expect, self._probe.failures)
            if last:
                return

    # -- how

    @property
    def _action_key(self) -> str:
        return self._wire.format.action_key

    @property
    def _wire(self) -> Wire:
        """The wire of the consumer that serves the connection, else of the one that was named."""
        served, named = self._probe.wire, self._consumer
        if served is not None and (named is None or issubclass(served.contract.consumer, named)):
            return served
        if named is None:
            raise ConfigurationError(
                f"No consumer of chanx serves {self.scope['path']!r}. Connect first, or name it: consumer=..."
            )
        if self._named_wire is None:
            self._named_wire = Wire(named.contract, named.get_config())
        return self._named_wire

    def _parse(self, text: str) -> BaseMessage:
        return read(self._wire, text)

    @staticmethod
    def _frame_of(event: Event) -> dict[str, Any]:
        return frame_of(event.get("text"))

    async def _text(self, timeout: float, missing: str = "Nothing came") -> str:
        event = await self._take(_is_no_close, timeout, missing)
        if event["type"] != "websocket.send" or not isinstance(event.get("text"), str):
            raise UndeclaredMessageError(f"The application sent {event!r:.500}, which is no text frame.")
        return cast(str, event["text"])

    async def _until(self, stop_action: str, timeout: float) -> AsyncGenerator[str]:
        deadline = _deadline(timeout)
        barrier = await self._send_barrier(stop_action)
        while True:
            try:
                text = await self._text(_left(deadline), f"No {stop_action!r} came")
            except ConnectionClosedError:
                if stop_action != "complete":
                    raise
                return
            frame = frame_of(text)
            if frame.get(self._action_key) == stop_action or (
                barrier is not None and frame.get("id") == barrier
            ):
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

    async def _answer(self, message: BaseMessage, frame_id: FrameId, timeout: float) -> BaseMessage:
        def matches(event: Event) -> bool:
            return self._frame_of(event).get("id") == frame_id

        event = await self._take(matches, timeout, f"No answer to {message.action!r} came")
        return self._parse(event["text"])

    async def _settle(self, answer: BaseMessage, timeout: float) -> None:
        """Receive the ``complete`` that follows a final answer where SEND_COMPLETION is on."""

        def matches(event: Event) -> bool:
            frame = self._frame_of(event)
            return frame.get(self._action_key) == "complete" and "id" not in frame

        if self._wire.config.send_completion and not isinstance(answer, CompleteMessage):
            with suppress(ConnectionClosedError):
                await self._take(matches, timeout, "No 'complete' came")


@asynccontextmanager
async def disconnect_all(communicators: Collection[Communicator]) -> AsyncGenerator[None]:
    """Disconnect what is in a collection at the end, and raise the first exception of a consumer."""
    error: BaseException | None = None
    try:
        yield
    except BaseException as failure:  # noqa: BLE001 - raised below
        error = failure
    for communicator in communicators:
        try:
            await communicator.__aexit__(None, error, None)
        except Exception as failure:  # noqa: BLE001 - raised below, when the others are disconnected, too
            error = failure
    if error is not None:
        raise error


def _each_time(consumer: ConsumerClass) -> Application:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await consumer()(scope, receive, send)

    return application


def _deadline(timeout: float) -> float:
    return asyncio.get_running_loop().time() + timeout


def _left(deadline: float) -> float:
    return max(0.0, deadline - asyncio.get_running_loop().time())


def _is_no_close(event: Event) -> bool:
    return bool(event["type"] != "websocket.close")
