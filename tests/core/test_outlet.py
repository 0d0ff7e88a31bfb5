from __future__ import annotations

import json
from typing import Any

import pytest

from chanx.core._outlet import Outlet


class Server:
    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.error: Exception | None = None

    async def send(self, event: dict[str, Any]) -> None:
        if self.error is not None:
            raise self.error
        self.events.append(event)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def outlet(server: Server) -> Outlet:
    return Outlet(server.send)


async def test_the_handshake_is_answered_once(outlet: Outlet, server: Server) -> None:
    await outlet.accept("v1", [(b"a", b"b")])
    await outlet.accept("v2")
    assert server.events == [{"type": "websocket.accept", "subprotocol": "v1", "headers": [(b"a", b"b")]}]
    assert outlet.accepted


async def test_nothing_is_accepted_after_the_end(outlet: Outlet, server: Server) -> None:
    await outlet.close(4403)
    await outlet.accept(None)
    assert [event["type"] for event in server.events] == ["websocket.close"]


async def test_the_connection_is_closed_once(outlet: Outlet, server: Server) -> None:
    await outlet.close(4401, "again")
    await outlet.close(4500)
    outlet.gone(1000)
    assert server.events == [{"type": "websocket.close", "code": 4401, "reason": "again"}]
    assert (outlet.code, outlet.ended, outlet.closed) == (4401, True, True)


async def test_what_comes_after_the_end_is_dropped(outlet: Outlet, server: Server) -> None:
    outlet.gone(1001)
    await outlet.text("late")
    assert server.events == []
    assert (outlet.code, outlet.ended, outlet.closed) == (1001, True, False)


async def test_a_client_that_is_found_gone_ends_the_connection(outlet: Outlet, server: Server) -> None:
    server.error = BrokenPipeError()
    await outlet.text("lost")
    assert outlet.ended
    server.error = None
    await outlet.text("dropped")
    assert server.events == []


async def test_the_code_of_the_client_counts_after_a_failed_send(outlet: Outlet, server: Server) -> None:
    server.error = BrokenPipeError()
    await outlet.text("lost")
    outlet.gone(1001)
    assert outlet.code == 1001


@pytest.mark.parametrize("way", ["accept", "close", "deny"])
async def test_a_client_that_is_gone_fails_nothing(outlet: Outlet, server: Server, way: str) -> None:
    server.error = ConnectionResetError()
    arguments: dict[str, Any] = {"accept": (None,), "close": (1000,), "deny": (401, "no")}
    await getattr(outlet, way)(*arguments[way])
    assert outlet.ended


async def test_other_failures_of_the_server_are_passed_on(outlet: Outlet, server: Server) -> None:
    server.error = RuntimeError("protocol")
    with pytest.raises(RuntimeError, match="protocol"):
        await outlet.text("text")


async def test_a_refusal_before_the_handshake_is_an_http_response(outlet: Outlet, server: Server) -> None:
    await outlet.deny(404, "No room.")
    start, body = server.events
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 404)
    assert body["type"] == "websocket.http.response.body"
    assert json.loads(body["body"]) == {"detail": "No room."}
    assert (outlet.code, outlet.closed, outlet.accepted) == (4404, True, False)
