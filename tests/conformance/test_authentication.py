"""No frame reaches a handler before authentication has succeeded, whenever it was sent."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from chanx.core.authenticator import BaseAuthenticator
from chanx.core.decorators import ws_handler
from chanx.messages.base import BaseMessage
from chanx.messages.outgoing import AuthenticationMessage, AuthenticationPayload
from tests.conformance.client import Client, actions
from tests.conformance.probe import Probe
from tests.conformance.transports import Mixin, Transport


class Text(BaseModel):
    text: str


class Said(BaseMessage):
    action: Literal["said"] = "said"
    payload: Text


class Doorman(BaseAuthenticator):
    """Waits at the gate of the connection's probe, then decides as the query says."""

    async def authenticate(self, scope: Any) -> bool:
        self.answer = scope["query_string"].decode().removeprefix("token=")
        await scope["probe"].hold("authenticating")
        if self.answer == "crash":
            raise ValueError("a secret of the server")
        if self.answer == "greet":
            await self.send_message(Said(payload=Text(text="welcome")))
        self.user = self.answer
        return self.answer not in ("no", "forbidden")

    def result(self) -> AuthenticationMessage | None:
        if self.answer == "unsendable":
            raise ValueError("a secret of the server")
        status = {"no": 401, "forbidden": 403}.get(self.answer, 200)
        payload = AuthenticationPayload(
            status_code=status, status_text="as you see", data={"for": self.answer}
        )
        return AuthenticationMessage(payload=payload)


class Strict(Doorman):
    close_code = 4403


class Early(Doorman):
    reject_before_accept = True


class Club(Mixin):
    authenticator_class = Doorman
    groups = ["members"]
    probe: Probe
    emits = [Said]

    @ws_handler
    async def say(self, text: str) -> Said:
        self.probe.note(text)
        return Said(payload=Text(text=f"{self.user}: {text}"))

    async def post_authentication(self) -> None:
        self.probe.note("post_authentication")

    async def disconnect(self, code: int) -> None:
        self.probe.note(("disconnect", code))


def knock(transport: Transport, probe: Probe, token: str, **options: Any) -> Client:
    return transport.connect(Club, query={"token": token}, scope={"probe": probe}, probe=probe, **options)


async def test_a_frame_sent_early_is_handled_after_success(transport: Transport, probe: Probe) -> None:
    async with knock(transport, probe, "ann") as client:
        client.send("say", {"text": "early"})
        await probe.noted("authenticating")
        assert probe.notes == ["authenticating"]
        probe.gate.set()
        assert actions([await client.receive(), await client.receive()]) == ["authentication", "said"]
        assert probe.notes == ["authenticating", "post_authentication", "early"]


async def test_frames_sent_early_are_handled_in_order(transport: Transport, probe: Probe) -> None:
    async with knock(transport, probe, "ann") as client:
        for number in range(10):
            client.send("say", {"text": str(number)})
        probe.gate.set()
        frames = [await client.receive() for _ in range(11)]
    assert [frame["payload"]["text"] for frame in frames[1:]] == [f"ann: {number}" for number in range(10)]


@pytest.mark.parametrize("token", ["no", "crash"])
async def test_no_frame_of_a_refused_connection_reaches_a_handler(
    transport: Transport, probe: Probe, token: str
) -> None:
    async with knock(transport, probe, token) as client:
        for _ in range(10):
            client.send("say", {"text": "early"})
        await probe.noted("authenticating")
        client.send("say", {"text": "early"})
        probe.gate.set()
        await client.receive()
        assert await client.closed() in (4401, 4500)
        client.send("say", {"text": "late"})
        await client.ended()
        assert client.left() == []
    assert not {"early", "late", "post_authentication"} & {note for note in probe.notes if type(note) is str}


async def test_ping_waits_for_authentication(transport: Transport, probe: Probe) -> None:
    async with knock(transport, probe, "no") as client:
        client.send("ping")
        await probe.noted("authenticating")
        probe.gate.set()
        assert (await client.receive())["action"] == "authentication"
        assert await client.closed() == 4401
        await client.ended()
        assert client.left() == []


async def test_bad_frames_wait_for_authentication(transport: Transport, probe: Probe) -> None:
    async with knock(transport, probe, "ann") as client:
        client.text("{", '{"ping"')
        await probe.noted("authenticating")
        assert client.left() == []
        probe.gate.set()
        received = actions([await client.receive() for _ in range(3)])
        assert received == ["authentication", "error", "error"]


async def test_frames_that_wait_are_bounded(transport: Transport, probe: Probe) -> None:
    async with knock(transport, probe, "ann", max_pending_frames=5) as client:
        for number in range(50):
            client.send("say", {"text": str(number)})
        await probe.noted("authenticating")
        await asyncio.sleep(0)
        assert client.unread >= 40
        probe.gate.set()
        assert len([await client.receive() for _ in range(51)]) == 51


async def test_success_is_told(transport: Transport, probe: Probe) -> None:
    probe.gate.set()
    async with knock(transport, probe, "ann") as client:
        assert await client.receive() == {
            "action": "authentication",
            "payload": {"status_code": 200, "status_text": "as you see", "data": {"for": "ann"}},
        }


async def test_failure_is_told_before_the_close(transport: Transport, probe: Probe) -> None:
    probe.gate.set()
    async with knock(transport, probe, "no") as client:
        assert (await client.receive())["payload"]["status_code"] == 401
        assert await client.closed() == 4401


async def test_nothing_is_told_where_that_is_not_wanted(transport: Transport, probe: Probe) -> None:
    probe.gate.set()
    async with knock(transport, probe, "ann", send_authentication_message=False) as client:
        assert await client.alive()
    async with knock(transport, probe, "no", send_authentication_message=False) as client:
        assert await client.closed() == 4401


async def test_the_authenticator_chooses_the_close_code(transport: Transport, probe: Probe) -> None:
    probe.gate.set()
    async with knock(transport, probe, "forbidden", authenticator_class=Strict) as client:
        await client.receive()
        assert await client.closed() == 4403


async def test_authentication_that_takes_too_long_closes_with_4408(
    transport: Transport, probe: Probe
) -> None:
    async with knock(transport, probe, "ann", authentication_timeout=0.01) as client:
        client.send("say", {"text": "early"})
        assert (await client.receive())["payload"]["code"] == "not_authenticated"
        assert await client.closed() == 4408
        await client.ended()
    assert probe.notes == ["authenticating", ("disconnect", 4408)]


async def test_an_authenticator_that_crashes_closes_with_4500(
    transport: Transport, probe: Probe, log: pytest.LogCaptureFixture
) -> None:
    probe.gate.set()
    async with knock(transport, probe, "crash") as client:
        answer = await client.receive()
        assert answer["payload"]["code"] == "internal_error"
        assert "secret" not in json.dumps(answer)
        assert await client.closed() == 4500
        await client.ended()
    assert [record.levelname for record in log.records] == ["ERROR"]
    assert probe.notes[-1] == ("disconnect", 4500)


async def test_a_result_that_crashes_closes_with_4500(transport: Transport, probe: Probe) -> None:
    probe.gate.set()
    async with knock(transport, probe, "unsendable") as client:
        assert (await client.receive())["payload"]["code"] == "internal_error"
        assert await client.closed() == 4500
        await client.ended()
    assert probe.notes[-1] == ("disconnect", 4500)


async def test_groups_are_joined_before_success_is_told(transport: Transport, probe: Probe) -> None:
    probe.gate.set()
    async with knock(transport, probe, "ann") as first:
        await first.receive()
        async with knock(transport, probe, "bob") as second:
            assert (await second.receive())["action"] == "authentication"
            await transport.layer.group_send(
                "members", {"type": "chanx.message", "text": '{"action":"said"}', "wire": "action"}
            )
            assert await second.receive() == {"action": "said"}


async def test_a_refused_connection_joins_no_group(transport: Transport, probe: Probe) -> None:
    class Watching(Doorman):
        async def authenticate(self, scope: Any) -> bool:
            probe.note(("members", len(transport.layer.groups.get("members", ()))))
            return False

        def result(self) -> None: ...

    async with knock(transport, probe, "no", authenticator_class=Watching) as client:
        assert await client.closed() == 4401
        assert not transport.layer.groups.get("members")
    assert ("members", 0) in probe.notes


async def test_an_authenticator_may_send_messages(transport: Transport, probe: Probe) -> None:
    probe.gate.set()
    async with knock(transport, probe, "greet") as client:
        assert actions([await client.receive(), await client.receive()]) == ["said", "authentication"]


async def test_the_user_is_known_to_handlers(transport: Transport, probe: Probe) -> None:
    probe.gate.set()
    async with knock(transport, probe, "ann") as client:
        await client.receive()
        assert (await client.request("say", {"text": "hi"}))["payload"] == {"text": "ann: hi"}


async def test_without_authenticator_the_user_of_the_scope_is_known(
    transport: Transport, probe: Probe
) -> None:
    async with transport.connect(
        Club, authenticator_class=None, probe=probe, scope={"user": "eve"}
    ) as client:
        assert (await client.request("say", {"text": "hi"}))["payload"] == {"text": "eve: hi"}


async def test_each_connection_has_its_own_authenticator(transport: Transport, probe: Probe) -> None:
    probe.gate.set()
    async with knock(transport, probe, "ann") as ann, knock(transport, probe, "bob") as bob:
        await ann.receive()
        await bob.receive()
        assert (await ann.request("say", {"text": "hi"}))["payload"] == {"text": "ann: hi"}
        assert (await bob.request("say", {"text": "hi"}))["payload"] == {"text": "bob: hi"}


async def test_a_connection_may_be_refused_before_the_accept(transport: Transport, probe: Probe) -> None:
    probe.gate.set()
    async with knock(transport, probe, "no", authenticator_class=Early, accepted=False) as client:
        assert await client.closed() == 4401
        await client.ended()
        assert client.left() == []


async def test_refusal_before_the_accept_is_an_http_response_where_the_server_can(
    transport: Transport, probe: Probe
) -> None:
    probe.gate.set()
    async with knock(
        transport, probe, "no", authenticator_class=Early, accepted=False, denial=True
    ) as client:
        start = await client.event("websocket.http.response.start")
        body = await client.event("websocket.http.response.body")
    assert start["status"] == 401
    assert dict(start["headers"])[b"content-type"] == b"application/json"
    assert isinstance(json.loads(body["body"])["detail"], str)


async def test_a_crash_before_the_accept_is_status_500(transport: Transport, probe: Probe) -> None:
    probe.gate.set()
    async with knock(
        transport, probe, "crash", authenticator_class=Early, accepted=False, denial=True
    ) as client:
        assert (await client.event("websocket.http.response.start"))["status"] == 500
        body = await client.event("websocket.http.response.body")
    assert b"secret" not in body["body"]


async def test_authentication_before_the_accept_has_a_timeout(transport: Transport, probe: Probe) -> None:
    options: dict[str, Any] = {"authenticator_class": Early, "authentication_timeout": 0.01}
    async with knock(transport, probe, "ann", accepted=False, denial=True, **options) as client:
        assert (await client.event("websocket.http.response.start"))["status"] == 408
        await client.event("websocket.http.response.body")


async def test_with_authentication_before_the_accept_success_is_told_after_it(
    transport: Transport, probe: Probe
) -> None:
    async with knock(transport, probe, "ann", authenticator_class=Early, accepted=False) as client:
        await probe.noted("authenticating")
        assert client.left() == []
        probe.gate.set()
        await client.event("websocket.accept")
        assert (await client.receive())["payload"]["status_code"] == 200


async def test_without_a_layer_a_connection_opens_and_answers(transport: Transport, probe: Probe) -> None:
    probe.gate.set()
    transport.layer = None
    async with knock(transport, probe, "ann", groups=[], channel_layer_alias="none") as client:
        await client.receive()
        assert (await client.request("say", {"text": "hi"}))["action"] == "said"


async def test_a_connect_hook_may_refuse(transport: Transport, probe: Probe) -> None:
    class Closed(Club):
        async def connect(self) -> None:
            await self.close(4404)

    async with transport.connect(Closed, probe=probe, authenticator_class=None, accepted=False) as client:
        assert await client.closed() == 4404
        await client.ended()


async def test_a_connect_hook_that_answers_nothing_refuses(transport: Transport, probe: Probe) -> None:
    class Silent(Club):
        async def connect(self) -> None: ...

    async with transport.connect(Silent, probe=probe, authenticator_class=None, accepted=False) as client:
        assert await client.closed() == 4403


async def test_a_connect_hook_may_choose_subprotocol_and_headers(transport: Transport, probe: Probe) -> None:
    class Choosing(Club):
        async def connect(self) -> None:
            await self.accept("b", [(b"x-room", b"1")])

    async with transport.connect(
        Choosing, probe=probe, authenticator_class=None, subprotocols=["a", "b"]
    ) as client:
        assert client.accept == {
            "type": "websocket.accept",
            "subprotocol": "b",
            "headers": [(b"x-room", b"1")],
        }


@pytest.mark.parametrize(
    ("known", "offered", "chosen"),
    [
        (["a", "b"], ["b", "a"], "b"),
        (["a"], ["x", "a"], "a"),
        (["a"], ["x"], None),
        (["a"], [], None),
        ([], [], None),
        ([], ["x", "y"], "x"),
    ],
)
async def test_the_first_offered_subprotocol_that_is_known_is_chosen(
    transport: Transport, probe: Probe, known: list[str], offered: list[str], chosen: str | None
) -> None:
    class Speaking(Club):
        authenticator_class = None
        subprotocols = known

    async with transport.connect(Speaking, probe=probe, subprotocols=offered) as client:
        assert client.accept is not None
        assert client.accept["subprotocol"] == chosen
