from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chanx.core._cleanup import Step, clean_up


class Work:
    """Steps that note what happened to them; those named hang wait to be cancelled."""

    def __init__(self, **steps: bool) -> None:
        self.log: list[str] = []
        self.hanging = asyncio.Event()
        self.hangs = {"hang", "hang_once"}
        self.steps = [Step(name, self.step(name), again=again) for name, again in steps.items()]

    def step(self, name: str) -> Any:
        async def run() -> None:
            self.log.append(name)
            if name in self.hangs:
                self.hangs.discard("hang_once" if name == "hang_once" else "")
                self.hanging.set()
                await asyncio.Event().wait()
            if name == "crash":
                raise KeyError(name)

        return run

    def start(self) -> asyncio.Task[None]:
        return asyncio.create_task(
            clean_up(self.steps, failed=self.failed, hurry=lambda: self.log.append("hurry"))
        )

    def failed(self, error: Exception, place: str) -> None:
        self.log.append(f"{place}: {error!r}")


async def test_every_step_runs_whatever_fails() -> None:
    work = Work(crash=True, last=True)
    await work.start()
    assert work.log == ["crash", "crash: KeyError('crash')", "last"]


async def test_a_step_that_was_cancelled_is_begun_again_in_a_hurry() -> None:
    work = Work(hang_once=True, last=True)
    task = work.start()
    await work.hanging.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert work.log == ["hang_once", "hurry", "hang_once", "last"]


async def test_a_step_that_counts_once_is_not_begun_again() -> None:
    work = Work(hang=False, last=True)
    task = work.start()
    await work.hanging.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert work.log == ["hang", "hurry", "last"]


async def test_a_step_that_is_cancelled_twice_is_left() -> None:
    work = Work(hang=True, last=True)
    task = work.start()
    await work.hanging.wait()
    work.hanging.clear()
    task.cancel()
    await work.hanging.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert work.log == ["hang", "hurry", "hang", "hurry", "last"]
