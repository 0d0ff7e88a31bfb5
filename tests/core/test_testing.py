from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Literal, assert_type
from unittest import mock

import pytest

from chanx.core.authenticator import BaseAuthenticator
from chanx.core.decorators import ws_handler
from chanx.core.errors import ConfigurationError, RequestError
from chanx.core.ports import Receive, Scope, Send
from chanx.core.testing import (
    Communicator,
    ConnectionClosedError,
    ErrorAnswer,
    UndeclaredMessageError,
    disconnect_all,
)
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage
from chanx.messages.incoming import CancelMessage, CancelPayload, PingMessage
from chanx.messages.outgoing import (
    AuthenticationMessage,
    AuthenticationPayload,
    CompleteMessage,
    ErrorCode,
    ErrorMessage,
    PongMessage,
)

FOREVER = 600
"""A timeout that would be noticed."""


class Say(BaseMessage):
    action: Literal["say"] = "say"
    payload: str = ""


class Said(BaseMessage):
    action: Literal["said"] = "said"
    payload: str = ""


class Whisper(BaseMessage):
    action: Literal["whisper"] = "whisper"


class Whispered(BaseMessage):
    action: Literal["whispered"] = "whispered"


class Count(BaseMessage):
    action: Literal["count"] = "count"
    payload: int


class Counted(BaseMessage):
    action: Literal["counted"] = "counted"
    payload: int


class Leave(BaseMessage):
    action: Literal["leave"] = "leave"


class PlainConsumer(WebsocketConsumer):
    """Answers in every way."""

    subprotocols = ["chat"]

    @ws_handler
    async def say(self, message: Say) -> Said | None:
        if message.payload == "refuse":
            raise RequestError("Not that.", ErrorCode.PERMISSION_DENIED)
        if message.payload == "crash":
            raise LookupError("the reason")
        return Said(payload=message.payload) if message.payload else None

    @ws_handler
    async def whisper(self, message: Whisper) -> None:
        await self.send_message(Whispered())

    @ws_handler
    async def count(self, message: Count) -> AsyncIterator[Counted]:
        for number in range(message.payload):
            yield Counted(payload=number)
        if message.payload == 13:
            raise RequestError("Not to 13.")

    @ws_handler
    async def leave(self, message: Leave) -> None:
        await self.send_message(Said(payload="bye"))
        await self.close(4404, "gone")


class CompletingConsumer(PlainConsumer):
    send_completion = True


class OpenAuthenticator(BaseAuthenticator):
    async def authenticate(self, scope: Scope) -> bool:
        return bool(scope["path"] != "/closed/")

    def result(self) -> AuthenticationMessage:
        return AuthenticationMessage(payload=AuthenticationPayload(status_code=200, status_text="OK"))


class AuthenticatedConsumer(PlainConsumer):
    authenticator_class = OpenAuthenticator


both = pytest.mark.parametrize("consumer", [PlainConsumer, CompletingConsumer])


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await receive()
    raise LookupError("the reason")


async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 4403})


async def strange(scope: Scope, receive: Receive, send: Send) -> None:
    """Sends frames that chanx never sends."""
    await receive()
    await send({"type": "websocket.accept", "headers": [(b"x-server", b"strange")]})
    for frame in ({"text": "no JSON"}, {"bytes": b"\x00"}, {"text": "[]"}):
        await send({"type": "websocket.send", **frame})
    await receive()


# -- the connection


async def test_connecting_tells_the_subprotocol() -> None:
    communicator = Communicator(PlainConsumer, subprotocols=["other", "chat"])
    assert await communicator.connect() == (True, "chat")
    await communicator.disconnect()


async def test_connecting_tells_the_close_code_of_a_refusal() -> None:
    communicator = Communicator(refusing)
    assert await communicator.connect() == (False, 4403)
    await communicator.assert_closed(4403)
    await communicator.disconnect()


async def test_connecting_tells_the_status_of_a_denial_response() -> None:
    class EarlyAuthenticator(OpenAuthenticator):
        reject_before_accept = True

    class Consumer(PlainConsumer):
        authenticator_class = EarlyAuthenticator

    communicator = Communicator(Consumer, "/closed/", scope={"extensions": {"websocket.http.response": {}}})
    assert await communicator.connect() == (False, 401)
    await communicator.disconnect()


async def test_another_answer_to_the_handshake_fails() -> None:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.send", "text": "too early"})

    with pytest.raises(AssertionError, match=r"websocket\.send"):
        await Communicator(application).connect()


async def test_the_context_disconnects() -> None:
    codes: list[int] = []

    class Consumer(PlainConsumer):
        async def disconnect(self, code: int) -> None:
            codes.append(code)

    async with Communicator(Consumer):
        assert codes == []
    assert codes == [1000]


async def test_the_context_fails_when_the_connection_is_refused() -> None:
    with pytest.raises(ConnectionClosedError, match="4403") as caught:
        async with Communicator(refusing):
            pass
    assert caught.value.code == 4403


async def test_the_context_leaves_nothing_behind_when_it_fails() -> None:
    ended = []

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        ended.append((await receive())["type"])

    communicator = Communicator(silent)
    slow = mock.patch.object(communicator, "receive_output", side_effect=TimeoutError("too slow"))
    with slow, pytest.raises(TimeoutError, match="too slow"):
        await communicator.__aenter__()
    assert ended == ["websocket.disconnect"]


async def test_the_context_waits_until_the_consumer_is_ready() -> None:
    opened = asyncio.Event()
    ready = []

    class Consumer(PlainConsumer):
        async def post_authentication(self) -> None:
            await opened.wait()
            ready.append(True)

    asyncio.get_running_loop().call_later(0, opened.set)
    async with Communicator(Consumer):
        assert ready == [True]


async def test_a_consumer_that_is_never_ready_fails_in_time() -> None:
    class Consumer(PlainConsumer):
        async def post_authentication(self) -> None:
            await asyncio.Event().wait()

    communicator = Communicator(Consumer)
    await communicator.connect()
    with pytest.raises(TimeoutError, match=r"wasn't ready within 0.001 s"):
        await communicator.ready(timeout=0.001)
    await communicator.disconnect()


async def test_leaving_raises_the_exception_of_the_application() -> None:
    with pytest.raises(LookupError, match="the reason"):
        async with Communicator(failing):
            pass


async def test_a_failure_of_the_test_is_not_hidden_by_one_of_the_application() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        async with Communicator(failing):
            raise ZeroDivisionError
    assert caught.value.__notes__ == ["The consumer failed, too: LookupError('the reason')"]


async def test_disconnecting_twice_or_without_a_connection_does_nothing() -> None:
    communicator = Communicator(PlainConsumer)
    await communicator.wait()
    await communicator.disconnect()
    await communicator.connect()
    await communicator.disconnect()
    await communicator.disconnect()


async def test_a_consumer_that_stays_after_the_disconnect_is_cancelled() -> None:
    cancelled = []

    async def staying(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(True)

    communicator = Communicator(staying)
    await communicator.connect()
    with pytest.raises(TimeoutError, match=r"still ran after 0.001 s"):
        await communicator.disconnect(timeout=0.001)
    assert cancelled == [True]


async def test_all_are_disconnected_whichever_fails() -> None:
    first, failure, last = Communicator(PlainConsumer), Communicator(failing), Communicator(PlainConsumer)
    with pytest.raises(LookupError):
        async with disconnect_all([first, failure, last]):
            await asyncio.gather(first.connect(), failure.connect(), last.connect())
    assert first.future.done()
    assert last.future.done()


async def test_all_are_disconnected_when_the_test_fails() -> None:
    communicator, failure = Communicator(PlainConsumer), Communicator(failing)
    with pytest.raises(ZeroDivisionError) as caught:  # noqa: PT012 - what stands in the context raises
        async with disconnect_all([communicator, failure]):
            await asyncio.gather(communicator.connect(), failure.connect())
            raise ZeroDivisionError
    assert communicator.future.done()
    assert caught.value.__notes__ == ["The consumer failed, too: LookupError('the reason')"]


async def test_headers_and_address_reach_the_scope() -> None:
    communicator = Communicator(
        PlainConsumer, "/a%20b/?x=1", {"Cookie": "a=1"}, ["chat"], scope={"client": ("10.0.0.1", 1)}
    )
    scope = communicator.scope
    assert (scope["path"], scope["query_string"]) == ("/a b/", b"x=1")
    assert (scope["headers"], scope["client"]) == ([(b"cookie", b"a=1")], ("10.0.0.1", 1))
    assert Communicator(PlainConsumer, headers=[(b"A", b"b")]).scope["headers"] == [(b"a", b"b")]


async def test_the_headers_of_the_answer_are_kept() -> None:
    async with Communicator(strange) as communicator:
        assert communicator.response_headers == [(b"x-server", b"strange")]


# -- exceptions and closes


@pytest.mark.parametrize("wait", ["receive_output", "receive_json", "receive_nothing", "assert_closed"])
async def test_an_exception_of_the_application_surfaces_at_once(wait: str) -> None:
    communicator = Communicator(failing)
    await communicator.connect()
    await communicator.send_text("{}")
    with pytest.raises(LookupError, match="the reason"):
        await getattr(communicator, wait)(timeout=FOREVER)
    await communicator.disconnect()


async def test_an_exception_surfaces_in_what_is_sent_next() -> None:
    communicator = Communicator(failing)
    await communicator.connect()
    await communicator.send_text("{}")
    await asyncio.wait([communicator.future])
    with pytest.raises(LookupError):
        await communicator.send_text("{}")
    with pytest.raises(LookupError):
        communicator.stop()


async def test_stopping_cancels_the_application() -> None:
    communicator = Communicator(PlainConsumer)
    communicator.stop()
    await communicator.connect()
    communicator.stop()
    await asyncio.wait([communicator.future])
    communicator.stop(exceptions=False)
    assert communicator.future.cancelled()


async def test_a_timeout_names_what_is_unread_and_leaves_the_connection() -> None:
    async with Communicator(PlainConsumer) as communicator:
        await communicator.send_message(Say(payload="first"))
        await communicator.send_message(Whisper())
        await communicator.send_message(Say())
        with pytest.raises(TimeoutError, match=r"No answer to 'say' came within 0\.001 s\. Unread: .*first"):
            await communicator._answer(Say(), "unknown", timeout=0.001)
        assert await communicator.receive_message() == Said(payload="first")


async def test_nothing_is_received_when_nothing_comes() -> None:
    async with Communicator(PlainConsumer) as communicator:
        assert await communicator.receive_nothing(timeout=0.001)
        await communicator.send_message(Say(payload="hello"))
        assert not await communicator.receive_nothing(timeout=FOREVER)
        assert await communicator.receive_message() == Said(payload="hello")


async def test_what_comes_in_the_last_moment_is_received() -> None:
    async with Communicator(PlainConsumer) as communicator:
        await communicator.send_message(Say(payload="hello"))
        assert await communicator.receive_message(timeout=0) == Said(payload="hello")


async def test_the_end_of_the_application_ends_waiting() -> None:
    async def ending(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})

    async with Communicator(ending) as communicator:
        assert await communicator.receive_nothing(timeout=FOREVER)
        with pytest.raises(ConnectionClosedError, match="has ended"):
            await communicator.receive_output(timeout=FOREVER)
        with pytest.raises(AssertionError, match="closed nothing"):
            await communicator.assert_closed(4404)


@both
async def test_a_close_ends_waiting(consumer: type[PlainConsumer]) -> None:
    async with Communicator(consumer) as communicator:
        await communicator.send_message(Leave())
        assert await communicator.receive_message() == Said(payload="bye")
        with pytest.raises(ConnectionClosedError, match="was closed with 4404") as caught:
            await communicator.receive_message(timeout=FOREVER)
        assert caught.value.code == 4404
        await communicator.assert_closed(4404)


async def test_a_close_with_another_code_fails() -> None:
    async with Communicator(PlainConsumer) as communicator:
        await communicator.send_message(Leave())
        with pytest.raises(AssertionError, match=r"closed with 4404, not with 4401. Unread: .*bye"):
            await communicator.assert_closed(4401)


async def test_an_open_connection_is_not_closed() -> None:
    async with Communicator(PlainConsumer) as communicator:
        with pytest.raises(AssertionError, match=r"wasn't closed within 0.001 s"):
            await communicator.assert_closed(timeout=0.001)


# -- messages


async def test_a_message_that_the_contract_does_not_declare_fails() -> None:
    async with Communicator(PlainConsumer) as communicator:
        await communicator.send_message(Whisper())
        with pytest.raises(UndeclaredMessageError, match=r"PlainConsumer sent .*whispered.*Name the message"):
            await communicator.receive_message()


async def test_an_undeclared_message_fails_also_among_others() -> None:
    async with Communicator(PlainConsumer) as communicator:
        await communicator.send_message(Whisper())
        with pytest.raises(UndeclaredMessageError):
            await communicator.receive_all_messages()


async def test_what_is_no_text_frame_fails() -> None:
    async with Communicator(strange, consumer=PlainConsumer) as communicator:
        with pytest.raises(UndeclaredMessageError, match="no JSON"):
            await communicator.receive_message()
        with pytest.raises(UndeclaredMessageError, match="is no text frame"):
            await communicator.receive_message()
        with pytest.raises(UndeclaredMessageError, match=r"\[\]"):
            await communicator.receive_message()


async def test_a_frame_that_is_no_json_is_no_answer() -> None:
    async with Communicator(strange, consumer=PlainConsumer) as communicator:
        with pytest.raises(ConnectionClosedError, match=r"No answer to 'say' came.*Unread: no JSON"):
            await communicator.request(Say(), timeout=FOREVER)


async def test_messages_without_a_consumer_say_what_to_do() -> None:
    async with Communicator(strange) as communicator:
        with pytest.raises(ConfigurationError, match="name it: consumer="):
            await communicator.send_message(Say())
        with pytest.raises(ConfigurationError, match="name it: consumer="):
            await communicator.receive_message()


async def test_the_serving_consumer_is_found_behind_middleware() -> None:
    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        await CompletingConsumer()({**scope, "user": "ada"}, receive, send)

    async with Communicator(middleware, consumer=PlainConsumer) as communicator:
        assert await communicator.request(Say(payload="hello"), Said) == Said(payload="hello")
        assert await communicator.receive_nothing(timeout=0)


async def test_frames_of_any_kind_are_sent() -> None:
    async with Communicator(PlainConsumer) as communicator:
        await communicator.send_json({"action": "say", "payload": "hello", "id": 7})
        assert await communicator.receive_json() == {"action": "said", "payload": "hello", "id": 7}
        await communicator.send_bytes(b"\x00")
        await communicator.send_text("[")
        answers = [await communicator.receive_message() for _ in range(2)]
        assert [answer.payload.code for answer in answers if isinstance(answer, ErrorMessage)] == [
            ErrorCode.MALFORMED_FRAME,
            ErrorCode.MALFORMED_FRAME,
        ]


@both
async def test_all_messages_are_received_without_waiting(consumer: type[PlainConsumer]) -> None:
    async with Communicator(consumer) as communicator:
        await communicator.send_message(Say(payload="1"))
        assert await communicator.receive_all_messages(timeout=FOREVER) == [Said(payload="1")]
        await communicator.send_message(Say())
        assert await communicator.receive_all_messages(timeout=FOREVER) == []
        await communicator.send_message(Say(payload="2"))
        assert await communicator.receive_all_json(timeout=FOREVER) == [{"action": "said", "payload": "2"}]


@both
async def test_all_messages_end_with_the_connection(consumer: type[PlainConsumer]) -> None:
    async with Communicator(consumer) as communicator:
        await communicator.send_message(Leave())
        assert await communicator.receive_all_messages(timeout=FOREVER) == [Said(payload="bye")]


async def test_all_messages_end_with_the_given_action() -> None:
    async with Communicator(PlainConsumer) as communicator:
        for text in ("a", "b"):
            await communicator.send_message(Say(payload=text))
        await communicator.send_message(PingMessage())
        assert len(await communicator.receive_all_messages("pong", timeout=FOREVER)) == 2
        await communicator.send_message(Leave())
        with pytest.raises(ConnectionClosedError, match="No 'pong' came"):
            await communicator.receive_all_messages("pong", timeout=FOREVER)


async def test_a_stop_action_that_never_comes_is_refused() -> None:
    async with Communicator(PlainConsumer) as communicator:
        with pytest.raises(ConfigurationError, match="SEND_COMPLETION is off"):
            await communicator.receive_all_messages("group_complete")


async def test_a_missing_stop_action_fails_in_time() -> None:
    async with Communicator(PlainConsumer) as communicator:
        with pytest.raises(TimeoutError, match="No 'pong' came within"):
            await communicator.receive_all_messages("pong", timeout=0.001)


# -- an unread authentication


async def test_an_unread_authentication_breaks_no_later_read() -> None:
    async with Communicator(AuthenticatedConsumer) as communicator:
        assert await communicator.request(Say(payload="1"), Said) == Said(payload="1")
        await communicator.send_message(Say(payload="2"))
        assert await communicator.receive_all_messages() == [Said(payload="2")]


async def test_the_next_message_may_be_the_authentication() -> None:
    async with Communicator(AuthenticatedConsumer) as communicator:
        assert isinstance(await communicator.receive_message(), AuthenticationMessage)
        await communicator.send_message(Say(payload="1"))
        assert await communicator.receive_message() == Said(payload="1")


async def test_raw_frames_have_the_authentication() -> None:
    async with Communicator(AuthenticatedConsumer) as communicator:
        assert [frame["action"] for frame in await communicator.receive_all_json()] == ["authentication"]


# -- requests


@both
async def test_a_request_returns_its_typed_answer(consumer: type[PlainConsumer]) -> None:
    async with Communicator(consumer) as communicator:
        said = await communicator.request(Say(payload="hello"), Said)
        assert_type(said, Said)
        assert said.payload == "hello"
        assert_type(await communicator.request(PingMessage()), BaseMessage)
        assert await communicator.request(Say(), CompleteMessage, id=5) == CompleteMessage()
        assert await communicator.receive_nothing(timeout=0)


@both
async def test_what_comes_before_an_answer_stays_unread(consumer: type[PlainConsumer]) -> None:
    async with Communicator(consumer) as communicator:
        await communicator.send_message(Say(payload="before"))
        assert await communicator.request(PingMessage(), PongMessage) == PongMessage()
        assert await communicator.receive_message() == Said(payload="before")


async def test_requests_may_run_side_by_side() -> None:
    async with Communicator(PlainConsumer) as communicator:
        texts = [str(number) for number in range(5)]
        answers = await asyncio.gather(*(communicator.request(Say(payload=text), Said) for text in texts))
        assert [answer.payload for answer in answers] == texts


@both
async def test_an_error_raises_with_its_code_and_detail(consumer: type[PlainConsumer]) -> None:
    async with Communicator(consumer) as communicator:
        with pytest.raises(ErrorAnswer, match="permission_denied: Not that") as caught:
            await communicator.request(Say(payload="refuse"), Said)
        assert (caught.value.code, caught.value.detail) == (ErrorCode.PERMISSION_DENIED, "Not that.")
        assert caught.value.__cause__ is None
        assert await communicator.receive_nothing(timeout=0)


async def test_an_error_of_validation_names_the_places() -> None:
    async with Communicator(PlainConsumer) as communicator:
        with pytest.raises(ErrorAnswer, match=r"payload: Input should be a valid integer"):
            await communicator.request(Count.model_construct(payload="many"), Counted)


async def test_a_failed_handler_is_the_cause_of_the_error() -> None:
    async with Communicator(PlainConsumer) as communicator:
        with pytest.raises(ErrorAnswer, match="internal_error") as caught:
            await communicator.request(Say(payload="crash"), Said)
        assert isinstance(caught.value.__cause__, LookupError)
        assert communicator.failures == [caught.value.__cause__]


async def test_an_error_can_be_expected() -> None:
    async with Communicator(PlainConsumer) as communicator:
        error = await communicator.request(Say(payload="refuse"), ErrorMessage)
        assert error.payload.code == ErrorCode.PERMISSION_DENIED


async def test_an_answer_of_another_class_fails() -> None:
    async with Communicator(PlainConsumer) as communicator:
        with pytest.raises(AssertionError, match=r"'say' was answered with Said.* not with Counted"):
            await communicator.request(Say(payload="hello"), Counted)


async def test_a_request_ends_with_the_connection() -> None:
    async with Communicator(AuthenticatedConsumer) as communicator:
        await communicator.send_message(Leave())
        with pytest.raises(ConnectionClosedError, match=r"No answer to 'say' came: .* 4404. Unread: .*bye"):
            await communicator.request(Say(payload="hello"), Said, timeout=FOREVER)


async def test_a_request_takes_an_answer_before_the_close() -> None:
    async def leaving(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        answer = {"action": "said", "payload": "last", "id": json.loads((await receive())["text"])["id"]}
        await send({"type": "websocket.send", "text": json.dumps(answer)})
        await send({"type": "websocket.close", "code": 4503})

    async with Communicator(leaving, consumer=CompletingConsumer) as communicator:
        assert await communicator.request(Say(payload="hello"), Said) == Said(payload="last")
        await communicator.assert_closed(4503)


# -- streams


@both
async def test_a_stream_yields_its_typed_answers(consumer: type[PlainConsumer]) -> None:
    async with Communicator(consumer) as communicator:
        numbers = []
        async for counted in communicator.stream(Count(payload=3), Counted):
            assert_type(counted, Counted)
            numbers.append(counted.payload)
        assert numbers == [0, 1, 2]
        assert await communicator.receive_nothing(timeout=0)


@both
async def test_a_stream_of_a_handler_that_answers_once_ends(consumer: type[PlainConsumer]) -> None:
    async with Communicator(consumer) as communicator:
        assert [said async for said in communicator.stream(Say(payload="1"), Said)] == [Said(payload="1")]
        assert [pong async for pong in communicator.stream(PingMessage(), PongMessage)] == [PongMessage()]
        assert await communicator.receive_nothing(timeout=0)


@both
async def test_a_stream_that_fails_raises_after_what_it_has_sent(consumer: type[PlainConsumer]) -> None:
    numbers = []
    async with Communicator(consumer) as communicator:
        with pytest.raises(ErrorAnswer, match="Not to 13"):  # noqa: PT012 - the iteration raises
            async for counted in communicator.stream(Count(payload=13), Counted):
                numbers.append(counted.payload)  # noqa: PERF401 - it raises at the end
        assert await communicator.receive_nothing(timeout=0)
    assert numbers == list(range(13))


@both
async def test_the_error_of_a_stream_can_be_expected(consumer: type[PlainConsumer]) -> None:
    async with Communicator(consumer) as communicator:
        message = Count.model_construct(payload="many")
        errors = [error async for error in communicator.stream(message, ErrorMessage)]
        assert [error.payload.code for error in errors] == [ErrorCode.VALIDATION_ERROR]


async def test_a_stream_can_be_cancelled_by_its_id() -> None:
    class Consumer(PlainConsumer):
        async def count(self, message: Count) -> AsyncIterator[Counted]:
            yield Counted(payload=1)
            await asyncio.Event().wait()

    async with Communicator(Consumer) as communicator:
        with pytest.raises(ErrorAnswer, match="cancelled"):  # noqa: PT012 - the iteration raises
            async for _ in communicator.stream(Count(payload=2), Counted, id="endless"):
                await communicator.request(CancelMessage(payload=CancelPayload(id="endless")))


async def test_an_error_is_raised_also_where_no_class_is_expected() -> None:
    async with Communicator(PlainConsumer) as communicator:
        with pytest.raises(ErrorAnswer, match="Not that"):
            await communicator.request(Say(payload="refuse"))
