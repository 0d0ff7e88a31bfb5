"""One connection: a typed request and its typed reply."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from tests.benchmarks.applications import Chanx, Plain, floor, without_hop
from tests.benchmarks.client import Application, Exchange
from tests.benchmarks.peers import Peer
from tests.benchmarks.report import Table
from tests.benchmarks.work import questions

FLOOR = "bare ASGI and Pydantic"
PLAIN = "plain Channels, untyped"
HOPLESS = "plain Channels, no database hop"


@dataclass(frozen=True)
class Subject:
    """An application that is measured in this process."""

    name: str
    application: Application
    ids: bool = False
    around: Callable[[], AbstractContextManager[None]] = nullcontext

    def measure(self, messages: int, *, turns: bool) -> float:
        """Return the microseconds of one message."""
        frames = questions(messages, ids=self.ids)

        async def run() -> float:
            return await Exchange(self.application, frames, turns=turns).measure()

        gc.collect()
        with self.around():
            return asyncio.run(run()) / messages * 1e6


SUBJECTS = (
    Subject(FLOOR, floor),
    Subject("chanx", Chanx.as_asgi()),
    Subject("chanx, with ids", Chanx.as_asgi(), ids=True),
    Subject(HOPLESS, Plain.as_asgi(), around=without_hop),
    Subject(PLAIN, Plain.as_asgi()),
)


def measure(rounds: int, messages: int, peers: Sequence[Peer] = ()) -> list[Table]:
    """Measure all subjects, one after another in each round."""
    return [
        _table(f"dispatch, {mode}", rounds, messages, peers, turns=turns)
        for mode, turns in (("direct", False), ("one loop turn per message", True))
    ]


def _table(title: str, rounds: int, messages: int, peers: Sequence[Peer], *, turns: bool) -> Table:
    subjects: list[Subject | Peer] = [*SUBJECTS, *peers]
    times: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    for subject in subjects:  # warm up
        subject.measure(max(messages // 10, 50), turns=turns)
    for number in range(rounds):
        shift = number % len(subjects)
        for subject in subjects[shift:] + subjects[:shift]:
            times[subject.name].append(subject.measure(messages, turns=turns))
    return Table(title, "µs per message", times, (FLOOR, HOPLESS, PLAIN))
