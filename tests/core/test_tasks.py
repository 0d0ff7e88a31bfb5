from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from chanx.core._tasks import Tasks
from chanx.core.errors import RequestError


class Job:
    """A handler that waits until it is let go or cancelled."""

    def __init__(self, cleanup: Callable[[], Awaitable[None]] | None = None) -> None:
        self.started = asyncio.Event()
        self.go = asyncio.Event()
        self.cancelled = 0
        self.done = asyncio.Event()
        self.cleanup = cleanup

    async def run(self) -> None:
        self.started.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            if self.cleanup is not None:
                await self.cleanup()
        self.done.set()


@pytest.fixture
async def job() -> Job:
    return Job()


@pytest.fixture
async def tasks() -> Tasks:
    return Tasks(2)


async def test_a_handler_runs_until_it_ends(tasks: Tasks, job: Job) -> None:
    tasks.start(job.run(), 1, streaming=False)
    await job.started.wait()
    assert tasks.runs(1)
    assert not tasks.runs(2)
    job.go.set()
    await tasks.finish(5)
    assert job.done.is_set()
    assert not job.cancelled
    assert not tasks.runs(1)


async def test_too_many_handlers_are_refused(tasks: Tasks, job: Job) -> None:
    for number in range(2):
        tasks.start(job.run(), number, streaming=False)
    with pytest.raises(
        RequestError, match=r"MAX_CONCURRENT_HANDLERS=2 handlers run already\. Wait"
    ) as caught:
        tasks.start(job.run(), 3, streaming=False)
    assert caught.value.code == "too_many_pending"
    await tasks.finish(0)


async def test_an_id_that_still_runs_is_refused(tasks: Tasks, job: Job) -> None:
    tasks.start(job.run(), 1, streaming=False)
    with pytest.raises(RequestError, match="Use another id") as caught:
        tasks.start(job.run(), 1, streaming=False)
    assert caught.value.code == "validation_error"
    await tasks.finish(0)


async def test_ids_of_another_type_are_other_ids(tasks: Tasks, job: Job) -> None:
    tasks.start(job.run(), 1, streaming=False)
    tasks.start(job.run(), "1", streaming=False)
    assert tasks.runs("1")
    await tasks.finish(0)


async def test_handlers_without_an_id_do_not_clash(tasks: Tasks, job: Job) -> None:
    tasks.start(job.run(), None, streaming=False)
    tasks.start(job.run(), None, streaming=False)
    await tasks.finish(0)


async def test_one_handler_is_cancelled_by_its_id(tasks: Tasks) -> None:
    one, other = Job(), Job()
    tasks.start(one.run(), 1, streaming=False)
    tasks.start(other.run(), 2, streaming=True)
    assert tasks.cancel(1)
    assert not tasks.cancel(3)
    await one.done.wait()
    await asyncio.sleep(0)
    assert (one.cancelled, other.cancelled) == (1, 0)
    assert not tasks.cancel(1)
    await tasks.finish(0)
    assert other.cancelled == 1


async def test_a_handler_that_has_not_begun_begins_before_it_is_cancelled(tasks: Tasks, job: Job) -> None:
    tasks.start(job.run(), 1, streaming=False)
    assert tasks.cancel(1)
    await tasks.finish(5)
    assert job.cancelled == 1


async def test_a_handler_is_cancelled_once(tasks: Tasks) -> None:
    cleaning, cleaned = asyncio.Event(), asyncio.Event()

    async def cleanup() -> None:
        cleaning.set()
        await cleaned.wait()

    job = Job(cleanup)
    tasks.start(job.run(), 1, streaming=True)
    await job.started.wait()
    tasks.cancel(1)
    await cleaning.wait()
    tasks.cancel(1)
    tasks.cancel_streams()
    finishing = asyncio.create_task(tasks.finish(5))
    await asyncio.sleep(0)
    cleaned.set()
    await finishing
    assert (job.cancelled, job.done.is_set()) == (1, True)


async def test_streams_are_cancelled_at_once_and_others_get_their_time(tasks: Tasks) -> None:
    stream, other = Job(), Job()
    tasks.start(stream.run(), None, streaming=True)
    tasks.start(other.run(), None, streaming=False)
    await other.started.wait()
    finishing = asyncio.create_task(tasks.finish(5))
    await stream.done.wait()
    assert not other.cancelled
    other.go.set()
    await finishing
    assert (stream.cancelled, other.cancelled) == (1, 0)


async def test_without_time_all_are_cancelled(tasks: Tasks, job: Job) -> None:
    tasks.start(job.run(), None, streaming=False)
    await job.started.wait()
    await tasks.finish(0)
    assert (job.cancelled, job.done.is_set()) == (1, True)


async def test_after_their_time_all_are_cancelled(tasks: Tasks, job: Job) -> None:
    tasks.start(job.run(), None, streaming=False)
    await job.started.wait()
    await tasks.finish(1e-9)
    assert (job.cancelled, job.done.is_set()) == (1, True)


async def test_nothing_to_finish_is_finished(tasks: Tasks) -> None:
    await tasks.finish(5)
