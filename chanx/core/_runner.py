"""Runs handlers to their final answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from chanx.core._dispatch import Host
from chanx.core._engine import Engine
from chanx.core._faults import Faults
from chanx.core._tasks import Tasks
from chanx.core._wire import FrameId
from chanx.core.contract import Handler
from chanx.core.errors import RequestError
from chanx.messages.base import BaseMessage
from chanx.messages.incoming import CancelMessage
from chanx.messages.outgoing import CompleteMessage, ErrorCode, PongMessage


class SendMessage(Protocol):
    """Sends a message, with the id of the frame that it answers."""

    def __call__(self, message: BaseMessage, frame_id: FrameId = None) -> Awaitable[None]:
        """Send it."""
        ...


class Runner:
    """
    Runs the handlers of one connection.

    Every frame with an id gets exactly one final answer, and every failure is answered and logged once.
    """

    def __init__(self, engine: Engine, host: Host, faults: Faults, tasks: Tasks, send: SendMessage) -> None:
        self._engine = engine
        self._messages = engine.messages
        self._events = engine.events
        self._completes = engine.config.send_completion
        self._immediately = engine.config.send_message_immediately
        self._consumer = host
        self._faults = faults
        self._tasks = tasks
        self._send = send
        self._main = asyncio.current_task()

    async def run(self, handler: Handler, message: BaseMessage, frame_id: FrameId) -> None:
        """Run one handler to its final answer."""
        final, answering = frame_id, False
        try:
            if handler.streaming:
                await self._messages.stream(self._consumer, handler, message, self._streamer(frame_id))
            elif (result := await self._messages.call(self._consumer, handler, message)) is not None:
                answering = True
                await self._send(result, frame_id)
                final = None
        except asyncio.CancelledError as error:
            await self._cancelled(error, handler, frame_id, answered=answering)
            final = None
        except Exception as error:  # noqa: BLE001 - the handler failed
            await self._faults.fail(error, frame_id, f"{handler.name}()")
            final = None
        if final is not None or self._completes:
            await self._send(CompleteMessage(), final)

    async def _cancelled(
        self, error: asyncio.CancelledError, handler: Handler, frame_id: FrameId, *, answered: bool
    ) -> None:
        """Answer a handler that was cancelled; cancelling the connection's own task ends the connection."""
        task = asyncio.current_task()
        if task is None or not task.cancelling():
            await self._faults.fail(error, frame_id, f"{handler.name}()")
        elif task is self._main:
            raise error
        elif not answered:
            await self._faults.answer(
                RequestError("The handler was cancelled.", ErrorCode.CANCELLED), frame_id
            )

    async def protocol(self, message: BaseMessage, frame_id: FrameId) -> None:
        """Answer a built-in message."""
        if isinstance(message, CancelMessage):
            if not self._tasks.cancel(message.payload.id):
                missing = RequestError("No running handler has this id.", ErrorCode.NOT_FOUND)
                await self._faults.answer(missing, frame_id)
                await self.complete(CompleteMessage)
            elif frame_id is not None or self._completes:
                await self._send(CompleteMessage(), frame_id)
        else:
            await self._send(PongMessage(), frame_id)
            await self.complete(CompleteMessage)

    async def event(self, message: dict[str, Any]) -> None:
        """Handle an event that came through the layer; its result goes to the client."""
        event = self._engine.wire.decode_event(message["text"])
        handler = self._events.find(event)
        assert handler is not None
        if handler.streaming:
            await self._events.stream(self._consumer, handler, event, self._send)
        elif (result := await self._events.call(self._consumer, handler, event)) is not None:
            await self._send(result)

    async def complete(self, message: Callable[[], BaseMessage]) -> None:
        """Send a completion message, where they are wanted."""
        if self._completes:
            await self._send(message())

    def _streamer(self, frame_id: FrameId) -> Callable[[BaseMessage], Awaitable[None]]:
        async def reply(message: BaseMessage) -> None:
            await self._send(message, frame_id)
            if self._immediately:
                await asyncio.sleep(0)

        return reply
