from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chanx.core import _hub
from chanx.core._hub import Hub, hub_of
from chanx.core._relay import Relay
from tests.core.test_relay import FailingLayer, Mailbox


class Collector:
    """A member that keeps what it is offered."""

    def __init__(self) -> None:
        self.offered: list[dict[str, Any]] = []
        self.changed = asyncio.Event()

    def offer(self, message: dict[str, Any]) -> None:
        self.offered.append(message)
        self.changed.set()


@pytest.fixture
def layer() -> FailingLayer:
    return FailingLayer()


# -- one membership for all


async def test_many_members_have_one_membership_of_the_layer(layer: FailingLayer) -> None:
    members = [Collector() for _ in range(3)]
    for member in members:
        await hub_of(layer, "room").join(member)
    assert len(layer.groups["room"]) == 1
    for member in members:
        assert "room" in layer.groups
        await hub_of(layer, "room").leave(member)
    assert layer.groups == {}


async def test_every_member_is_offered_what_arrives_once(layer: FailingLayer) -> None:
    hub, members = hub_of(layer, "room"), [Collector() for _ in range(3)]
    for member in members:
        await hub.join(member)
    await layer.group_send("room", {"type": _hub.MESSAGE_TYPE, "text": "{}"})
    for member in members:
        await member.changed.wait()
        assert member.offered == [{"type": _hub.MESSAGE_TYPE, "text": "{}"}]
        await hub.leave(member)


async def test_members_do_not_share_a_foreign_message(layer: FailingLayer) -> None:
    hub, one, two = hub_of(layer, "room"), Collector(), Collector()
    await hub.join(one)
    await hub.join(two)
    await layer.group_send("room", {"type": "chat.said", "tags": ["a"]})
    await two.changed.wait()
    one.offered[0]["tags"].append("b")
    assert two.offered == [{"type": "chat.said", "tags": ["a"]}]
    await hub.leave(one)
    await hub.leave(two)


async def test_who_has_left_is_offered_nothing(layer: FailingLayer) -> None:
    hub, one, two = hub_of(layer, "room"), Collector(), Collector()
    await hub.join(one)
    await hub.join(two)
    await hub.leave(one)
    await layer.group_send("room", {"type": "chat.said"})
    await two.changed.wait()
    assert one.offered == []
    await hub.leave(two)


async def test_when_a_join_returns_the_group_is_joined_whoever_asked_first(layer: FailingLayer) -> None:
    add, go, hub = layer.group_add, asyncio.Event(), hub_of(layer, "room")

    async def slow(group: str, channel: str) -> None:
        await go.wait()
        await add(group, channel)

    layer.group_add = slow  # type: ignore[method-assign]
    members = [Collector(), Collector()]
    joins = [asyncio.create_task(hub.join(member)) for member in members]
    await asyncio.sleep(0)
    go.set()
    for join in asyncio.as_completed(joins):
        await join
        assert "room" in layer.groups
    for member in members:
        await hub.leave(member)


async def test_who_joins_while_the_last_one_leaves_is_joined(layer: FailingLayer) -> None:
    discard, go, hub = layer.group_discard, asyncio.Event(), hub_of(layer, "room")

    async def slow(group: str, channel: str) -> None:
        await go.wait()
        await discard(group, channel)

    layer.group_discard = slow  # type: ignore[method-assign]
    one, two = Collector(), Collector()
    await hub.join(one)
    leaving = asyncio.create_task(hub.leave(one))
    await asyncio.sleep(0)
    joining = asyncio.create_task(hub_of(layer, "room").join(two))
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(leaving, joining)
    await layer.group_send("room", {"type": "chat.said"})
    await two.changed.wait()
    await hub_of(layer, "room").leave(two)
    assert layer.groups == {}


async def test_an_empty_hub_is_forgotten(layer: FailingLayer) -> None:
    hub, member = hub_of(layer, "room"), Collector()
    assert hub_of(layer, "room") is hub
    await hub.join(member)
    await hub.leave(member)
    assert hub_of(layer, "room") is not hub


async def test_a_join_that_is_cancelled_leaves_nothing_behind(layer: FailingLayer) -> None:
    add, started = layer.group_add, asyncio.Event()

    async def hang(group: str, channel: str) -> None:
        await add(group, channel)
        started.set()
        await asyncio.Event().wait()

    layer.group_add = hang  # type: ignore[method-assign]
    joining = asyncio.create_task(hub_of(layer, "room").join(Collector()))
    await started.wait()
    joining.cancel()
    with pytest.raises(asyncio.CancelledError):
        await joining
    assert layer.groups == {}


async def test_after_a_failed_leave_the_next_one_ends_the_membership(layer: FailingLayer) -> None:
    hub, one, two = hub_of(layer, "room"), Collector(), Collector()
    await hub.join(one)
    layer.fails = {"group_discard": [OSError(), OSError("down")]}
    with pytest.raises(OSError, match="down"):
        await hub.leave(one)
    assert hub_of(layer, "room") is hub
    await hub.join(two)
    await hub.leave(two)
    assert layer.groups == {}


async def test_a_layer_without_channels_fails_the_join(layer: FailingLayer) -> None:
    async def down(prefix: str = "") -> str:
        raise OSError("down")

    layer.new_channel = down  # type: ignore[method-assign]
    hub = hub_of(layer, "room")
    with pytest.raises(OSError, match="down"):
        await hub.join(Collector())
    assert hub_of(layer, "room") is not hub


async def test_an_empty_hub_does_not_join_again(layer: FailingLayer) -> None:
    hub = Hub(layer, "room")
    await hub._rejoin()
    assert layer.calls == []


# -- memberships that expire


class ExpiringLayer(FailingLayer):
    group_expiry = 1e-9


async def test_memberships_that_expire_are_refreshed() -> None:
    layer = ExpiringLayer()
    relay = Relay(layer, max_groups=3)
    await relay.open(["room"])
    relay.start(Mailbox())
    await layer.until(lambda: layer.calls.count(("group_add", "room")) >= 4)
    await relay.close()
    assert layer.groups == {}


async def test_a_failed_refresh_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    layer = ExpiringLayer()
    relay = Relay(layer, max_groups=3)
    await relay.open(["room"])
    layer.fails = {"group_add": [OSError(), OSError("down")]}
    relay.start(Mailbox())
    await layer.until(lambda: layer.calls.count(("group_add", "room")) >= 4)
    await relay.close()
    assert [record.message for record in caplog.records] == ["A refresh of group memberships failed"]


async def test_the_end_stops_a_refresh() -> None:
    layer = ExpiringLayer()
    relay = Relay(layer, max_groups=3)
    await relay.open(["room"])
    started = asyncio.Event()

    async def hang(group: str, channel: str) -> None:
        started.set()
        await asyncio.Event().wait()

    layer.group_add = hang  # type: ignore[method-assign]
    relay.start(Mailbox())
    await started.wait()
    await relay.close()
    assert layer.groups == {}
