"""One sender and many members of a group."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer as PlainConsumer
from channels.layers import channel_layers
from django.test import override_settings

from chanx.core.decorators import ws_handler
from chanx_django.websocket import AsyncJsonWebsocketConsumer
from tests.benchmarks.applications import without_hop
from tests.benchmarks.client import Application, Client
from tests.benchmarks.redis_server import redis_server
from tests.benchmarks.report import Table
from tests.benchmarks.work import QUESTION, Answer, Ask, answer, untyped_answer

GROUP = "benchmark"
PLAIN = "plain Channels"
HOPLESS = "plain Channels, no database hop"
DELIVERIES = 3000
"""How many of them a round measures, about."""
CAPACITY = {"capacity": 100_000}


class PlainSender(PlainConsumer):
    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        event = {"type": "said", "content": untyped_answer(content)}
        await self.channel_layer.group_send(GROUP, event)


class PlainMember(PlainConsumer):
    groups = [GROUP]

    async def said(self, event: Any) -> None:
        await self.send_json(event["content"])


class Sender(AsyncJsonWebsocketConsumer):
    @ws_handler(output_type=Answer)
    async def ask(self, message: Ask) -> None:
        await self.broadcast_message(answer(message), GROUP)


class Member(AsyncJsonWebsocketConsumer):
    groups = [GROUP]
    emits = [Answer]


@dataclass(frozen=True)
class Subject:
    """A sender's application and the members' application."""

    name: str
    sender: Application
    member: Application
    around: Callable[[], AbstractContextManager[None]] = nullcontext

    def measure(self, members: int, broadcasts: int) -> float:
        """Return the microseconds of one delivery."""
        gc.collect()
        with self.around():
            return asyncio.run(self._run(members, broadcasts)) / members / broadcasts * 1e6

    async def _run(self, members: int, broadcasts: int) -> float:
        sender = Client(self.sender)
        clients = [Client(self.member) for _ in range(members)]
        hall = Hall(sender, clients)
        for client in (sender, *clients):
            await client.connect()
        try:
            await hall.hear()  # warm up
            begin = perf_counter()
            for _ in range(broadcasts):
                await hall.hear()
            return perf_counter() - begin
        finally:
            for client in (sender, *clients):
                await client.disconnect()
            await _close_layer()


class Hall:
    """Waits until every member has received what the sender broadcasts."""

    def __init__(self, sender: Client, clients: Sequence[Client]) -> None:
        self._sender = sender
        self._clients = clients
        self._missing = 0
        self._all: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        sender.on_text = self._answered
        for client in clients:
            client.on_text = self._heard

    async def hear(self) -> None:
        """
        Let the sender broadcast once.

        Raises:
            RuntimeError: The sender was answered, or a member received twice and another nothing.
        """
        before = [client.count for client in self._clients]
        self._missing = len(self._clients)
        self._all = asyncio.get_running_loop().create_future()
        self._sender.send(QUESTION)
        await self._all
        if any(client.count != count + 1 for client, count in zip(self._clients, before, strict=True)):
            raise RuntimeError("a member received twice, another nothing")

    def _heard(self, text: str) -> None:
        self._missing -= 1
        if self._missing == 0:
            self._all.set_result(None)

    def _answered(self, text: str) -> None:
        self._all.set_exception(RuntimeError(f"the sender was answered: {text}"))


SUBJECTS = (
    Subject("chanx", Sender.as_asgi(), Member.as_asgi()),
    Subject(HOPLESS, PlainSender.as_asgi(), PlainMember.as_asgi(), around=without_hop),
    Subject(PLAIN, PlainSender.as_asgi(), PlainMember.as_asgi()),
)


def measure(rounds: int, sizes: Sequence[int], layers: Sequence[str]) -> list[Table]:
    """Measure each group size on each layer, the subjects one after another in each round."""
    with redis_server() if set(layers) - {"memory"} else nullcontext("") as address:
        return [_table(rounds, members, layer, address) for layer in layers for members in sizes]


def layer_settings(layer: str, address: str) -> dict[str, Any]:
    """Return the CHANNEL_LAYERS of a layer's short name."""
    if layer == "memory":
        return {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": CAPACITY}}
    host = {"address": address, "socket_timeout": None}
    if layer == "pubsub":
        backend, options = "channels_redis.pubsub.RedisPubSubChannelLayer", {}
    else:
        backend, options = "channels_redis.core.RedisChannelLayer", CAPACITY
    return {"default": {"BACKEND": backend, "CONFIG": {"hosts": [host], **options}}}


def _table(rounds: int, members: int, layer: str, address: str) -> Table:
    times: dict[str, list[float]] = {subject.name: [] for subject in SUBJECTS}
    broadcasts = max(3, DELIVERIES // members)
    with override_settings(CHANNEL_LAYERS=layer_settings(layer, address)):
        for number in range(rounds):
            shift = number % len(SUBJECTS)
            for subject in SUBJECTS[shift:] + SUBJECTS[:shift]:
                times[subject.name].append(subject.measure(members, broadcasts))
    return Table(f"broadcast, {layer}, {members} members", "µs per delivery", times, (HOPLESS, PLAIN))


async def _close_layer() -> None:
    """Forget the layer with its connections, since each event loop needs its own."""
    layer = channel_layers.backends.pop("default", None)
    if layer is not None:
        await layer.flush()
        if hasattr(layer, "close_pools"):
            await layer.close_pools()
