"""Every failure is answered once and logged once; a flood of bad frames fills no log."""

from __future__ import annotations

import logging
import time
import uuid

from chanx.core._outlet import Outlet
from chanx.core._wire import FrameId, Wire, shorten
from chanx.core.errors import RequestError
from chanx.messages.outgoing import ErrorCode, ErrorMessage, ErrorPayload

logger = logging.getLogger("chanx")

LOGGED_REFUSALS = 3
"""How many bad frames of one connection are logged one by one."""


class Faults:
    """The failures of one connection."""

    def __init__(self, outlet: Outlet, wire: Wire, where: str) -> None:
        self._outlet = outlet
        self._wire = wire
        self.where = where
        self.failures: dict[str, BaseException] | None = None
        """Where a test keeps what failed, by ``error_id``."""
        self._refused = 0
        self._recent: list[float] = []

    async def answer(self, error: RequestError, frame_id: FrameId, *, error_id: str | None = None) -> None:
        """Send an ``error`` frame."""
        payload = ErrorPayload(
            code=error.code,
            detail=error.detail,
            errors=list(error.errors) if error.errors else None,
            retry_after=error.retry_after,
            error_id=error_id,
        )
        await self._outlet.text(self._wire.encode(ErrorMessage(payload=payload), frame_id))

    async def refuse(self, error: RequestError, frame_id: FrameId) -> None:
        """Answer a bad frame; close with 4429 when there were too many of them."""
        self._refused += 1
        if self._refused <= LOGGED_REFUSALS:
            logger.warning(
                "%s: refused a frame: %s: %s", self.where, error.code.value, _one_line(error.detail)
            )
        self._recent.append(time.monotonic())
        await self.answer(error, frame_id)
        config = self._wire.config
        if len(self._recent) > config.error_budget:
            oldest = self._recent.pop(0)
            if self._recent[-1] - oldest < config.error_budget_window:
                await self._outlet.close(4429, "too many bad frames")

    async def fail(self, error: BaseException, frame_id: FrameId, place: str) -> None:
        """Answer the failure of a handler; only the log tells what it was."""
        if isinstance(error, RequestError):
            await self.answer(error, frame_id)
            return
        error_id = self.log(error, place)
        answer = RequestError("The server failed to handle this.", ErrorCode.INTERNAL_ERROR)
        await self.answer(answer, frame_id, error_id=error_id)

    def log(self, error: BaseException, place: str) -> str:
        """Log a failure; return the id under which it stands in the log."""
        error_id = uuid.uuid4().hex[:16]
        if self.failures is not None:
            self.failures[error_id] = error
        trace = (type(error), error, error.__traceback__)
        logger.error("%s: %s failed (error_id %s)", self.where, place, error_id, exc_info=trace)
        return error_id

    def summarise(self) -> None:
        """Log how many bad frames were not logged one by one."""
        if self._refused > LOGGED_REFUSALS:
            logger.warning("%s: refused %d frames in all", self.where, self._refused)


def describe(scope_path: object) -> str:
    """Name a connection in logs."""
    return shorten(str(scope_path))


def _one_line(text: str) -> str:
    return text.encode("unicode_escape").decode("ascii")
