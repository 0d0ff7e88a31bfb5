"""Parameters of path and query are validated by one model before anything else happens."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from chanx.core.authenticator import BaseAuthenticator
from chanx.core.decorators import ws_handler
from chanx.messages.base import BaseMessage
from tests.conformance.probe import Probe
from tests.conformance.transports import Mixin, Transport


class Filters(BaseModel):
    room: int
    since: float = 0
    tags: list[str] = Field(default_factory=list, alias="tag")
    kind: Literal["all", "new"] = "all"


class Shown(BaseMessage):
    action: Literal["shown"] = "shown"
    payload: Any


class Room(Mixin):
    params: Filters
    probe: Probe | None = None

    @ws_handler
    async def show(self) -> Shown:
        return Shown(payload=self.params.model_dump())

    async def post_authentication(self) -> None:
        if self.probe is not None:
            self.probe.note("opened")

    async def disconnect(self, code: int) -> None:
        if self.probe is not None:
            self.probe.note(code)


class Gate(BaseAuthenticator):
    async def authenticate(self, scope: Any) -> bool:
        scope["seen"].append("authenticated")
        return True


class EarlyGate(Gate):
    reject_before_accept = True


async def test_path_and_query_are_read_with_their_types(transport: Transport) -> None:
    query = {"since": "1.5", "kind": "new"}
    async with transport.connect(Room, path_params={"room": "7"}, query=query) as client:
        shown = (await client.request("show"))["payload"]
    assert shown == {"room": 7, "since": 1.5, "tags": [], "kind": "new"}


async def test_a_list_takes_all_values_of_its_name(transport: Transport) -> None:
    async with transport.connect(Room, path_params={"room": 7}, query={"tag": ["a", "b"]}) as client:
        assert (await client.request("show"))["payload"]["tags"] == ["a", "b"]


async def test_a_single_value_is_the_last_of_its_name(transport: Transport) -> None:
    async with transport.connect(Room, path_params={"room": 7}, query={"since": ["1", "2"]}) as client:
        assert (await client.request("show"))["payload"]["since"] == 2


async def test_the_path_wins_over_the_query(transport: Transport) -> None:
    async with transport.connect(Room, path_params={"room": 7}, query={"room": "8"}) as client:
        assert (await client.request("show"))["payload"]["room"] == 7


async def test_parameters_that_nobody_asked_for_are_ignored(transport: Transport) -> None:
    async with transport.connect(Room, path_params={"room": 7}, query={"utm": "x", "": "y"}) as client:
        assert (await client.request("show"))["payload"]["room"] == 7


@pytest.mark.parametrize(
    ("query", "place"),
    [({"since": "soon"}, "since"), ({"kind": "old"}, "kind"), ({"since": "x" * 10_000}, "since")],
)
async def test_a_wrong_parameter_is_named_and_closes_with_4400(
    transport: Transport, query: dict[str, str], place: str
) -> None:
    async with transport.connect(Room, path_params={"room": 7}, query=query) as client:
        text = await client.frame_text()
        payload = json.loads(text)["payload"]
        assert payload["code"] == "validation_error"
        assert [error["loc"] for error in payload["errors"]] == [["params", place]]
        assert len(text) <= 4096
        assert await client.closed() == 4400


async def test_a_missing_parameter_is_named(transport: Transport) -> None:
    async with transport.connect(Room) as client:
        payload = (await client.receive())["payload"]
        assert [(error["loc"], error["type"]) for error in payload["errors"]] == [
            (["params", "room"], "missing")
        ]
        assert await client.closed() == 4400


@pytest.mark.parametrize("query", [b"since=%ff%fe", b"since=\xff", b"&&&=;=&since=%", b"since=%00"])
async def test_a_query_that_is_no_text_is_a_wrong_parameter(transport: Transport, query: bytes) -> None:
    async with transport.connect(Room, path_params={"room": 7}, scope={"query_string": query}) as client:
        assert (await client.receive())["payload"]["code"] == "validation_error"
        assert await client.closed() == 4400


async def test_wrong_parameters_run_no_hook_but_disconnect(transport: Transport, probe: Probe) -> None:
    async with transport.connect(Room, probe=probe) as client:
        client.send("show")
        await client.receive()
        assert await client.closed() == 4400
        await client.ended()
        assert client.left() == []
    assert probe.notes == [4400]


async def test_wrong_parameters_are_refused_before_authentication(transport: Transport) -> None:
    seen: list[str] = []
    async with transport.connect(Room, authenticator_class=Gate, scope={"seen": seen}) as client:
        await client.receive()
        assert await client.closed() == 4400
    assert seen == []


async def test_with_authentication_before_the_accept_so_are_wrong_parameters(transport: Transport) -> None:
    options: dict[str, Any] = {"authenticator_class": EarlyGate, "scope": {"seen": []}, "accepted": False}
    async with transport.connect(Room, denial=True, **options) as client:
        assert (await client.event("websocket.http.response.start"))["status"] == 400
        await client.event("websocket.http.response.body")
        await client.ended()
        assert client.left() == []
