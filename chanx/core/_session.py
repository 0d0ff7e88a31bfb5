"""The life of one connection: opened, authenticated, served, cleaned up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from chanx.core._engine import Engine
from chanx.core._faults import Faults, describe, logger
from chanx.core._inbox import Inbox
from chanx.core._opening import authenticate, pick_subprotocol, read_params
from chanx.core._outlet import Outlet
from chanx.core._probe import PROBE, Probe
from chanx.core._relay import EVENT_TYPE, MESSAGE_TYPE, Relay
from chanx.core._runner import Runner
from chanx.core._tasks import Tasks
from chanx.core._watch import current_watch
from chanx.core._wire import FrameId
from chanx.core.authenticator import BaseAuthenticator
from chanx.core.contract import Handler
from chanx.core.errors import ChanxError, FrameError, RequestError
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
CLOSE_CODES = {
    ErrorCode.NOT_AUTHENTICATED: 4401,
    ErrorCode.PERMISSION_DENIED: 4403,
    ErrorCode.NOT_FOUND: 4404,
    ErrorCode.TOO_LARGE: 4413,
    ErrorCode.THROTTLED: 4429,
}
"""How a connection is closed when a hook refuses it."""
TURN = 32
"""After how many frames other connections get their turn."""
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
        self._task = asyncio.current_task()
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
        assert task is not None
        try:
            event = await self._receive()
            if event["type"] == "websocket.connect" and await self._open():
                await self._serve()
        except asyncio.CancelledError:
            if not self._interrupted or task.uncancel() > 0:
                self._grace = 0
                raise
        finally:
            await self._finish()

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

    # -- opening

    async def _open(self) -> bool:
        contract, consumer = self.engine.contract, self.consumer
        authenticator = consumer.authenticator
        early = authenticator is not None and authenticator.reject_before_accept
        refusal: RequestError | None = None
        if contract.params is not None:
            try:
                consumer.params = read_params(contract.params, self.scope)
            except RequestError as error:
                refusal = error
        if refusal is not None and early:
            return await self._refuse(refusal, 4400)
        if not early and not await self._guarded(self._connect(), "connect()"):
            return False
        if refusal is not None:  # after the accept, where a browser can read it
            return await self._refuse(refusal, 4400)
        if authenticator is not None:
            if not await self._guarded(self._authenticate(authenticator), "authentication"):
                return False
            if early and not await self._guarded(self._connect(), "connect()"):
                return False
        if not await self._guarded(self._join(), "joining groups"):
            return False
        self._ready = await self._guarded(self._begin(), "what follows authentication")
        return self._ready

    async def _connect(self) -> None:
        await self.consumer.connect()
        if not self.outlet.accepted:
            await self.outlet.close(4403)

    async def _authenticate(self, authenticator: BaseAuthenticator) -> None:
        try:
            passed = await authenticate(authenticator, self.scope, self.config.authentication_timeout)
        except TimeoutError:
            error = RequestError("Authentication took too long. Try again.", ErrorCode.NOT_AUTHENTICATED)
            await self._refuse(error, 4408)
            return
        if passed:
            self.consumer.user = authenticator.user
        else:
            if self.outlet.accepted:
                await self._tell_result(authenticator)
            await self._end(authenticator.close_code, "The connection was refused.")

    async def _tell_result(self, authenticator: BaseAuthenticator) -> None:
        if self.config.send_authentication_message and (result := authenticator.result()) is not None:
            await self.send(result)

    async def _join(self) -> None:
        groups = [*self.engine.contract.groups, *await self.consumer.get_groups()]
        try:
            await self.relay.open(groups)
        except ChanxError:
            raise
        except Exception as error:  # noqa: BLE001 - any error of any layer: the client shall come back
            error_id = self.faults.log(error, "joining groups")
            answer = RequestError("The server is not ready. Come back later.", ErrorCode.INTERNAL_ERROR)
            await self.faults.answer(answer, None, error_id=error_id)
            await self.outlet.close(4503)

    async def _begin(self) -> None:
        if self.consumer.authenticator is not None:
            await self._tell_result(self.consumer.authenticator)
        await self.consumer.post_authentication()
        self.relay.start(self._deliver)
        await self._keep_house()

    async def _guarded(self, step: Awaitable[None], place: str) -> bool:
        """Take one step of opening; a failure is answered, logged and closes the connection."""
        self._watch.start(self._read_ahead)
        try:
            await step
        except Exception as error:  # noqa: BLE001 - the user's code failed
            if self.outlet.accepted:
                await self.faults.fail(error, None, place)
            else:
                self.faults.log(error, place)
            code = CLOSE_CODES.get(error.code, 4500) if isinstance(error, RequestError) else 4500
            await self._end(code, "The connection was refused.")
        finally:
            self._watch.stop(self._read_ahead)
        return not self.outlet.ended

    async def _refuse(self, error: RequestError, code: int) -> bool:
        if self.outlet.accepted:
            await self.faults.answer(error, None)
        await self._end(code, error.detail)
        return False

    async def _end(self, code: int, detail: str) -> None:
        """Close; before the accept with an HTTP status where the server can (ASGI's denial response)."""
        can_deny = "websocket.http.response" in (self.scope.get("extensions") or {})
        if can_deny and not self.outlet.accepted and 4400 <= code < 4600:
            await self.outlet.deny(code - 4000, detail)
        else:
            await self.outlet.close(code)

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
                    message, frame_id = decode(text)
                except Exception as error:  # noqa: BLE001 - a bad frame, or a validator of the user's failed
                    await self._refuse_frame(text, error)
                else:
                    await self._handling(message, frame_id)
                watch.stop(read_ahead)
                if housekeeping is not None and housekeeping.due():
                    await housekeeping.run()
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
        kind = message["type"]
        try:
            if kind not in (MESSAGE_TYPE, EVENT_TYPE):
                await self.consumer.receive_foreign(message)
            elif not self.relay.wants(message):
                return
            elif kind == MESSAGE_TYPE or message["action"] in self.engine.passthrough:
                await self.outlet.text(self.wire.translate(message["text"], message["wire"]))
            else:
                await self._runner.event(message)
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
        if not self._interrupted and self._task is not None:
            self._interrupted = True
            self._task.cancel()

    async def _finish(self) -> None:
        """Clean up; each step runs whatever became of those before it."""
        self._interrupted = True
        if self._timer is not None:
            self._timer.cancel()
        steps: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("reading", self._inbox.close),
            ("stopping handlers", lambda: self._tasks.finish(self._grace)),
            ("leaving groups", self.relay.close),
            ("disconnect()", lambda: self.consumer.disconnect(self.outlet.code)),
            ("housekeeping", self._keep_house),
        ]
        cancelled: asyncio.CancelledError | None = None
        for place, step in steps:
            try:
                try:
                    await step()
                except asyncio.CancelledError as error:  # in a hurry now, but still in order
                    cancelled, self._grace = error, 0
                    await step()
            except Exception as error:  # noqa: BLE001 - logged; the other steps go on
                self.faults.log(error, place)
        self.faults.summarise()
        if cancelled is not None:
            raise cancelled

    async def _keep_house(self) -> None:
        housekeeping = self.consumer.housekeeping
        if housekeeping is not None and housekeeping.due():
            await housekeeping.run()

    def _log(self, verb: str, message: BaseMessage) -> None:
        if message.action not in self._ignored:
            logger.info("%s: %s %s", self.faults.where, verb, message.action)
