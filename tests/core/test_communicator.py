"""What tests/core/test_testing.py leaves out: an end without any failure."""

from __future__ import annotations

from chanx.core.testing import Communicator, disconnect_all
from chanx.core.websocket import WebsocketConsumer


class Consumer(WebsocketConsumer):
    async def disconnect(self, code: int) -> None:
        ended.append(code)


ended: list[int] = []


async def test_all_are_disconnected_at_the_end() -> None:
    ended.clear()
    communicators: list[Communicator] = []
    async with disconnect_all(communicators):
        for _ in range(2):
            communicator = Communicator(Consumer)
            communicators.append(communicator)
            await communicator.connect()
        assert ended == []
    assert len(ended) == 2
