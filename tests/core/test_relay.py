from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from enum import Enum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chanx.core import _listener
from chanx.core._memory_layer import MemoryLayer
from chanx.core._relay import Relay, as_groups, publish, safe_group
from chanx.core.errors import LayerMissingError, RequestError


class FailingLayer(MemoryLayer):
    """Fails where a test asks for it."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: dict[str, list[BaseException]] = {}
        self.calls: list[tuple[str, ...]] = []
        self.called = asyncio.Event()

    async def until(self, holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(5):
            while not holds():
                self.called.clear()
                await self.called.wait()

    def _call(self, *call: str) -> None:
        self.calls.append(call)
        self.called.set()
        if errors := self.fails.get(call[0]):
            raise errors.pop(0)

    async def receive(self, channel: str) -> dict[str, Any]:
        self._call("receive")
        return await super().receive(channel)

    async def group_add(self, group: str, channel: str) -> None:
        self._call("group_add", group)
        await super().group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        self._call("group_discard", group)
        await super().group_discard(group, channel)


class Mailbox:
    """Takes what a relay delivers."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def __call__(self, message: dict[str, Any]) -> None:
        self.queue.put_nowait(message)

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            return await self.queue.get()


@pytest.fixture
def layer() -> FailingLayer:
    return FailingLayer()


@pytest.fixture
async def relay(layer: FailingLayer) -> Relay:
    relay = Relay(layer, max_groups=3)
    await relay.open(["room"])
    return relay


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_listener.random, "uniform", lambda *_: 0)


# -- groups


async def test_opening_joins_the_groups(relay: Relay, layer: FailingLayer) -> None:
    assert relay.groups == {"room": None}
    assert [len(channels) for channels in layer.groups.values()] == [1]


async def test_joining_twice_is_joining_once(relay: Relay, layer: FailingLayer) -> None:
    await relay.join("room")
    assert layer.calls.count(("group_add", "room")) == 1


async def test_leaving_leaves(relay: Relay, layer: FailingLayer) -> None:
    await relay.leave("room")
    await relay.leave("room")
    assert (relay.groups, layer.groups) == ({}, {})
    assert layer.calls.count(("group_discard", "room")) == 1


async def test_too_many_groups_are_refused(relay: Relay) -> None:
    await relay.join("a")
    await relay.join("b")
    with pytest.raises(RequestError, match=r"in MAX_SUBSCRIPTIONS=3 groups\. Leave one first\.") as caught:
        await relay.join("c")
    assert caught.value.code == "too_many_pending"
    await relay.leave("a")
    await relay.join("c")


async def test_what_is_no_string_is_not_joined(relay: Relay) -> None:
    with pytest.raises(TypeError, match="A group is a string, not 5"):
        await relay.join(5)  # type: ignore[arg-type]
    assert 5 not in relay.groups


async def test_a_membership_is_changed_at_the_second_try(relay: Relay, layer: FailingLayer) -> None:
    layer.fails = {"group_add": [OSError()], "group_discard": [OSError()]}
    await relay.join("a")
    await relay.leave("room")
    assert set(layer.groups) == set(relay.groups) == {"a"}


async def test_a_failed_join_is_as_though_nobody_had_asked(relay: Relay, layer: FailingLayer) -> None:
    layer.fails = {"group_add": [OSError(), OSError("down")]}
    with pytest.raises(OSError, match="down"):
        await relay.join("a")
    assert "a" not in relay.groups
    await relay.join("a")
    assert "a" in layer.groups


async def test_a_failed_leave_is_tried_again_at_the_end(relay: Relay, layer: FailingLayer) -> None:
    layer.fails = {"group_discard": [OSError(), OSError("down")]}
    with pytest.raises(OSError, match="down"):
        await relay.leave("room")
    assert "room" in relay.groups
    await relay.close()
    assert layer.groups == {}


# -- without a layer


async def test_without_a_layer_there_is_no_channel() -> None:
    relay = Relay(None, max_groups=3)
    await relay.open([])
    relay.start(Mailbox())
    with pytest.raises(
        LayerMissingError, match=r"There is no channel layer\. Configure one in CHANNEL_LAYERS\."
    ):
        relay.channel  # noqa: B018
    with pytest.raises(LayerMissingError):
        await relay.join("room")
    with pytest.raises(LayerMissingError):
        await publish(None, ["room"], {})
    await relay.leave("room")
    await relay.close()


# -- receiving


async def test_what_arrives_is_delivered_in_order(relay: Relay, layer: FailingLayer) -> None:
    mailbox = Mailbox()
    relay.start(mailbox)
    for number in range(70):
        await layer.group_send("room", {"number": number})
    assert [(await mailbox.next())["number"] for _ in range(70)] == list(range(70))
    await relay.close()


async def test_a_message_to_several_groups_is_wanted_once(relay: Relay, layer: FailingLayer) -> None:
    await relay.join("a")
    await publish(layer, ["room", "a"], {"text": "once"})
    await publish(layer, ["room"], {"text": "alone"})
    mailbox = Mailbox()
    relay.start(mailbox)
    arrived = [await mailbox.next() for _ in range(3)]
    wanted = [message["text"] for message in arrived if relay.wants(message)]
    assert sorted(wanted) == ["alone", "once"]
    assert [message["text"] for message in arrived if "once" not in message] == ["alone"]


async def test_an_excluded_connection_does_not_want_it(relay: Relay, layer: FailingLayer) -> None:
    await publish(layer, ["room"], {}, exclude=relay.channel)
    await publish(layer, ["room"], {}, exclude="another")
    mailbox = Mailbox()
    relay.start(mailbox)
    arrived = [await mailbox.next() for _ in range(2)]
    assert [relay.wants(message) for message in arrived] == [False, True]


async def test_what_is_remembered_is_bounded(relay: Relay) -> None:
    for number in range(1000):
        assert relay.wants({"once": number})
    assert len(relay._seen) == 256
    assert not relay.wants({"once": 999})
    assert relay.wants({"once": 0})


async def forget_and_fail(layer: FailingLayer, **fails: list[BaseException]) -> None:
    """Let the layer lose its groups and fail at the next calls, while their only listener waits."""
    (channel,) = layer.groups["room"]
    layer.groups.clear()
    layer.fails = dict(fails)
    await layer.send(channel, {"text": "the last"})


async def test_receiving_outlives_failures_and_joins_again(
    relay: Relay, layer: FailingLayer, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox = Mailbox()
    relay.start(mailbox)
    await layer.group_send("room", {"text": "the first"})
    assert await mailbox.next() == {"text": "the first"}
    await forget_and_fail(layer, receive=[OSError("down"), OSError("still down")])
    assert await mailbox.next() == {"text": "the last"}
    await layer.until(lambda: layer.groups)
    await layer.group_send("room", {"text": "back"})
    assert await mailbox.next() == {"text": "back"}
    assert [record.message for record in caplog.records] == [
        "The channel layer failed; connections stay and try again"
    ]
    await relay.close()


async def test_a_failed_rejoin_is_tried_again(relay: Relay, layer: FailingLayer) -> None:
    await forget_and_fail(layer, receive=[OSError()], group_add=[OSError(), OSError()])
    await layer.until(lambda: layer.groups)
    await relay.close()


class RedisTimeoutError(Exception): ...


RedisTimeoutError.__name__ = "TimeoutError"


@pytest.mark.parametrize("error", [TimeoutError(), RedisTimeoutError()], ids=["builtin", "foreign"])
async def test_that_nothing_comes_in_time_is_no_failure(
    relay: Relay, layer: FailingLayer, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    layer.fails = {"receive": [error]}
    mailbox = Mailbox()
    relay.start(mailbox)
    await layer.group_send("room", {"text": "late"})
    assert await mailbox.next() == {"text": "late"}
    assert caplog.records == []
    assert layer.calls.count(("group_add", "room")) == 1
    await relay.close()


# -- its own channel


async def test_a_channel_that_nobody_knows_is_not_listened_to(relay: Relay, layer: FailingLayer) -> None:
    assert relay.name is not None
    await layer.send(relay.name, {"text": "a guess"})
    mailbox = Mailbox()
    relay.start(mailbox)
    await layer.group_send("room", {"text": "to all"})
    assert await mailbox.next() == {"text": "to all"}
    assert mailbox.queue.empty()


async def test_who_knows_the_channel_can_send_to_it(relay: Relay, layer: FailingLayer) -> None:
    mailbox = Mailbox()
    relay.start(mailbox)
    name = await asyncio.to_thread(lambda: relay.channel)
    await layer.send(name, {"text": "to you"})
    assert await mailbox.next() == {"text": "to you"}
    assert relay.channel == name
    await relay.close()
    assert relay.channel == name


# -- a connection that takes its messages slowly


async def test_what_waits_for_a_connection_is_bounded(relay: Relay, caplog: pytest.LogCaptureFixture) -> None:
    relay._backlog = 2
    for number in range(4):
        relay.offer({"number": number})
    mailbox = Mailbox()
    relay.start(mailbox)
    assert [(await mailbox.next())["number"] for _ in range(2)] == [0, 1]
    assert [record.message for record in caplog.records] == [
        "A connection takes its pushes too slowly: more than 2 wait"
    ]
    relay.offer({"number": 4})
    assert await mailbox.next() == {"number": 4}


# -- the end


async def test_a_channel_that_never_received_is_freed(relay: Relay, layer: FailingLayer) -> None:
    await relay.close()
    assert ("receive",) in layer.calls
    assert layer.groups == {}


async def test_the_end_tries_every_group(relay: Relay, layer: FailingLayer) -> None:
    await relay.join("a")
    layer.fails = {"group_discard": [OSError("a"), OSError("b"), OSError("c")]}
    await relay.close()
    assert len(layer.groups) == 1


async def test_groups_that_cannot_be_left_are_logged_once(
    relay: Relay, layer: FailingLayer, caplog: pytest.LogCaptureFixture
) -> None:
    await relay.join("a")
    await relay.join("b")
    layer.fails = {"group_discard": [OSError(str(number)) for number in range(6)]}
    await relay.close()
    assert [record.message for record in caplog.records] == [
        "The channel layer failed; connections stay and try again"
    ]


async def test_an_end_that_is_cancelled_can_be_begun_again(relay: Relay, layer: FailingLayer) -> None:
    discard, started = layer.group_discard, asyncio.Event()

    async def hang(group: str, channel: str) -> None:
        started.set()
        await asyncio.Event().wait()

    layer.group_discard = hang  # type: ignore[method-assign]
    closing = asyncio.create_task(relay.close())
    await started.wait()
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    layer.group_discard = discard  # type: ignore[method-assign]
    await relay.close()
    assert layer.groups == {}


async def test_a_failure_of_delivering_shows_at_the_end(relay: Relay, layer: FailingLayer) -> None:
    async def crash(message: dict[str, Any]) -> None:
        delivered.set()
        raise KeyError("crash")

    delivered = asyncio.Event()
    relay.start(crash)
    await layer.group_send("room", {})
    await delivered.wait()
    with pytest.raises(ExceptionGroup) as caught:
        await relay.close()
    assert isinstance(caught.value.exceptions[0], KeyError)
    assert layer.groups == {}


# -- names of groups


class Room(StrEnum):
    LOBBY = "lobby"


class Old(str, Enum):  # noqa: UP042 - the older form
    LOBBY = "lobby"


class Text(str):
    def __str__(self) -> str:
        return "another"


@pytest.mark.parametrize("name", ["room", "a.b-c_D9", "x" * 99])
def test_names_that_layers_take_stay(name: str) -> None:
    assert safe_group(name) == name


@pytest.mark.parametrize("name", [Room.LOBBY, Old.LOBBY, Text("lobby")], ids=repr)
def test_a_kind_of_string_is_its_text(name: str) -> None:
    found = safe_group(name)
    assert (found, type(found)) == ("lobby", str)


@pytest.mark.parametrize("name", ["", "a b", "é", "room!", "x" * 100, "a\n", "\ud800", "a/b:c"], ids=ascii)
def test_other_names_are_mapped(name: str) -> None:
    assert re.fullmatch(r"chanx\.[0-9a-f]{48}", safe_group(name))


@given(st.text(st.characters(codec=None)))
def test_any_text_is_a_group(name: str) -> None:
    found = safe_group(name)
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,99}", found)
    assert safe_group(name) == safe_group(found) == found


@given(st.text(max_size=3), st.text(max_size=3))
def test_two_names_are_two_groups(one: str, other: str) -> None:
    assert (safe_group(one) == safe_group(other)) == (one == other)


def test_one_string_is_one_group() -> None:
    assert as_groups("room", ["default"]) == ["room"]


@pytest.mark.parametrize(
    ("groups", "expected"),
    [(None, ["default"]), (["a", "b", "a"], ["a", "b"]), (iter(["a"]), ["a"]), ({"a": 1}, ["a"])],
    ids=["default", "list", "iterator", "mapping"],
)
def test_groups_are_listed_once(groups: Any, expected: list[str]) -> None:
    assert as_groups(groups, ["default"]) == expected


@pytest.mark.parametrize("groups", [None, [], ()], ids=repr)
def test_no_group_at_all_is_refused(groups: Any) -> None:
    with pytest.raises(ValueError, match=r"There is no group to send to\. Name one, or declare groups"):
        as_groups(groups, [])
