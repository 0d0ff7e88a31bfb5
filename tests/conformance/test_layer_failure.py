"""A channel layer that fails costs pushes, never connections."""

from __future__ import annotations

import math
from typing import Literal

import pytest

from chanx.core.decorators import ws_handler
from chanx.messages.base import BaseMessage
from tests.conformance.client import actions
from tests.conformance.layers import FailingLayer
from tests.conformance.transports import Mixin, Transport


class News(BaseMessage):
    action: Literal["news"] = "news"


class Reader(Mixin):
    groups = ["readers", "all"]
    passthrough_events = [News]

    @ws_handler
    async def publish(self) -> None:
        await self.broadcast_message(News(), "all")

    @ws_handler
    async def join(self, group: str) -> None:
        await self.join_group(group)


@pytest.fixture
async def layer(transport: Transport) -> FailingLayer:
    """Return the layer of the transport, made to fail by the test."""
    transport.layer = FailingLayer(transport.layer)
    return transport.layer


async def test_a_connection_outlives_a_failing_layer(transport: Transport, layer: FailingLayer) -> None:
    async with transport.connect(Reader) as client:
        assert await client.alive()
        layer.fail(ConnectionError("down"))
        assert await client.alive()


async def test_a_publish_during_the_failure_is_an_internal_error(
    transport: Transport, layer: FailingLayer, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Reader, log_websocket_message=False) as client:
        assert await client.alive()
        layer.fail(ConnectionError("redis://user:secret@host"))
        frame = await client.request("publish", id=1)
        assert (frame["payload"]["code"], frame["id"]) == ("internal_error", 1)
        assert "secret" not in str(frame)
        assert await client.alive()
        assert len([record for record in log.records if "publish" in record.getMessage()]) == 1
        layer.recover()


async def test_after_the_failure_pushes_arrive_again(transport: Transport, layer: FailingLayer) -> None:
    async with transport.connect(Reader) as client:
        assert await client.alive()
        layer.fail(ConnectionError("down"))
        await layer.failed(1)
        layer.recover()
        await layer.joined("all", "readers")
        client.send("publish")
        assert await client.receive() == {"action": "news"}


async def test_a_failure_is_logged_once_for_all_connections(
    transport: Transport, layer: FailingLayer, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Reader) as one, transport.connect(Reader) as two:
        for client in (one, two):
            assert await client.alive()
        layer.fail(ConnectionError("down"))
        await layer.failed(1)
        layer.recover()
        await layer.joined("all", "readers")
        assert len([record for record in log.records if "layer failed" in record.getMessage()]) == 1


async def test_the_next_failure_is_logged_again(
    transport: Transport, layer: FailingLayer, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Reader) as client:
        assert await client.alive()
        for _ in range(2):
            layer.fail(ConnectionError("down"))
            await layer.failed(1)
            layer.recover()
            await layer.joined("all", "readers")
            client.send("publish")
            assert await client.receive() == {"action": "news"}
        assert len([record for record in log.records if "layer failed" in record.getMessage()]) == 2


async def test_a_timeout_of_an_idle_layer_is_no_failure(
    transport: Transport, layer: FailingLayer, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Reader) as client:
        assert await client.alive()
        layer.fail(TimeoutError("nothing came"))
        await layer.failed(3)
        layer.recover()
        client.send("publish")
        assert await client.receive() == {"action": "news"}
    assert [record.levelname for record in log.records if record.levelname != "INFO"] == []


async def test_a_layer_that_is_down_at_the_start_closes_with_4503(
    transport: Transport, layer: FailingLayer, log: pytest.LogCaptureFixture
) -> None:
    layer.fail(ConnectionError("down"))
    async with transport.connect(Reader) as client:
        assert actions([await client.receive()]) == ["error"]
        assert await client.closed() == 4503
        await client.ended()
    assert len([record for record in log.records if record.levelname == "ERROR"]) >= 1


async def test_a_join_that_fails_once_has_not_failed(transport: Transport, layer: FailingLayer) -> None:
    layer.refused_joins = 1
    async with transport.connect(Reader) as client:
        client.send("publish")
        assert await client.receive() == {"action": "news"}


async def test_a_join_that_failed_can_be_tried_again(transport: Transport, layer: FailingLayer) -> None:
    async with transport.connect(Reader) as client:
        assert await client.alive()
        layer.refused_joins = math.inf
        assert (await client.request("join", {"group": "more"}))["payload"]["code"] == "internal_error"
        layer.refused_joins = 0
        assert (await client.request("join", {"group": "more"}, id=1))["action"] == "complete"
        await transport.consumer(Reader).broadcast_event(News(), "more")
        assert await client.receive() == {"action": "news"}


async def test_memberships_are_refreshed_before_they_expire(
    transport: Transport, layer: FailingLayer
) -> None:
    layer.group_expiry = 0.1
    async with transport.connect(Reader) as client:
        assert await client.alive()
        await layer.joined("all", "readers", times=3)


async def test_a_refresh_that_fails_is_tried_again(
    transport: Transport, layer: FailingLayer, log: pytest.LogCaptureFixture
) -> None:
    layer.group_expiry = 0.1
    async with transport.connect(Reader) as client:
        assert await client.alive()
        await layer.joined("all", "readers", times=2)
        layer.failures, layer.refused_joins = 0, math.inf
        await layer.failed(2)
        layer.refused_joins = 0
        layer.joins.clear()
        await layer.joined("all", "readers")
        assert await client.alive()
