"""What grows: connections, idle connections, and the number of handlers of a class."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Callable
from time import perf_counter
from typing import Any, Literal

from chanx.core.decorators import ws_handler
from chanx.messages.base import BaseMessage
from chanx_django.websocket import AsyncJsonWebsocketConsumer
from tests.benchmarks.applications import Chanx, Plain, floor
from tests.benchmarks.client import Application, Client, Exchange
from tests.benchmarks.dispatch import FLOOR, PLAIN
from tests.benchmarks.report import Table
from tests.benchmarks.work import Question, questions

SUBJECTS: dict[str, Application] = {FLOOR: floor, "chanx": Chanx.as_asgi(), PLAIN: Plain.as_asgi()}
CONNECTIONS = 300
MESSAGES = 1000
SIZES = (1, 20, 100, 500)


def measure(rounds: int) -> list[Table]:
    """Measure everything that grows."""
    return [
        _table("connect and disconnect", "µs", rounds, _connect),
        _table("an idle connection, with its client", "KiB", rounds, _idle),
        _many_handlers(rounds),
        _classes(rounds),
    ]


def _table(title: str, unit: str, rounds: int, measured: Callable[[Application], float]) -> Table:
    times: dict[str, list[float]] = {name: [] for name in SUBJECTS}
    for application in SUBJECTS.values():  # warm up
        measured(application)
    for _ in range(rounds):
        for name, application in SUBJECTS.items():
            times[name].append(measured(application))
    return Table(title, unit, times, (FLOOR, PLAIN))


def _connect(application: Application) -> float:
    async def run() -> float:
        begin = perf_counter()
        for _ in range(CONNECTIONS):
            client = Client(application)
            await client.connect()
            await client.disconnect()
        return perf_counter() - begin

    gc.collect()
    return asyncio.run(run()) / CONNECTIONS * 1e6


def _idle(application: Application) -> float:
    async def run() -> float:
        gc.collect()
        tracemalloc.start()
        clients = [Client(application) for _ in range(CONNECTIONS)]
        for client in clients:
            await client.connect()
        for _ in range(10):
            await asyncio.sleep(0)
        gc.collect()
        found, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        for client in clients:
            await client.disconnect()
        return found

    return asyncio.run(run()) / CONNECTIONS / 1024


MESSAGES_OF = """
class Ask{name}(BaseMessage):
    action: Literal["{name}"] = "{name}"
    payload: Question
class Answer{name}(BaseMessage):
    action: Literal["answer_{name}"] = "answer_{name}"
    payload: Question
"""
HANDLER_OF = """
    @ws_handler
    async def {name}(self, message: Ask{name}) -> Answer{name}:
        return Answer{name}(payload=message.payload)
"""


def consumer_with(handlers: int) -> tuple[type[AsyncJsonWebsocketConsumer], float]:
    """
    Declare a consumer with so many handlers, each with messages of its own; `ask` is the last.

    Return the class, and the seconds that its creation took, without its messages.
    """
    names = [*(f"ask{number}" for number in range(handlers - 1)), "ask"]
    namespace: dict[str, Any] = {"Literal": Literal, "Question": Question, "BaseMessage": BaseMessage}
    namespace |= {"Base": AsyncJsonWebsocketConsumer, "ws_handler": ws_handler, "__name__": __name__}
    _run("".join(MESSAGES_OF.format(name=name) for name in names), namespace)
    begin = perf_counter()
    _run("class Large(Base):" + "".join(HANDLER_OF.format(name=name) for name in names), namespace)
    return namespace["Large"], perf_counter() - begin


def _run(source: str, namespace: dict[str, Any]) -> None:
    # Not the annotations of the future that this module has: the names are local.
    exec(compile(source, "<benchmark>", "exec", dont_inherit=True), namespace)


def _many_handlers(rounds: int) -> Table:
    applications = {f"{size} handlers": consumer_with(size)[0].as_asgi() for size in SIZES}
    times: dict[str, list[float]] = {name: [] for name in applications}
    frames = questions(MESSAGES)
    for number in range(rounds + 1):
        for name, application in applications.items():

            async def run(application: Application = application) -> float:
                return await Exchange(application, frames, turns=False).measure()

            seconds = asyncio.run(run())
            if number:
                times[name].append(seconds / MESSAGES * 1e6)
    return Table("dispatch in a large class", "µs per message", times, (f"{SIZES[0]} handlers",))


def _classes(rounds: int) -> Table:
    times: dict[str, list[float]] = {f"{size} handlers": [] for size in SIZES}
    for _ in range(rounds):
        for size in SIZES:
            times[f"{size} handlers"].append(consumer_with(size)[1] * 1e3)
    return Table("creation of the class", "ms", times, (f"{SIZES[0]} handlers",))
