"""What depends on the server: the same promises in real uvicorn and daphne processes, seen by a client library."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import pytest
from websockets.asyncio.client import connect, unix_connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.conformance.bad_frames import BAD, GOOD, free, sized
from tests.integration.conftest import Inspector
from tests.integration.processes import Server, Uvicorn
from tests.integration.sockets import closed, pong, receive, request, reset, send

pytestmark = pytest.mark.integration


async def test_a_request_is_answered(server: Server) -> None:
    async with connect(f"{server.url}/plain/") as client:
        assert await request(client, "say", {"text": "hé"}, id=1) == {
            "action": "said",
            "payload": {"text": "hé"},
            "id": 1,
        }


# -- authentication


async def test_frames_sent_early_wait_for_authentication(
    server: Server, inspect: Inspector, name: str
) -> None:
    async with connect(f"{server.url}/club/?name={name}&token=yes") as client:
        for number in range(5):
            await send(client, "say", {"text": str(number)})
        assert await inspect.noted(name, "authenticating") == ["authenticating"]
        await inspect.open(name)
        frames = [await receive(client) for _ in range(6)]
    assert frames[0]["action"] == "authentication"
    assert [frame["payload"]["text"] for frame in frames[1:]] == list("01234")


@pytest.mark.parametrize("token", ["no", "crash"])
async def test_no_frame_of_a_refused_connection_reaches_a_handler(
    server: Server, inspect: Inspector, name: str, token: str
) -> None:
    async with connect(f"{server.url}/club/?name={name}&token={token}") as client:
        for _ in range(5):
            await send(client, "say", {"text": "early"})
        await inspect.noted(name, "authenticating")
        for _ in range(5):
            await send(client, "say", {"text": "during"})
        await inspect.open(name)
        code, _ = await closed(client)
    assert await inspect.noted(name, "disconnect") == ["authenticating", "disconnect"]
    await inspect.noted("codes", f"{name} {code}")


@pytest.mark.parametrize(
    ("token", "code"), [("no", 4401), ("forbidden", 4403), ("missing", 4404), ("crash", 4500)]
)
async def test_the_client_sees_why_it_was_refused(
    server: Server, inspect: Inspector, name: str, token: str, code: int
) -> None:
    await inspect.open(name)
    async with connect(f"{server.url}/club/?name={name}&token={token}") as client:
        seen, frames = await closed(client)
    assert seen == code
    assert [frame["action"] for frame in frames] == ["error" if token == "crash" else "authentication"]
    assert "secret" not in json.dumps(frames)


async def test_authentication_that_takes_too_long_closes_with_4408(
    server: Server, inspect: Inspector, name: str
) -> None:
    async with connect(f"{server.url}/hastyclub/?name={name}") as client:
        await send(client, "say", {"text": "early"})
        code, frames = await closed(client)
    assert code == 4408
    assert [frame["payload"]["code"] for frame in frames] == ["not_authenticated"]
    assert await inspect.noted(name, "disconnect") == ["authenticating", "disconnect"]


async def test_a_client_that_leaves_during_authentication_is_noticed(
    server: Server, inspect: Inspector, name: str
) -> None:
    async with connect(f"{server.url}/club/?name={name}&token=yes") as client:
        await inspect.noted(name, "authenticating")
        reset(client)
        assert await inspect.noted(name, "disconnect") == ["authenticating", "disconnect"]


async def test_a_refusal_before_the_accept_is_an_http_status(
    server: Server, inspect: Inspector, name: str
) -> None:
    await inspect.open(name)
    with pytest.raises(InvalidStatus) as caught:
        await connect(f"{server.url}/earlyclub/?name={name}&token=no")
    response = caught.value.response
    if server.name == "uvicorn":
        assert response.status_code == 401
        assert isinstance(json.loads(response.body or b"")["detail"], str)
    else:
        assert response.status_code == 403


async def test_authentication_before_the_accept_lets_in(
    server: Server, inspect: Inspector, name: str
) -> None:
    await inspect.open(name)
    async with connect(f"{server.url}/earlyclub/?name={name}&token=yes") as client:
        assert (await receive(client))["payload"]["status_code"] == 200
        assert await pong(client)


# -- close codes


@pytest.mark.parametrize("code", [1000, 4000, 4413, 4503, 4999])
async def test_close_codes_of_the_consumer_reach_the_client(server: Server, code: int) -> None:
    async with connect(f"{server.url}/plain/") as client:
        await send(client, "end", {"code": code})
        assert (await closed(client))[0] == code


async def test_a_reason_too_long_for_a_close_frame_is_cut(server: Server) -> None:
    async with connect(f"{server.url}/plain/") as client:
        await send(client, "end", {"code": 4000, "reason": "é" * 200})
        assert (await closed(client))[0] == 4000


async def test_wrong_parameters_close_with_4400(server: Server) -> None:
    async with connect(f"{server.url}/typed/?number=many") as client:
        code, frames = await closed(client)
    assert code == 4400
    assert frames[0]["payload"]["errors"][0]["loc"] == ["params", "number"]


async def test_too_many_bad_frames_close_with_4429(server: Server) -> None:
    async with connect(f"{server.url}/limited/") as client:
        for _ in range(6):
            await client.send("{")
        code, frames = await closed(client)
    assert code == 4429
    assert len(frames) == 6


# -- the end


@pytest.mark.parametrize("way", ["close", "reset"])
async def test_disconnect_runs_once_and_groups_are_left(
    server: Server, inspect: Inspector, name: str, way: str
) -> None:
    async with connect(f"{server.url}/plain/?name={name}") as client:
        assert await pong(client)
        assert await inspect.members("plain") == 1
        if way == "close":
            await client.close(4001)
        else:
            reset(client)
        assert await inspect.noted(name, "disconnect") == ["disconnect"]
        assert await inspect.members("plain") == 0


@pytest.mark.parametrize("way", ["close", "reset"])
async def test_disconnect_in_mid_handler_cancels_it_after_the_grace(
    server: Server, inspect: Inspector, name: str, way: str
) -> None:
    async with connect(f"{server.url}/plain/?name={name}") as client:
        await send(client, "hold")
        await send(client, "say", {"text": "never"})
        await inspect.noted(name, "held")
        if way == "close":
            await client.close()
        else:
            reset(client)
        assert await inspect.noted(name, "disconnect") == ["held", "cancelled", "disconnect"]
        assert await inspect.members("plain") == 0


@pytest.mark.parametrize("way", ["close", "reset"])
async def test_a_stream_stops_when_its_client_has_gone(
    server: Server, inspect: Inspector, name: str, way: str
) -> None:
    async with connect(f"{server.url}/plain/?name={name}") as client:
        assert (await request(client, "stream"))["action"] == "said"
        if way == "close":
            await client.close()
        else:
            reset(client)
        await inspect.noted(name, "stream stopped")
        assert await inspect.noted(name, "disconnect") == ["stream stopped", "disconnect"]


async def test_what_a_handler_sends_to_a_client_that_has_gone_is_dropped_quietly(
    server: Server, inspect: Inspector, name: str
) -> None:
    before = len(server.lines)
    async with connect(f"{server.url}/patient/?name={name}") as client:
        await send(client, "hold", id=1)
        await inspect.noted(name, "held")
        reset(client)
        await inspect.open(name)
        assert await inspect.noted(name, "disconnect") == ["held", "disconnect"]
    assert "Traceback" not in "".join(server.lines[before:])


async def test_disconnect_runs_when_the_server_loses_patience(daphne_server: Server, name: str) -> None:
    async with connect(f"{daphne_server.url}/inspect/") as connection:
        inspect = Inspector(connection)
        async with connect(f"{daphne_server.url}/patient/?name={name}") as client:
            await send(client, "hold")
            await inspect.noted(name, "held")
        assert await inspect.noted(name, "disconnect") == ["held", "cancelled", "disconnect"]
        assert await inspect.members("plain") == 0


async def test_disconnect_runs_when_uvicorn_shuts_down(name: str) -> None:
    """Daphne ends without a word to its applications."""
    with Uvicorn() as server:
        async with connect(f"{server.url}/plain/?name={name}") as client:
            assert await pong(client)
            server.signal(signal.SIGTERM)
            assert (await closed(client))[0] == 1012
        await asyncio.to_thread(server.wait)
        assert "".join(server.lines).count(f"disconnect of {name!r}") == 1


async def test_disconnect_knows_the_code_of_the_client(server: Server, inspect: Inspector, name: str) -> None:
    async with connect(f"{server.url}/plain/?name={name}") as client:
        await client.close(4001)
    await inspect.noted("codes", f"{name} 4001")


# -- bad input


async def test_no_bad_frame_ends_a_connection(server: Server) -> None:
    before = len(server.lines)
    sent = 0
    async with connect(f"{server.url}/plain/", max_size=None) as client:
        for kind, (frame, code) in BAD.items():
            if kind == "lone surrogate, raw":
                continue  # what is no UTF-8 at all never reaches an application
            await client.send(frame)
            answer = await receive(client)
            assert (answer["action"], answer["payload"]["code"]) == ("error", code), kind
            assert len(json.dumps(answer)) <= 4096
            sent += 1
        assert sent >= 40
        assert await pong(client)
        for kind, frame in GOOD.items():
            await client.send(frame)
            assert (await receive(client))["action"] == "free", kind
    assert "Traceback" not in "".join(server.lines[before:])
    assert sum(len(line) for line in server.lines[before:]) <= 4096


async def test_text_that_is_no_utf8_ends_only_its_own_connection(server: Server) -> None:
    async with connect(f"{server.url}/plain/") as bad, connect(f"{server.url}/plain/") as good:
        await bad.send(b"\xff\xfe", text=True)
        code, _ = await closed(bad)
        assert code == (1007 if server.name == "uvicorn" else 1006)
        assert await pong(good)


async def test_a_frame_at_the_limit_is_taken_and_a_larger_one_refused(server: Server) -> None:
    async with connect(f"{server.url}/plain/", max_size=None) as client:
        await client.send(sized(65_536))
        assert (await receive(client))["action"] == "free"
        await client.send(sized(65_537))
        assert (await receive(client))["payload"]["code"] == "too_large"


async def test_a_frame_in_many_fragments_is_one_frame(server: Server) -> None:
    async with connect(f"{server.url}/plain/") as client:
        text = free('"' + "x" * 100 + '"')
        await client.send(text[start : start + 7] for start in range(0, len(text), 7))
        assert (await receive(client))["payload"] == "x" * 100


async def test_a_crash_is_told_without_its_text_and_logged_once(server: Server) -> None:
    before = len(server.lines)
    async with connect(f"{server.url}/plain/") as client:
        answer = await request(client, "crash", id=1)
        assert "secret" not in json.dumps(answer)
        assert await pong(client)
    error_id = answer["payload"]["error_id"]
    server.wait_for("ValueError: a secret of the server", after=before)
    assert "".join(server.lines[before:]).count(error_id) == 1


# -- the handshake


@pytest.mark.parametrize(
    ("offered", "chosen"), [(["chat.v1", "chat.v2"], "chat.v1"), (["x", "chat.v2"], "chat.v2"), (["x"], None)]
)
async def test_a_subprotocol_is_negotiated(server: Server, offered: list[str], chosen: str | None) -> None:
    protocols = [Subprotocol(protocol) for protocol in offered]
    async with connect(f"{server.url}/speaking/", subprotocols=protocols) as client:
        assert client.subprotocol == chosen
        assert await pong(client)


async def test_a_client_without_address_is_let_in_by_django(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / "server.sock")
    with Uvicorn("--uds", path) as server:
        server.wait_for("running on unix socket")
        async with unix_connect(path, f"ws://localhost/framed/?name={name}") as client:
            assert (await receive(client))["payload"]["status_code"] == 200
            assert await pong(client)


async def test_django_sees_the_address_of_a_client(server: Server, name: str) -> None:
    async with connect(f"{server.url}/framed/?name={name}") as client:
        assert (await receive(client))["payload"]["status_code"] == 200
        async with connect(f"{server.url}/inspect/") as connection:
            assert "127.0.0.1" in await Inspector(connection).noted("addresses", "127.0.0.1")


# -- side by side


async def test_pings_and_pushes_pass_a_handler_that_takes_long(
    server: Server, inspect: Inspector, name: str
) -> None:
    async with connect(f"{server.url}/plain/?name={name}") as client:
        await send(client, "hold", id=1)
        assert await pong(client)
        await inspect.open(name)
        assert await receive(client) == {"action": "said", "payload": {"text": "released"}, "id": 1}


async def test_a_flood_is_answered_in_order_while_others_are_served(server: Server) -> None:
    async with connect(f"{server.url}/plain/") as flood, connect(f"{server.url}/plain/") as other:

        async def pour() -> None:
            for number in range(3_000):
                await send(flood, "say", {"text": str(number)})

        pouring = asyncio.create_task(pour())
        for number in range(3_000):
            assert (await receive(flood))["payload"]["text"] == str(number)
            if number % 300 == 0:
                assert await pong(other)
        await pouring
