"""Steps that run at the end, whatever becomes of those before them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do."""

    place: str
    """Its name in logs."""
    run: Callable[[], Awaitable[None]]
    again: bool = True
    """Whether it is begun anew after a cancellation; else what was done of it counts."""


async def clean_up(
    steps: Iterable[Step], *, failed: Callable[[Exception, str], object], hurry: Callable[[], None]
) -> None:
    """
    Run all steps in order.

    Args:
        steps: What to do.
        failed: Is told of each failure.
        hurry: Is called when the task is cancelled meanwhile.

    Raises:
        CancelledError: The task was cancelled; every step has run.
    """
    left = deque(steps)
    cancelled: asyncio.CancelledError | None = None
    while left:
        step = left[0]
        try:
            await step.run()
        except asyncio.CancelledError as error:
            again = step.again and cancelled is None
            cancelled = error
            hurry()
            if again:
                continue
        except Exception as error:  # noqa: BLE001 - reported; the other steps go on
            failed(error, step.place)
        left.popleft()
    if cancelled is not None:
        raise cancelled
