"""Handlers that run beside the order of frames: supervised, limited, cancelled by id."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from chanx.core._wire import FrameId
from chanx.core.errors import RequestError
from chanx.messages.outgoing import ErrorCode


class Tasks:
    """The streaming and concurrent handlers of one connection."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running: dict[asyncio.Task[None], tuple[FrameId, bool]] = {}

    def start(self, run: Coroutine[Any, Any, None], frame_id: FrameId, *, streaming: bool) -> None:
        """
        Run a handler.

        Raises:
            RequestError: Too many run already, or one with the same id.
        """
        if (refusal := self._refusal(frame_id)) is not None:
            run.close()
            raise refusal
        task = asyncio.get_running_loop().create_task(run)
        self._running[task] = (frame_id, streaming)
        task.add_done_callback(self._running.pop)

    def runs(self, frame_id: FrameId) -> bool:
        """Whether the handler of a frame runs."""
        return any(frame_id == running_id for running_id, _ in self._running.values())

    def cancel(self, frame_id: FrameId) -> bool:
        """Stop the handler of a frame; False when none runs."""
        for task, (running_id, _) in self._running.items():
            if running_id == frame_id:
                # Soon, so that a handler which has yet to begin begins, and answers.
                asyncio.get_running_loop().call_soon(_stop, task)
                return True
        return False

    def cancel_streams(self) -> None:
        """Stop all streaming handlers."""
        for task, (_, streaming) in list(self._running.items()):
            if streaming:
                _stop(task)

    async def finish(self, grace: float) -> None:
        """Stop streams at once, wait `grace` seconds for the others, then cancel them, too."""
        self.cancel_streams()
        if self._running and grace > 0:
            await asyncio.wait(self._running, timeout=grace)
        for task in list(self._running):
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    def _refusal(self, frame_id: FrameId) -> RequestError | None:
        if len(self._running) >= self._limit:
            return RequestError(
                f"MAX_CONCURRENT_HANDLERS={self._limit} handlers run already. Wait until one has ended.",
                ErrorCode.TOO_MANY_PENDING,
            )
        if frame_id is not None and self.runs(frame_id):
            return RequestError(
                "A handler with this id still runs. Use another id.", ErrorCode.VALIDATION_ERROR
            )
        return None


def _stop(task: asyncio.Task[None]) -> None:
    """Cancel a task once: what it does to clean up shall not be cancelled."""
    if not task.cancelling():
        task.cancel()
