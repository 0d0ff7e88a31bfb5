from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, field_validator

from chanx.core._memory_layer import MemoryLayer
from chanx.core._opening import path_params, pick_subprotocol, read_params
from chanx.core.authenticator import BaseAuthenticator
from chanx.core.errors import RequestError
from chanx.core.ports import ChannelLayer
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.outgoing import AuthenticationMessage, AuthenticationPayload, ErrorCode
from tests.core.peer import Peer

DENIAL = {"extensions": {"websocket.http.response": {}}}


# -- parameters


class Params(BaseModel):
    room: int
    page: int | None = None
    tags: list[str] = []
    names: Annotated[tuple[str, ...] | None, Field(alias="name")] = None
    sizes: Annotated[set[int], Field(max_length=3)] | None = None

    @field_validator("page")
    @classmethod
    def _check(cls, value: int | None) -> int | None:
        if value == 13:
            raise KeyError("crash")
        return value


def scope(query: str = "", **more: Any) -> dict[str, Any]:
    return {"query_string": query.encode(), **more}


def test_parameters_come_from_path_and_query() -> None:
    query = "page=2&tags=a&tags=b&name=x&sizes=1&sizes=2"
    found = read_params(Params, scope(query, url_route={"kwargs": {"room": "1"}}))
    assert found == Params.model_validate(
        {"room": 1, "page": 2, "tags": ["a", "b"], "name": ("x",), "sizes": {1, 2}}
    )


def test_the_path_wins() -> None:
    assert read_params(Params, scope("room=2", url_route={"kwargs": {"room": "1"}})) == Params(room=1)


def test_the_last_value_counts_where_one_is_taken() -> None:
    assert read_params(Params, scope("room=1&room=2")) == Params(room=2)


def test_a_broken_query_is_read_as_far_as_it_goes() -> None:
    assert read_params(Params, {"query_string": b"room=1&tags=%ff&&=&x"}) == Params(room=1, tags=["\ufffd"])


def test_a_scope_without_a_query_has_no_parameters() -> None:
    with pytest.raises(RequestError):
        read_params(Params, {})


def test_wrong_parameters_are_named() -> None:
    with pytest.raises(RequestError, match=r"The address has wrong parameters\.") as caught:
        read_params(Params, scope("room=a&page=b"))
    assert caught.value.errors is not None
    assert [detail.loc for detail in caught.value.errors] == [["params", "room"], ["params", "page"]]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {}),
        ({"url_route": {"args": (), "kwargs": {"a": 1}}}, {"a": 1}),
        ({"url_route": {}}, {}),
        ({"path_params": {"a": 1}}, {"a": 1}),
        ({"path_params": None}, {}),
    ],
    ids=str,
)
def test_the_path_is_where_the_router_put_it(more: Any, expected: Any) -> None:
    assert path_params(more) == expected


# -- subprotocols


@pytest.mark.parametrize(
    ("offered", "known", "chosen"),
    [
        ([], [], None),
        ([], ["v1"], None),
        (["a", "b"], [], "a"),
        (["a", "v2", "v1"], ["v1", "v2"], "v2"),
        (["a"], ["v1"], None),
    ],
)
def test_the_first_offered_subprotocol_that_is_known_is_chosen(offered: Any, known: Any, chosen: Any) -> None:
    assert pick_subprotocol(offered, known) == chosen


# -- the whole way


class Journal(WebsocketConsumer):
    """Notes its hooks; a test replaces some of them."""

    log: list[str]

    def __init__(self) -> None:
        self.log = []

    async def connect(self) -> None:
        self.log.append(f"connect {self.params!r}")
        await super().connect()

    async def get_groups(self) -> Any:
        self.log.append("groups")
        return []

    async def post_authentication(self) -> None:
        self.log.append("ready")

    async def disconnect(self, code: int) -> None:
        self.log.append(f"disconnect {code}")


class Gate(BaseAuthenticator):
    user = "anna"
    verdict: Any = True
    told: Any = None

    async def authenticate(self, scope: Any) -> bool:
        if isinstance(self.verdict, BaseException):
            raise self.verdict
        return self.verdict

    def result(self) -> AuthenticationMessage | None:
        if isinstance(self.told, BaseException):
            raise self.told
        return self.told


def told(status: int) -> AuthenticationMessage:
    return AuthenticationMessage(payload=AuthenticationPayload(status_code=status, status_text="told"))


def consumer(base: type[WebsocketConsumer[Any]] = Journal, **attributes: Any) -> Any:
    return type("Consumer", (base,), attributes)


def gate(**attributes: Any) -> Any:
    return type("OwnGate", (Gate,), attributes)


def raises(error: BaseException) -> Callable[..., Any]:
    async def hook(self: Any, *args: Any) -> None:
        raise error

    return hook


async def test_the_hooks_run_in_order() -> None:
    async with Peer(consumer()) as peer:
        await peer.ask({"action": "ping"})
    assert peer.app.log == ["connect None", "groups", "ready", "disconnect 1001"]


async def test_parameters_are_there_when_connect_runs() -> None:
    with_params = consumer(__annotations__={"params": Params})
    async with Peer(with_params, query_string=b"room=5") as peer:
        await peer.ask({"action": "ping"})
    assert peer.app.log[0].startswith("connect Params(room=5")


async def test_wrong_parameters_are_told_after_an_accept_and_no_hook_runs() -> None:
    async with Peer(consumer(__annotations__={"params": Params}), query_string=b"room=a") as peer:
        error = await peer.hear()
        assert error["payload"]["errors"][0]["loc"] == ["params", "room"]
        assert await peer.closed() == 4400
    assert peer.app.log == ["disconnect 4400"]


async def test_wrong_parameters_are_refused_early_with_an_early_authenticator() -> None:
    early = consumer(__annotations__={"params": Params}, authenticator_class=gate(reject_before_accept=True))
    peer = Peer(early, **DENIAL)
    peer.start()
    start, body = await peer.event(), await peer.event()
    assert start["status"] == 400
    assert json.loads(body["body"])["detail"] == "The address has wrong parameters."
    await peer.ended()


async def test_parameters_whose_validator_crashes_close_with_4500() -> None:
    peer = Peer(consumer(__annotations__={"params": Params}), query_string=b"room=1&page=13")
    peer.start()
    assert await peer.closed() == 4500
    await peer.ended()


async def test_a_user_that_was_recognised_is_there() -> None:
    async with Peer(consumer(authenticator_class=gate(told=told(200)))) as peer:
        assert (await peer.hear())["payload"]["status_code"] == 200
        assert peer.app.user == "anna"


async def test_without_an_authenticator_the_user_is_that_of_the_scope() -> None:
    async with Peer(consumer(), user="bob") as peer:
        assert peer.app.user == "bob"


async def test_an_authenticator_need_not_tell_anything() -> None:
    class Silent(BaseAuthenticator):
        async def authenticate(self, scope: Any) -> bool:
            return True

    async with Peer(consumer(authenticator_class=Silent)) as peer:
        assert (await peer.ask({"action": "ping"}))["action"] == "pong"


async def test_nothing_is_told_where_it_is_not_wanted() -> None:
    quiet = consumer(authenticator_class=gate(told=told(200)), send_authentication_message=False)
    async with Peer(quiet) as peer:
        assert (await peer.ask({"action": "ping"}))["action"] == "pong"


async def test_who_is_not_let_in_is_told_and_closed() -> None:
    async with Peer(
        consumer(authenticator_class=gate(verdict=False, told=told(403), close_code=4403))
    ) as peer:
        assert (await peer.hear())["payload"]["status_code"] == 403
        assert await peer.closed() == 4403
    assert peer.app.log == ["connect None", "disconnect 4403"]


async def test_who_is_not_let_in_early_is_not_accepted() -> None:
    early = consumer(authenticator_class=gate(verdict=False, told=told(403), reject_before_accept=True))
    peer = Peer(early)
    peer.start()
    assert await peer.closed() == 4401
    await peer.ended()
    assert peer.app.log == ["disconnect 4401"]


async def test_who_is_let_in_early_is_accepted_then() -> None:
    async with Peer(consumer(authenticator_class=gate(reject_before_accept=True))) as peer:
        assert (await peer.ask({"action": "ping"}))["action"] == "pong"


async def test_an_authenticator_that_takes_too_long_is_given_up() -> None:
    class Slow(BaseAuthenticator):
        async def authenticate(self, scope: Any) -> bool:
            await asyncio.Event().wait()
            raise AssertionError

    async with Peer(consumer(authenticator_class=Slow, authentication_timeout=1e-9)) as peer:
        error = await peer.hear()
        assert error["payload"]["code"] == "not_authenticated"
        assert await peer.closed() == 4408


async def test_a_timeout_of_the_authenticators_own_is_a_failure() -> None:
    async with Peer(consumer(authenticator_class=gate(verdict=TimeoutError("database")))) as peer:
        assert (await peer.hear())["payload"]["code"] == "internal_error"
        assert await peer.closed() == 4500


@pytest.mark.parametrize(
    ("code", "close"),
    [
        (ErrorCode.NOT_AUTHENTICATED, 4401),
        (ErrorCode.PERMISSION_DENIED, 4403),
        (ErrorCode.NOT_FOUND, 4404),
        (ErrorCode.TOO_LARGE, 4413),
        (ErrorCode.THROTTLED, 4429),
        (ErrorCode.VALIDATION_ERROR, 4500),
    ],
)
@pytest.mark.parametrize("hook", ["get_groups", "post_authentication"])
async def test_a_hook_refuses_with_a_request_error(
    hook: str, code: ErrorCode, close: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with Peer(consumer(**{hook: raises(RequestError("No.", code))})) as peer:
        assert (await peer.hear())["payload"] == {"code": code, "detail": "No."}
        assert await peer.closed() == close
    assert caplog.records == []


@pytest.mark.parametrize("hook", ["get_groups", "post_authentication"])
async def test_a_hook_that_crashes_closes_with_4500(hook: str, caplog: pytest.LogCaptureFixture) -> None:
    async with Peer(consumer(**{hook: raises(KeyError("secret"))})) as peer:
        assert (await peer.hear())["payload"]["code"] == "internal_error"
        assert await peer.closed() == 4500
    assert len(caplog.records) == 1
    assert peer.app.log[-1] == "disconnect 4500"


async def test_a_hook_that_refuses_before_the_accept_is_an_http_response() -> None:
    peer = Peer(consumer(connect=raises(RequestError("No room.", ErrorCode.NOT_FOUND))), **DENIAL)
    peer.start()
    start, body = await peer.event(), await peer.event()
    assert (start["status"], json.loads(body["body"])) == (404, {"detail": "No room."})
    await peer.ended()


async def test_a_crash_of_what_is_told_closes_with_4500() -> None:
    async with Peer(consumer(authenticator_class=gate(told=KeyError("secret")))) as peer:
        assert (await peer.hear())["payload"]["code"] == "internal_error"
        assert await peer.closed() == 4500


async def test_a_connect_that_answers_nothing_refuses() -> None:
    async def connect(self: Any) -> None: ...

    peer = Peer(consumer(connect=connect))
    peer.start()
    assert await peer.closed() == 4403
    await peer.ended()


async def test_a_connect_may_refuse_with_an_own_code() -> None:
    async def connect(self: Any) -> None:
        await self.close(4004)

    peer = Peer(consumer(connect=connect), **DENIAL)
    peer.start()
    assert await peer.closed() == 4004
    await peer.ended()


async def test_an_own_code_that_is_no_status_closes_also_where_the_server_can_deny() -> None:
    early = consumer(authenticator_class=gate(verdict=False, close_code=4999, reject_before_accept=True))
    peer = Peer(early, **DENIAL)
    peer.start()
    assert await peer.closed() == 4999
    await peer.ended()


async def test_a_connect_may_choose_the_subprotocol_and_headers() -> None:
    async def connect(self: Any) -> None:
        await self.accept("own", headers=[(b"a", b"b")])

    peer = Peer(consumer(connect=connect), subprotocols=["v1"])
    peer.start()
    event = await peer.event()
    assert (event["subprotocol"], event["headers"]) == ("own", [(b"a", b"b")])
    peer.leave()
    await peer.ended()


async def test_the_subprotocol_is_one_that_the_class_knows() -> None:
    peer = Peer(consumer(subprotocols=["v1"]), subprotocols=["v0", "v1"])
    peer.start()
    assert (await peer.event())["subprotocol"] == "v1"
    peer.leave()
    await peer.ended()


# -- groups


class Layered(Journal):
    layer: ChannelLayer | None = None

    @classmethod
    def get_channel_layer(cls) -> ChannelLayer | None:
        return cls.layer


@pytest.mark.parametrize(
    "more", ["lobby", ["lobby"], ("lobby", "all"), iter(["lobby"])], ids=["one", "list", "tuple", "iterator"]
)
async def test_the_groups_of_class_and_hook_are_joined(more: Any) -> None:
    async def get_groups(self: Any) -> Any:
        return more

    layer = MemoryLayer()
    async with Peer(consumer(Layered, layer=layer, groups=["all"], get_groups=get_groups)) as peer:
        await peer.ask({"action": "ping"})
        assert set(layer.groups) == {"all", "lobby"}
    assert layer.groups == {}


async def test_groups_without_a_layer_are_a_failure_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    async with Peer(consumer(groups=["all"])) as peer:
        assert (await peer.hear())["payload"]["code"] == "internal_error"
        assert await peer.closed() == 4500
    assert "CHANNEL_LAYERS" in str(caplog.records[0].exc_info)


async def test_a_layer_that_is_down_asks_the_client_to_come_back() -> None:
    class Down(MemoryLayer):
        async def new_channel(self, prefix: str = "") -> str:
            raise OSError("down")

    async with Peer(consumer(Layered, layer=Down(), groups=["all"])) as peer:
        error = await peer.hear()
        assert error["payload"]["detail"] == "The server is not ready. Come back later."
        assert error["payload"]["error_id"]
        assert await peer.closed() == 4503


async def test_too_many_groups_are_told() -> None:
    async with Peer(consumer(Layered, layer=MemoryLayer(), groups=["a", "b"], max_subscriptions=1)) as peer:
        assert (await peer.hear())["payload"]["code"] == "too_many_pending"
        assert await peer.closed() == 4500
