"""The life of a connection: order, cancellation, the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from pydantic import model_validator

from chanx.core.decorators import event_handler, ws_handler
from chanx.core.errors import RequestError
from chanx.core.ports import ChannelLayer, Housekeeping
from chanx.core.testing import MemoryLayer
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage
from chanx.messages.outgoing import ErrorCode
from tests.core.peer import PATIENCE, Peer


class Do(BaseMessage):
    action: Literal["do"] = "do"
    payload: str = ""


class Done(BaseMessage):
    action: Literal["done"] = "done"
    payload: Any = None


class Beside(BaseMessage):
    action: Literal["beside"] = "beside"
    payload: str = ""


class Stream(BaseMessage):
    action: Literal["stream"] = "stream"
    payload: int = 2


class Crash(BaseMessage):
    action: Literal["crash"] = "crash"

    @model_validator(mode="after")
    def _crash(self) -> Crash:
        raise KeyError("secret")


class Poke(BaseMessage):
    action: Literal["poke"] = "poke"
    payload: str = ""


class Consumer(WebsocketConsumer):
    """Its handlers do what their payload says, and wait where a test lets them go."""

    layer: ChannelLayer | None = None

    def __init__(self) -> None:
        self.log: list[str] = []
        self.started = asyncio.Event()
        self.go = asyncio.Event()
        self.over: list[int] = []

    @classmethod
    def get_channel_layer(cls) -> ChannelLayer | None:
        return cls.layer

    async def wait(self) -> None:
        self.started.set()
        await self.go.wait()

    @ws_handler
    async def do(self, message: Do) -> Done | None:
        self.log.append(f"begin {message.payload}")
        try:
            return await self.obey(message.payload)
        except asyncio.CancelledError:
            self.log.append("cancelled")
            raise
        finally:
            self.log.append(f"end {message.payload}")

    async def obey(self, word: str) -> Done | None:
        match word:
            case "wait":
                await self.wait()
            case "swallow":
                try:
                    await self.wait()
                except asyncio.CancelledError:
                    self.log.append("swallowed")
            case "cancel":
                raise asyncio.CancelledError
            case "timeout":
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0):
                        await asyncio.Event().wait()
            case "close":
                await self.close(4409, "enough")
            case "refuse":
                raise RequestError("No.", ErrorCode.NOT_FOUND)
            case "nothing":
                return None
            case "odd":
                return "odd"  # type: ignore[return-value]
        return Done(payload=word)

    @ws_handler(concurrent=True)
    async def beside(self, message: Beside) -> Done | None:
        return await self.do(Do(payload=message.payload))

    @ws_handler
    async def stream(self, message: Stream) -> AsyncIterator[Done]:
        try:
            for number in range(message.payload):
                yield Done(payload=number)
            if message.payload > 5:
                await self.wait()
        finally:
            self.log.append("stream closed")

    @ws_handler
    async def crash(self, message: Crash) -> None: ...

    @event_handler
    async def poke(self, event: Poke) -> Done | None:
        return await self.obey(event.payload)

    async def disconnect(self, code: int) -> None:
        self.over.append(code)


def do(word: str, **more: Any) -> dict[str, Any]:
    return {"action": "do", "payload": word, **more}


def kind_of(frame: dict[str, Any]) -> Any:
    return frame["payload"]["code"] if frame["action"] == "error" else frame["action"]


async def started(peer: Peer) -> None:
    async with asyncio.timeout(PATIENCE):
        await peer.app.started.wait()


# -- answers


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("word", "done"),
        ("nothing", "complete"),
        ("cancel", "internal_error"),
        ("timeout", "done"),
        ("refuse", "not_found"),
        ("odd", "internal_error"),
    ],
)
@pytest.mark.parametrize("action", ["do", "beside"])
async def test_every_frame_with_an_id_gets_one_answer(word: str, kind: str, action: str) -> None:
    async with Peer(Consumer) as peer:
        answer = await peer.ask({"action": action, "payload": word, "id": 5})
        assert (kind_of(answer), answer["id"]) == (kind, 5)
        assert (await peer.ask({"action": "ping"}))["action"] == "pong"


async def test_a_frame_without_an_id_whose_handler_returns_nothing_gets_no_answer() -> None:
    async with Peer(Consumer) as peer:
        peer.say(do("nothing"))
        assert (await peer.ask({"action": "ping"}))["action"] == "pong"


async def test_completions_follow_where_they_are_wanted() -> None:
    class Completing(Consumer):
        send_completion = True

    async with Peer(Completing) as peer:
        for frame in (
            do("word", id=1),
            do("nothing", id=2),
            do("refuse"),
            "bad",
            {"action": "ping", "id": 4},
        ):
            peer.say(frame)
        frames = [await peer.hear() for _ in range(9)]
    assert [(kind_of(frame), frame.get("id")) for frame in frames] == [
        ("done", 1),
        ("complete", None),
        ("complete", 2),
        ("not_found", None),
        ("complete", None),
        ("malformed_frame", None),
        ("complete", None),
        ("pong", 4),
        ("complete", None),
    ]


async def test_a_validator_that_crashes_is_a_failure_of_the_frame() -> None:
    async with Peer(Consumer) as peer:
        answer = await peer.ask({"action": "crash", "id": "i"})
        assert (kind_of(answer), answer["id"]) == ("internal_error", "i")


async def test_a_binary_frame_is_malformed() -> None:
    async with Peer(Consumer) as peer:
        peer.put({"type": "websocket.receive", "bytes": b"{}"})
        assert kind_of(await peer.hear()) == "malformed_frame"
        peer.put({"type": "websocket.receive", "bytes": None, "text": '{"action":"ping"}'})
        assert kind_of(await peer.hear()) == "pong"


async def test_many_frames_leave_others_their_turn() -> None:
    async with Peer(Consumer) as peer:
        peer.say(*[do(str(number)) for number in range(100)])
        await asyncio.sleep(0)
        assert 0 < peer.outgoing.qsize() < 100
        assert [(await peer.hear())["payload"] for _ in range(100)] == [str(number) for number in range(100)]


# -- while a handler runs


async def test_a_ping_is_answered_while_a_handler_runs() -> None:
    async with Peer(Consumer) as peer:
        peer.say(do("wait"))
        await started(peer)
        assert (await peer.ask({"action": "ping", "id": 1})) == {"action": "pong", "payload": None, "id": 1}
        peer.say(do("next"))
        peer.app.go.set()
        assert [(await peer.hear())["payload"] for _ in range(2)] == ["wait", "next"]
        assert (await peer.ask(do("last")))["payload"] == "last"


async def test_only_what_is_urgent_goes_before_its_turn() -> None:
    async with Peer(Consumer) as peer:
        peer.say(do("wait"))
        await started(peer)
        peer.say(
            '"ping" is no frame', do('a "ping"'), {"action": "cancel", "payload": {"id": 9}, "id": 3}, do("b")
        )
        assert (await peer.ask({"action": "ping"}))["action"] == "pong"
        peer.app.go.set()
        answers = [kind_of(await peer.hear()) for _ in range(5)]
    assert answers == ["done", "malformed_frame", "done", "not_found", "done"]


async def test_an_own_ping_waits_for_its_turn() -> None:
    class Pinging(Consumer):
        @ws_handler
        async def ping(self, message: OwnPing) -> Done:
            return Done(payload="own")

    async with Peer(Pinging) as peer:
        peer.say(do("wait"))
        await started(peer)
        peer.say({"action": "ping"})
        await peer.taken(3)
        assert peer.silent()
        peer.app.go.set()
        assert [(await peer.hear())["payload"] for _ in range(2)] == ["wait", "own"]


class OwnPing(BaseMessage):
    action: Literal["ping"] = "ping"


# -- cancel


async def test_a_concurrent_handler_is_cancelled_by_its_id() -> None:
    async with Peer(Consumer) as peer:
        peer.say({"action": "beside", "payload": "wait", "id": "a"})
        await started(peer)
        peer.say({"action": "cancel", "payload": {"id": "a"}, "id": "b"})
        answers = {frame["id"]: kind_of(frame) for frame in (await peer.hear(), await peer.hear())}
    assert answers == {"a": "cancelled", "b": "complete"}


async def test_a_handler_that_has_not_begun_is_answered_too() -> None:
    async with Peer(Consumer) as peer:
        peer.say(
            {"action": "beside", "payload": "wait", "id": 1},
            {"action": "cancel", "payload": {"id": 1}, "id": 2},
        )
        answers = {frame["id"]: kind_of(frame) for frame in (await peer.hear(), await peer.hear())}
    assert answers == {1: "cancelled", 2: "complete"}


async def test_an_id_of_another_type_cancels_nothing() -> None:
    async with Peer(Consumer) as peer:
        peer.say({"action": "beside", "payload": "wait", "id": "1"})
        await started(peer)
        assert kind_of(await peer.ask({"action": "cancel", "payload": {"id": 1}, "id": 2})) == "not_found"
        assert kind_of(await peer.ask({"action": "cancel", "payload": {"id": True}})) == "validation_error"
        peer.app.go.set()


async def test_a_cancel_without_an_id_is_not_answered() -> None:
    async with Peer(Consumer) as peer:
        peer.say({"action": "beside", "payload": "wait", "id": 1})
        await started(peer)
        assert kind_of(await peer.ask({"action": "cancel", "payload": {"id": 1}})) == "cancelled"
        assert kind_of(await peer.ask({"action": "ping"})) == "pong"


async def test_a_cancel_acts_while_another_handler_runs() -> None:
    async with Peer(Consumer) as peer:
        peer.say({"action": "stream", "payload": 10, "id": 1})
        for number in range(10):
            assert (await peer.hear())["payload"] == number
        await started(peer)
        peer.app.started.clear()
        peer.say(do("wait"))
        await started(peer)
        peer.say({"action": "cancel", "payload": {"id": 1}})
        assert kind_of(await peer.hear()) == "cancelled"
        assert "stream closed" in peer.app.log
        peer.app.go.set()
        assert kind_of(await peer.hear()) == "done"


async def test_a_handler_that_is_cancelled_while_its_answer_is_sent_is_answered_once() -> None:
    sending = asyncio.Event()

    async def hinder(event: dict[str, Any]) -> None:
        if '"done"' in event["text"]:
            sending.set()
            await asyncio.Event().wait()

    async with Peer(Consumer) as peer:
        peer.hindrance = hinder
        peer.say({"action": "beside", "payload": "word", "id": 1})
        await sending.wait()
        peer.say({"action": "cancel", "payload": {"id": 1}, "id": 2})
        answers = [(kind_of(frame), frame["id"]) for frame in (await peer.hear(), await peer.hear())]
        peer.hindrance = None
        assert kind_of(await peer.ask({"action": "ping"})) == "pong"
    assert answers == [("done", 1), ("complete", 2)]


async def test_too_many_handlers_are_refused() -> None:
    class Limited(Consumer):
        max_concurrent_handlers = 1
        send_completion = True

    async with Peer(Limited) as peer:
        peer.say(*[{"action": "beside", "payload": "wait", "id": number} for number in range(2)])
        refusal = await peer.hear()
        assert (kind_of(refusal), refusal["id"]) == ("too_many_pending", 1)
        assert kind_of(await peer.hear()) == "complete"
        peer.app.go.set()
        assert (await peer.hear())["id"] == 0


@pytest.mark.parametrize("immediately", [True, False])
async def test_a_stream_ends_with_complete(immediately: bool) -> None:
    class Streaming(Consumer):
        send_message_immediately = immediately

    async with Peer(Streaming) as peer:
        peer.say({"action": "stream", "id": 1})
        assert [kind_of(await peer.hear()) for _ in range(3)] == ["done", "done", "complete"]


# -- the end


async def test_frames_that_came_before_the_disconnect_are_handled() -> None:
    peer = Peer(Consumer)
    peer.start()
    peer.say(do("a"), do("b"))
    peer.leave(1000)
    await peer.ended()
    assert peer.app.log == ["begin a", "end a", "begin b", "end b"]
    assert peer.app.over == [1000]


async def test_a_disconnect_without_a_code_is_1005() -> None:
    peer = Peer(Consumer)
    peer.start()
    peer.put({"type": "websocket.disconnect"})
    await peer.ended()
    assert peer.app.over == [1005]


async def test_a_running_handler_gets_its_time_after_the_disconnect() -> None:
    async with Peer(Consumer) as peer:
        peer.say(do("wait"), do("next"))
        await started(peer)
        peer.leave()
        await peer.taken(4)
        peer.app.go.set()
        await peer.ended()
    assert peer.app.log == ["begin wait", "end wait", "begin next", "end next"]
    assert peer.silent()


@pytest.mark.parametrize("action", ["do", "beside"])
async def test_a_handler_is_cancelled_when_its_time_is_over(action: str) -> None:
    class Hasty(Consumer):
        disconnect_grace = 1e-9

    async with Peer(Hasty) as peer:
        peer.say({"action": action, "payload": "wait"}, do("never"))
        await started(peer)
        peer.leave()
        await peer.ended()
    assert "cancelled" in peer.app.log
    assert peer.app.over == [1001]
    assert peer.task.cancelling() == 0


async def test_a_handler_that_swallows_its_cancellation_ends_the_connection_all_the_same() -> None:
    class Hasty(Consumer):
        disconnect_grace = 1e-9

    async with Peer(Hasty) as peer:
        peer.say(do("swallow"))
        await started(peer)
        peer.leave()
        await peer.ended()
    assert peer.app.log == ["begin swallow", "swallowed", "end swallow"]
    assert not peer.task.cancelled()
    assert peer.task.cancelling() == 0


async def test_a_stream_stops_at_once_when_the_client_goes() -> None:
    async with Peer(Consumer) as peer:
        peer.say({"action": "stream", "payload": 10})
        await started(peer)
        peer.leave()
        await peer.ended()
    assert peer.app.log == ["stream closed"]


async def test_a_cancellation_by_somebody_else_goes_through() -> None:
    async with Peer(Consumer) as peer:
        peer.say(do("wait"))
        await started(peer)
        peer.task.cancel()
        await asyncio.wait([peer.task])
        assert peer.task.cancelled()
        assert peer.app.over == [1006]
        assert peer.app.log == ["begin wait", "cancelled", "end wait"]
        assert peer.silent()
        peer.task = asyncio.create_task(asyncio.sleep(0))


async def test_a_cancellation_by_somebody_else_goes_through_also_beside_ours() -> None:
    cancelled = asyncio.Event()

    class Hasty(Consumer):
        disconnect_grace = 1e-9

        async def obey(self, word: str) -> None:
            try:
                await self.wait()
            except asyncio.CancelledError:
                cancelled.set()
                await asyncio.Event().wait()

    async with Peer(Hasty) as peer:
        peer.say(do("wait"))
        await started(peer)
        peer.leave()
        await cancelled.wait()
        peer.task.cancel()
        await asyncio.wait([peer.task])
        assert peer.task.cancelled()
        assert peer.app.over == [1001]
        peer.task = asyncio.create_task(asyncio.sleep(0))


async def test_a_cancellation_while_idle_goes_through() -> None:
    async with Peer(Consumer) as peer:
        await peer.ask({"action": "ping"})
        peer.task.cancel()
        await asyncio.wait([peer.task])
        assert peer.task.cancelled()
        assert peer.app.over == [1006]
        peer.task = asyncio.create_task(asyncio.sleep(0))


async def test_a_cancellation_cuts_the_cleaning_up_short_but_leaves_out_nothing() -> None:
    layer = MemoryLayer()

    class Slow(Consumer):
        groups = ["all"]

        async def disconnect(self, code: int) -> None:
            self.over.append(code)
            await self.wait()

    Slow.layer = layer
    async with Peer(Slow) as peer:
        peer.leave()
        await started(peer)
        assert layer.groups == {}
        peer.task.cancel()
        await asyncio.wait([peer.task])
        assert peer.task.cancelled()
        assert peer.app.over == [1001]
        peer.task = asyncio.create_task(asyncio.sleep(0))


async def test_a_handler_may_close() -> None:
    async with Peer(Consumer) as peer:
        peer.say(do("close", id=1), do("never"))
        event = await peer.event()
        assert event == {"type": "websocket.close", "code": 4409, "reason": "enough"}
        await peer.ended()
    assert peer.silent()
    assert peer.app.log == ["begin close", "end close"]
    assert peer.app.over == [4409]


async def test_a_close_from_another_task_ends_a_waiting_connection() -> None:
    async with Peer(Consumer) as peer:
        await peer.ask({"action": "ping"})
        await peer.app.close(4409)
        assert await peer.closed() == 4409
        await peer.ended()
    assert peer.task.cancelling() == 0


async def test_a_close_from_another_task_leaves_a_handler_its_time() -> None:
    async with Peer(Consumer) as peer:
        peer.say(do("wait"), do("never"))
        await started(peer)
        await peer.app.close(4409)
        peer.app.go.set()
        await peer.ended()
    assert peer.app.log == ["begin wait", "end wait"]


async def test_a_close_from_a_concurrent_handler_ends_the_connection() -> None:
    async with Peer(Consumer) as peer:
        peer.say({"action": "beside", "payload": "close", "id": 1})
        assert await peer.closed() == 4409
        await peer.ended()
    assert peer.app.over == [4409]


async def test_a_client_that_goes_during_the_opening_is_not_waited_for() -> None:
    class Slow(Consumer):
        async def post_authentication(self) -> None:
            try:
                await self.wait()
            finally:
                self.log.append("stopped")

    async with Peer(Slow) as peer:
        peer.say(do("never"))
        await started(peer)
        peer.leave()
        await peer.ended()
    assert peer.app.log == ["stopped"]
    assert peer.app.over == [1001]


async def test_what_is_interrupted_once_is_not_interrupted_again() -> None:
    swallowed, end = asyncio.Event(), asyncio.Event()

    class Stubborn(Consumer):
        disconnect_grace = 1e-9

        async def post_authentication(self) -> None:
            await self.obey("swallow")
            swallowed.set()
            await end.wait()

    async with Peer(Stubborn) as peer:
        await started(peer)
        peer.leave()
        await swallowed.wait()
        await peer.app.close()
        asyncio.get_running_loop().call_later(1e-6, end.set)
        await peer.ended()
    assert peer.task.cancelling() == 0
    assert peer.app.over == [1001]


async def test_a_connection_that_never_connects_is_cleaned_up() -> None:
    peer = Peer(Consumer)
    peer.put({"type": "websocket.disconnect", "code": 1006})
    peer.task = asyncio.create_task(peer.app(peer.scope, peer._receive, peer._send))
    await peer.ended()
    assert peer.silent()
    assert peer.app.over == [1006]


async def test_a_disconnect_hook_that_crashes_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Crashing(Consumer):
        async def disconnect(self, code: int) -> None:
            raise KeyError("secret")

    async with Peer(Crashing):
        pass
    assert "disconnect() failed" in caplog.records[-1].message


async def test_a_message_after_the_end_is_dropped() -> None:
    class Late(Consumer):
        async def disconnect(self, code: int) -> None:
            await self.send_message(Done())
            await self.close()

    async with Peer(Late) as peer:
        peer.leave()
        await peer.ended()
    assert peer.silent()


# -- the layer


@pytest.fixture
def layer() -> MemoryLayer:
    return MemoryLayer()


@pytest.fixture
def layered(layer: MemoryLayer) -> Any:
    return type("Layered", (Consumer,), {"layer": layer, "groups": ["all"], "send_completion": True})


@pytest.mark.parametrize(
    ("word", "kinds"),
    [
        ("word", ["done", "event_complete"]),
        ("nothing", ["event_complete"]),
        ("refuse", ["not_found", "event_complete"]),
        ("cancel", ["internal_error", "event_complete"]),
        ("odd", ["internal_error", "event_complete"]),
    ],
)
async def test_an_event_is_handled_beside_the_frames(layered: Any, word: str, kinds: list[str]) -> None:
    async with Peer(layered) as peer:
        peer.say(do("wait"))
        await started(peer)
        await layered.broadcast_event(Poke(payload=word))
        assert [kind_of(await peer.hear()) for _ in kinds] == kinds
        peer.app.go.set()


async def test_a_slow_event_handler_holds_back_no_frame(layered: Any) -> None:
    async with Peer(layered) as peer:
        await peer.ask({"action": "ping"})
        await peer.hear()
        await layered.broadcast_event(Poke(payload="wait"))
        await started(peer)
        assert (await peer.ask(do("word")))["payload"] == "word"


async def test_a_streaming_event_handler_sends_what_it_yields(layered: Any) -> None:
    class Streaming(layered):
        @event_handler
        async def poke(self, event: Poke) -> AsyncIterator[Done]:
            yield Done(payload=1)
            yield Done(payload=2)

    async with Peer(Streaming) as peer:
        await peer.ask({"action": "ping"})
        await peer.hear()
        await Streaming.broadcast_event(Poke())
        assert [(await peer.hear())["payload"] for _ in range(3)] == [1, 2, None]


async def test_a_broadcast_arrives_once_and_completes(layered: Any) -> None:
    async with Peer(layered) as peer:
        await peer.ask({"action": "ping"})
        await peer.hear()
        await peer.app.join_group("more")
        await peer.app.broadcast_message(Done(payload="all"), ["all", "more"])
        await peer.app.leave_group("more")
        await peer.app.broadcast_message(Done(payload="not here"), exclude_current=True)
        await peer.app.broadcast_message(Done(payload="last"))
        frames = [await peer.hear() for _ in range(4)]
    assert [kind_of(frame) for frame in frames] == ["done", "group_complete", "done", "group_complete"]
    assert frames[2]["payload"] == "last"


async def test_a_foreign_message_goes_to_its_hook(layered: Any, layer: MemoryLayer) -> None:
    class Foreign(layered):
        async def receive_foreign(self, message: dict[str, Any]) -> None:
            if message.get("crash"):
                raise KeyError("secret")
            await self.send_message(Done(payload=message))

    async with Peer(Foreign) as peer:
        await peer.ask({"action": "ping"})
        await peer.hear()
        await layer.group_send("all", {"type": "foreign.thing"})
        await layer.group_send("all", {"type": "foreign.thing", "crash": True})
        await layer.group_send("all", {})
        assert [kind_of(await peer.hear()) for _ in range(3)] == ["done", "internal_error", "done"]


async def test_foreign_messages_are_dropped_unless_hooked(layered: Any, layer: MemoryLayer) -> None:
    async with Peer(layered) as peer:
        await layer.group_send("all", {"type": "foreign.thing"})
        await layered.broadcast_event(Poke(payload="word"))
        assert (await peer.hear())["payload"] == "word"


async def test_an_event_for_another_class_in_the_group_is_passed_over(
    layered: Any, layer: MemoryLayer
) -> None:
    class Other(layered):
        poke = None

    async with Peer(Other) as peer:
        await peer.ask({"action": "ping"})
        await peer.hear()
        await layered.broadcast_event(Poke(payload="word"))
        await peer.app.broadcast_message(Done(payload="last"))
        assert (await peer.hear())["payload"] == "last"


async def test_a_passthrough_event_goes_to_the_client_as_it_is(layered: Any) -> None:
    class Passing(layered):
        poke = None
        passthrough_events = [Poke]
        camelize = True

    async with Peer(Passing) as peer:
        await peer.ask({"action": "ping"})
        await peer.hear()
        await Passing.broadcast_event(Poke(payload="word"))
        assert (await peer.hear()) == {"action": "poke", "payload": "word"}


async def test_a_running_event_handler_is_cancelled_at_the_end(layered: Any) -> None:
    class Noting(layered):
        @event_handler
        async def poke(self, event: Poke) -> None:
            try:
                await self.wait()
            finally:
                self.log.append("stopped")

    async with Peer(Noting) as peer:
        await peer.ask({"action": "ping"})
        await Noting.broadcast_event(Poke())
        await started(peer)
        peer.leave()
        await peer.ended()
    assert peer.app.log == ["stopped"]


# -- housekeeping and logs


class House(Housekeeping):
    def __init__(self, error: Exception | None = None) -> None:
        self.runs = 0
        self.error = error
        self.is_due = True

    def due(self) -> bool:
        return self.is_due

    async def run(self) -> None:
        self.runs += 1
        if self.error is not None:
            raise self.error


async def test_the_house_is_kept_between_frames() -> None:
    house = House()
    async with Peer(type("Keeping", (Consumer,), {"housekeeping": house})) as peer:
        await peer.ask({"action": "ping"})
        before = house.runs
        await peer.ask({"action": "ping"})
        await peer.ask({"action": "ping"})
        assert house.runs > before
        house.is_due = False
        await peer.ask({"action": "ping"})
        quiet = house.runs
        await peer.ask({"action": "beside", "payload": "word"})
        assert house.runs == quiet


async def test_a_failure_of_the_housekeeping_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with Peer(type("Keeping", (Consumer,), {"housekeeping": House(OSError("broken"))})) as peer:
        for _ in range(2):
            assert kind_of(await peer.ask({"action": "ping"})) == "pong"
    assert {record.message.partition(" failed")[0] for record in caplog.records} == {"'/': housekeeping"}


async def test_messages_are_logged_by_their_action(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "chanx"):
        async with Peer(Consumer, path="/room") as peer:
            await peer.ask({"action": "ping"})
            await peer.ask(do("word"))
    assert [record.message for record in caplog.records] == ["'/room': received do", "'/room': sent done"]


async def test_messages_are_not_logged_where_it_is_not_wanted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "chanx"):
        async with Peer(type("Quiet", (Consumer,), {"log_websocket_message": False})) as peer:
            await peer.ask(do("word"))
    assert caplog.records == []
