"""Fixtures of the conformance tests: every test runs on each transport, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conformance.probe import Probe
from tests.conformance.transports import ChannelsTransport, MemoryTransport, Transport


@pytest.fixture(params=[MemoryTransport, ChannelsTransport], ids=["memory", "channels"])
async def transport(request: pytest.FixtureRequest) -> AsyncIterator[Transport]:
    """Return what makes consumers and connections; afterwards no task runs and none has failed unseen."""
    unseen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    transport: Transport = request.param()
    yield transport
    transport.close()
    running = asyncio.all_tasks() - {asyncio.current_task()}
    assert not running
    assert unseen == []


@pytest.fixture
async def probe() -> Probe:
    """Return a notebook for the handlers of the test."""
    return Probe()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Capture what chanx logs, from level INFO on."""
    caplog.set_level(logging.INFO, "chanx")
    return caplog
