"""The life of one connection: opened, authenticated, served, cleaned up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from chanx.core._cleanup import Step, clean_up
from chanx.core._engine import Engine
from chanx.core._faults import Faults, describe, logger
from chanx.core._hub import EVENT_TYPE, MESSAGE_TYPE
from chanx.core._inbox import TURN, Inbox
from chanx.core._opening import Opening, pick_subprotocol
from chanx.core._outlet import Outlet
from chanx.core._probe import PROBE, Probe
from chanx.core._relay import Relay
from chanx.core._runner import Runner
from chanx.core._tasks import Tasks
from chanx.core._watch import current_watch
from chanx.core._wire import FrameId
from chanx.core.contract import Handler
from chanx.core.errors import FrameError, RequestError
from chanx.core.ports import Receive, Scope, Send
from chanx.messages.base import BaseMessage
from chanx.messages.incoming import CancelMessage, PingMessage
from chanx.messages.outgoing import (
    CompleteMessage,
    ErrorCode,
    EventCompleteMessage,
    GroupCompleteMessage,
)

if TYPE_CHECKING:
    from chanx.core.websocket import WebsocketConsumer

Event = Mapping[str, Any]
_COMPLETIONS: dict[str, Callable[[], BaseMessage]] = {
    MESSAGE_TYPE: GroupCompleteMessage,
    EVENT_TYPE: EventCompleteMessage,
}


class Session:
    """One live connection."""

    def __init__(
        self, consumer: WebsocketConsumer[Any], engine: Engine, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self.consumer = consumer
        self.engine = engine
        self.config = engine.config
        self.wire = engine.wire
        self.scope = scope
        self.outlet = Outlet(send)
        self.relay = Relay(consumer.get_channel_layer(), self.config.max_subscriptions)
        self.faults = Faults(self.outlet, self.wire, describe(scope.get("path", "")))
        self._probe: Probe | None = scope.get(PROBE)
        if self._probe is not None:
            self._probe.wire, self.faults.failures = self.wire, self._probe.failures
        self._receive = receive
        self._inbox = Inbox(receive, self.config.max_pending_frames, self._urgent)
        self._tasks = Tasks(self.config.max_concurrent_handlers)
        self._ignored = frozenset(self.config.log_ignored_actions)
        self._logs = self.config.log_websocket_message and logger.isEnabledFor(logging.INFO)
        self._watch = current_watch()
        self._read_ahead = self._inbox.read_ahead
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._runner = Runner(engine, consumer, self.faults, self._tasks, self.send)
        self._grace = self.config.disconnect_grace
        self._ready = False
        self._waiting = False
        self._interrupted = False
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """
        Serve the connection until it ends.

        Raises:
            CancelledError: Somebody else cancelled the task.
        """
        task = self._task
        try:
            event = await self._receive()
            if event["type"] == "websocket.connect" and await self._open():
                await self._serve()
        except asyncio.CancelledError:
            if not self._interrupted or task.cancelling() > 1:
                self._grace = 0
                raise
        finally:
            if self._interrupted:
                task.uncancel()
            await self._finish()

    async def _open(self) -> bool:
        self._watch.start(self._read_ahead)
        try:
            self._ready = await Opening(self, self._deliver).run()
        finally:
            self._watch.stop(self._read_ahead)
        await self._keep_house()
        return self._ready

    # -- sending

    def send(self, message: BaseMessage, frame_id: FrameId = None) -> Awaitable[None]:
        """Send one message to the client."""
        text = self.wire.encode(message, frame_id)
        if self._logs:
            self._log("sent", message)
        return self.outlet.text(text)

    async def accept(self, subprotocol: str | None, headers: list[tuple[bytes, bytes]]) -> None:
        """Answer the handshake, with the subprotocol that both sides know."""
        offered = self.scope.get("subprotocols") or []
        chosen = subprotocol or pick_subprotocol(offered, self.engine.contract.subprotocols)
        await self.outlet.accept(chosen, headers)

    async def close(self, code: int, reason: str | None) -> None:
        """End the connection from this side."""
        await self.outlet.close(code, reason)
        if self._waiting:
            self._interrupt()
        elif asyncio.current_task() is not self._task:
            self._start_grace()

    # -- frames

    async def _serve(self) -> None:
        if self._probe is not None:
            self._probe.open()
        receive, inbox, outlet, decode = self._receive, self._inbox, self.outlet, self.wire.decode
        watch, read_ahead, housekeeping = self._watch, self._read_ahead, self.consumer.housekeeping
        count = 0
        try:
            while not outlet.closed:
                self._waiting = True
                event = await inbox.next() if inbox.reading_ahead else await receive()
                self._waiting = False
                text: Any = event.get("text")
                if text is None and event["type"] == "websocket.disconnect":
                    self._gone(event)
                    return
                watch.start(read_ahead)
                try:
                    message, frame_id = decode(text)  # pyright: ignore[reportArgumentType]  # None fails, too
                except Exception as error:  # noqa: BLE001 - a bad frame, or a validator of the user's failed
                    await self._refuse_frame(text, error)
                else:
                    await self._handling(message, frame_id)
                watch.stop(read_ahead)
                if housekeeping is not None and housekeeping.due():
                    await self._keep_house()
                count += 1
                if count % TURN == 0:
                    await asyncio.sleep(0)
        finally:
            watch.stop(read_ahead)

    async def _refuse_frame(self, text: str | None, error: Exception) -> None:
        if text is None:
            error = FrameError("Binary frames are not understood. Send text.", ErrorCode.MALFORMED_FRAME)
        if isinstance(error, FrameError):
            await self.faults.refuse(error, error.frame_id)
        else:
            assert text is not None
            await self.faults.fail(error, self.wire.id_of(text), "reading a frame")
        await self._runner.complete(CompleteMessage)

    def _handling(self, message: BaseMessage, frame_id: FrameId) -> Awaitable[None]:
        """Choose what answers a message."""
        if self._logs:
            self._log("received", message)
        handler = self.engine.messages.find(message)
        if handler is None:
            return self._runner.protocol(message, frame_id)
        if handler.streaming or handler.concurrent:
            return self._start(handler, message, frame_id)
        return self._runner.run(handler, message, frame_id)

    async def _start(self, handler: Handler, message: BaseMessage, frame_id: FrameId) -> None:
        run = self._beside(handler, message, frame_id)
        try:
            self._tasks.start(run, frame_id, streaming=handler.streaming)
        except RequestError as error:
            await self.faults.answer(error, frame_id)
            await self._runner.complete(CompleteMessage)

    async def _beside(self, handler: Handler, message: BaseMessage, frame_id: FrameId) -> None:
        await self._runner.run(handler, message, frame_id)
        await self._keep_house()

    async def _urgent(self, event: Event) -> bool:
        """Act at once on what must not wait for a running handler."""
        if event["type"] == "websocket.disconnect":
            self._gone(event)
            return False
        text = event.get("text") or ""
        if not self._ready or ('"ping"' not in text and '"cancel"' not in text):
            return False
        try:
            message, frame_id = self.wire.decode(text)
        except Exception:  # noqa: BLE001 - judged, answered and logged in its turn
            return False
        ping = type(message) is PingMessage and self.engine.contract.builtin_ping
        cancel = type(message) is CancelMessage and self._tasks.runs(message.payload.id)
        if not ping and not cancel:
            return False
        await self._runner.protocol(message, frame_id)
        return True

    # -- events

    async def _deliver(self, message: dict[str, Any]) -> None:
        kind = message.get("type", "")
        try:
            if kind not in (MESSAGE_TYPE, EVENT_TYPE):
                await self.consumer.receive_foreign(message)
            elif not self.relay.wants(message):
                return
            elif kind == MESSAGE_TYPE or message["action"] in self.engine.passthrough:
                await self.outlet.text(self.wire.translate(message["text"], message["wire"]))
            elif message["action"] in self.engine.contract.events:
                await self._runner.event(message)
            else:  # for consumers of another class in the group
                return
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            await self.faults.fail(error, None, "an event")
        except Exception as error:  # noqa: BLE001 - an event handler, or a foreign message, failed
            await self.faults.fail(error, None, f"the event {message.get('action', kind)!r}")
        if kind in _COMPLETIONS:
            await self._runner.complete(_COMPLETIONS[kind])
        await self._keep_house()

    # -- the end

    def _gone(self, event: Event) -> None:
        self.outlet.gone(event.get("code") or 1005)
        self._tasks.cancel_streams()
        if not self._ready:
            self._interrupt()
        elif not self._waiting:
            self._start_grace()

    def _start_grace(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._grace, self._expire)

    def _expire(self) -> None:
        self._grace = 0
        self._interrupt()

    def _interrupt(self) -> None:
        """Cancel what the connection's own task does, as its own wish."""
        if not self._interrupted:
            self._interrupted = True
            self._task.cancel()

    async def _finish(self) -> None:
        """Clean up; each step runs whatever became of those before it."""
        self._interrupted = True
        if self._timer is not None:
            self._timer.cancel()
            left = self._timer.when() - asyncio.get_running_loop().time()
            self._grace = max(0, min(self._grace, left))
        steps = [
            Step("reading", self._inbox.close),
            Step("stopping handlers", lambda: self._tasks.finish(self._grace)),
            Step("leaving groups", self.relay.close),
            Step("disconnect()", lambda: self.consumer.disconnect(self.outlet.code), again=False),
            Step("housekeeping", self._keep_house),
        ]
        try:
            await clean_up(steps, failed=self.faults.log, hurry=self._hurry)
        finally:
            self.faults.summarise()

    def _hurry(self) -> None:
        self._grace = 0

    async def _keep_house(self) -> None:
        housekeeping = self.consumer.housekeeping
        if housekeeping is not None and housekeeping.due():
            try:
                await housekeeping.run()
            except Exception as error:  # noqa: BLE001 - no reason to end the connection
                self.faults.log(error, "housekeeping")

    def _log(self, verb: str, message: BaseMessage) -> None:
        if message.action not in self._ignored:
            logger.info("%s: %s %s", self.faults.where, verb, message.action)
