"""Whatever a client sends: every frame with an id gets one final answer, and the connection lives."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from chanx.core.decorators import ws_handler
from chanx.core.errors import RequestError
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage
from tests.core.peer import Peer

Deed = Literal["answer", "nothing", "refuse", "crash", "wait", "turn"]


class Do(BaseMessage):
    action: Literal["do"] = "do"
    payload: Deed


class Beside(BaseMessage):
    action: Literal["beside"] = "beside"
    payload: Deed


class Stream(BaseMessage):
    action: Literal["stream"] = "stream"
    payload: list[Deed] = []


class Done(BaseMessage):
    action: Literal["done"] = "done"


class Part(BaseMessage):
    action: Literal["part"] = "part"


class Consumer(WebsocketConsumer):
    error_budget = 10_000
    max_concurrent_handlers = 4

    async def obey(self, deed: Deed) -> Done | None:
        if deed == "refuse":
            raise RequestError("No.")
        if deed == "crash":
            raise KeyError(deed)
        if deed == "wait":
            await asyncio.Event().wait()
        if deed == "turn":
            await asyncio.sleep(0)
        return None if deed == "nothing" else Done()

    @ws_handler
    async def do(self, message: Do) -> Done | None:
        return await self.obey("turn" if message.payload == "wait" else message.payload)

    @ws_handler(concurrent=True)
    async def beside(self, message: Beside) -> Done | None:
        return await self.obey(message.payload)

    @ws_handler
    async def stream(self, message: Stream) -> AsyncIterator[Part]:
        for deed in message.payload:
            await self.obey(deed)
            yield Part()


deeds = st.sampled_from(["answer", "nothing", "refuse", "crash", "wait", "turn"])
numbers = st.integers(0, 30)
deed_frames = st.one_of(
    st.builds(lambda deed: {"action": "do", "payload": deed}, deeds),
    st.builds(lambda deed: {"action": "beside", "payload": deed}, deeds),
    st.builds(lambda list_: {"action": "stream", "payload": list_}, st.lists(deeds, max_size=3)),
    st.builds(lambda number: {"action": "cancel", "payload": {"id": number}}, numbers),
    st.sampled_from([{"action": "ping"}, {"action": "other"}, {"action": "do"}, {"action": None}, {}]),
)
frames = st.lists(st.tuples(deed_frames, st.booleans(), st.booleans()), max_size=30)


async def talk(script: list[tuple[dict[str, Any], bool, bool]]) -> None:
    expected = {number for number, (_, with_id, _) in enumerate(script) if with_id}
    answers: Counter[int] = Counter()

    async def hear() -> None:
        frame = await peer.hear()
        if "id" in frame and frame["action"] != "part":
            answers[frame["id"]] += 1

    async with Peer(Consumer) as peer:
        for number, (frame, with_id, turn) in enumerate(script):
            peer.say(json.dumps({**frame, "id": number} if with_id else frame))
            if turn:
                await asyncio.sleep(0)
        # What still waits is cancelled, again and again, as a cancel may come before what it is for.
        while expected - answers.keys() or 1000 not in answers:
            for number in expected - answers.keys():
                peer.say({"action": "cancel", "payload": {"id": number}})
            peer.say({"action": "ping", "id": 1000})
            await hear()
            while not peer.silent():
                await hear()
        peer.leave()
        peer.app._session._grace = 0
        await peer.ended()
        while not peer.silent():
            await hear()
    del answers[1000]
    assert answers == dict.fromkeys(expected, 1)


@settings(deadline=None, max_examples=60)
@given(frames)
def test_every_frame_with_an_id_gets_one_final_answer(
    script: list[tuple[dict[str, Any], bool, bool]],
) -> None:
    asyncio.run(talk(script))
