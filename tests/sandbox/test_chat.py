"""The consumers of the sandbox, tested as a project tests its own."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.contrib.auth.models import User
from django.test import Client

from chanx.channels.routing import path
from chanx.channels.testing import DjangoWebsocketCommunicator, WebsocketTestCase
from chanx.core.testing import ErrorAnswer
from chanx.messages.base import BaseMessage
from chanx.messages.incoming import CancelMessage, CancelPayload
from chanx.messages.outgoing import CompleteMessage, ErrorCode, ErrorMessage
from sandbox.chat.consumers import RoomConsumer, RoomsConsumer
from sandbox.chat.messages import (
    Absent,
    Announced,
    AskHistory,
    History,
    HistoryPayload,
    Opened,
    Person,
    Present,
    Rename,
    RenamePayload,
    Rolled,
    RoomSaved,
    Said,
    Say,
    SayPayload,
    StoryPayload,
    TellStory,
    Typing,
    Word,
)
from sandbox.chat.models import Announcement, Line, Room
from sandbox.chat.stories import story_about

M = TypeVar("M", bound=BaseMessage)


class QuickConsumer(RoomConsumer):
    """Tells its stories without a pause."""

    pace = 0


Fail: Any = RoomConsumer.contract.handlers["fail"].messages[0]
"""The message that the handler's signature makes."""


class ChatTestCase(WebsocketTestCase):
    router = AuthMiddlewareStack(
        URLRouter(
            [
                path("ws/rooms/", RoomsConsumer.as_asgi()),
                path("ws/rooms/<int:room>/", RoomConsumer.as_asgi()),
                path("ws/quick/<int:room>/", QuickConsumer.as_asgi()),
            ]
        )
    )

    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = (User.objects.create_user(name) for name in ("alice", "bob"))
        self.room = Room.objects.create(name="Lobby", owner=self.alice)
        self.cookies = {user: self.sign_in(user) for user in (self.alice, self.bob)}

    def sign_in(self, user: User) -> str:
        client = Client()
        client.force_login(user)
        return f"sessionid={client.cookies['sessionid'].value}"

    def visit(self, user: User, ws_path: str = "") -> DjangoWebsocketCommunicator:
        headers = [(b"cookie", self.cookies[user].encode())]
        return self.create_communicator(ws_path=ws_path or f"/ws/rooms/{self.room.pk}/", headers=headers)

    async def expect(self, visitor: DjangoWebsocketCommunicator, kind: type[M]) -> M:
        """Read on to a message of a class."""
        while not isinstance(message := await visitor.receive_message(), kind):
            pass
        return message


class RoomTests(ChatTestCase):
    async def test_a_page_gets_the_room_and_its_lines_first(self) -> None:
        await Line.objects.acreate(room=self.room, author=self.bob, text="good morning")
        async with self.visit(self.alice) as alice:
            await alice.assert_authenticated_status_ok()
            opened = await alice.receive_message()
        assert isinstance(opened, Opened)
        assert (opened.payload.room.name, opened.payload.you) == ("Lobby", "alice")
        assert [line.text for line in opened.payload.lines] == ["good morning"]

    async def test_a_page_that_comes_back_gets_what_it_missed(self) -> None:
        seen, missed = [
            await Line.objects.acreate(room=self.room, author=self.bob, text=text)
            for text in ("seen", "missed")
        ]
        async with self.visit(self.alice, f"/ws/rooms/{self.room.pk}/?since={seen.pk}") as alice:
            opened = await self.expect(alice, Opened)
        assert [line.id for line in opened.payload.lines] == [missed.pk]

    async def test_what_one_says_is_saved_and_heard_by_all(self) -> None:
        async with self.visit(self.alice) as alice, self.visit(self.bob) as bob:
            await alice.request(Say(payload=SayPayload(text="  hello  ")), CompleteMessage)
            said = await self.expect(bob, Said)
            assert await self.expect(alice, Said) == said
        line = await Line.objects.aget()
        assert (said.payload.id, said.payload.author, said.payload.text) == (line.pk, "alice", "hello")

    async def test_an_empty_line_is_refused(self) -> None:
        async with self.visit(self.alice) as alice:
            await alice.send_json({"action": "say", "payload": {"text": "  "}})
            error = (await self.expect(alice, ErrorMessage)).payload
        assert error.code is ErrorCode.VALIDATION_ERROR
        assert [place.loc for place in error.errors or ()] == [["payload", "text"]]
        assert not await Line.objects.aexists()

    async def test_only_the_others_see_who_is_writing(self) -> None:
        async with self.visit(self.alice) as alice, self.visit(self.bob) as bob:
            await alice.send_json({"action": "typing"})
            assert await self.expect(bob, Typing) == Typing(payload=Person(name="alice"))
            await alice.send_message(Say(payload=SayPayload(text="done")))
            assert not any(
                isinstance(message, Typing) for message in await alice.receive_all_messages("said")
            )

    async def test_who_comes_is_greeted_and_who_goes_is_missed(self) -> None:
        async with self.visit(self.alice) as alice:
            async with self.visit(self.bob) as bob:
                names = {(await self.expect(bob, Present)).payload.name for _ in range(2)}
                assert names == {"alice", "bob"}
            assert await self.expect(alice, Absent) == Absent(payload=Person(name="bob"))

    async def test_who_closes_one_of_two_pages_is_still_there(self) -> None:
        async with self.visit(self.alice) as alice, self.visit(self.bob):
            async with self.visit(self.bob) as second:
                await self.expect(second, Present)
            assert Absent(payload=Person(name="bob")) == await self.expect(alice, Absent)
            assert Present(payload=Person(name="bob")) == await self.expect(alice, Present)

    async def test_older_lines_come_in_pages(self) -> None:
        await Line.objects.abulk_create(
            Line(room=self.room, author=self.bob, text=str(number)) for number in range(5)
        )
        newest = await Line.objects.alatest("pk")
        async with self.visit(self.alice) as alice:
            page = await alice.request(AskHistory(payload=HistoryPayload(before=newest.pk, limit=3)), History)
        assert [line.text for line in page.payload.lines] == ["1", "2", "3"]
        assert page.payload.more

    async def test_the_owner_renames_the_room_for_everybody(self) -> None:
        outside = self.visit(self.bob, "/ws/rooms/")
        async with self.visit(self.alice) as alice, self.visit(self.bob) as bob, outside:
            await alice.request(Rename(payload=RenamePayload(name="Hall")), CompleteMessage)
            for visitor in (bob, outside):
                assert (await self.expect(visitor, RoomSaved)).payload.name == "Hall"

    async def test_a_guest_may_not_rename_the_room(self) -> None:
        async with self.visit(self.bob) as bob:
            with pytest.raises(ErrorAnswer) as refusal:
                await bob.request(Rename(payload=RenamePayload(name="Hall")), CompleteMessage)
        assert refusal.value.code is ErrorCode.PERMISSION_DENIED

    async def test_a_die_has_as_many_sides_as_one_wants(self) -> None:
        async with self.visit(self.bob) as bob:
            await bob.send_json({"action": "roll", "payload": {"sides": 2}})
            rolled = await self.expect(bob, Rolled)
        assert (rolled.payload.name, rolled.payload.sides) == ("bob", 2)
        assert rolled.payload.value in {1, 2}

    async def test_a_story_is_told_to_its_end(self) -> None:
        async with self.visit(self.bob, f"/ws/quick/{self.room.pk}/") as bob:
            story = bob.stream(TellStory(payload=StoryPayload(hero="a crab")), Word)
            words = [word.payload.text async for word in story]
        assert words == story_about("a crab")

    async def test_a_story_can_be_cancelled(self) -> None:
        async with self.visit(self.bob) as bob:
            words = bob.stream(TellStory(), Word, id="story")
            assert (await anext(words)).payload.text == "Once"
            await bob.request(CancelMessage(payload=CancelPayload(id="story")), CompleteMessage)
            with pytest.raises(ErrorAnswer) as refusal:
                await anext(words)
        assert refusal.value.code is ErrorCode.CANCELLED

    async def test_a_failure_keeps_its_reason_for_the_log(self) -> None:
        async with self.visit(self.bob) as bob:
            with self.assertLogs("chanx", "ERROR") as logs, pytest.raises(ErrorAnswer) as refusal:
                await bob.request(Fail(), CompleteMessage)
        assert refusal.value.code is ErrorCode.INTERNAL_ERROR
        assert "stays in the log" not in refusal.value.detail
        assert "stays in the log" in logs.output[0]


class PushTests(ChatTestCase):
    async def test_an_announcement_reaches_its_room_alone(self) -> None:
        other = await Room.objects.acreate(name="Attic", owner=self.alice)
        async with self.visit(self.bob) as bob, self.visit(self.alice, f"/ws/rooms/{other.pk}/") as alice:
            await Announcement.objects.acreate(text="here", room=self.room, author=self.alice)
            await Announcement.objects.acreate(text="everywhere", author=self.alice)
            assert (await self.expect(alice, Announced)).payload.text == "everywhere"
            assert [(await self.expect(bob, Announced)).payload.text for _ in range(2)] == [
                "here",
                "everywhere",
            ]

    async def test_a_new_room_appears_in_the_list(self) -> None:
        async with self.visit(self.bob, "/ws/rooms/") as bob:
            await Room.objects.acreate(name="Attic", owner=self.alice)
            assert (await self.expect(bob, RoomSaved)).payload.name == "Attic"

    async def test_who_is_in_a_room_that_is_deleted_is_sent_out(self) -> None:
        async with self.visit(self.bob) as bob:
            await self.room.adelete()
            await bob.assert_closed(4404)


class RefusalTests(ChatTestCase):
    async def test_who_has_not_signed_in_may_come_back(self) -> None:
        stranger = self.create_communicator(ws_path=f"/ws/rooms/{self.room.pk}/")
        await stranger.connect()
        await stranger.assert_closed(4401)

    async def test_a_private_room_is_for_its_members(self) -> None:
        kitchen = await Room.objects.acreate(name="Kitchen", owner=self.alice, private=True)
        guest = self.visit(self.bob, f"/ws/rooms/{kitchen.pk}/")
        await guest.connect()
        await guest.assert_closed(4403)
        await kitchen.members.aadd(self.bob)
        async with self.visit(self.bob, f"/ws/rooms/{kitchen.pk}/") as member:
            await member.assert_authenticated_status_ok()

    async def test_a_missing_room_is_not_found(self) -> None:
        lost = self.visit(self.bob, "/ws/rooms/999999/")
        await lost.connect()
        await lost.assert_closed(4404)

    async def test_a_wrong_address_says_what_is_wrong(self) -> None:
        lost = self.visit(self.bob, f"/ws/rooms/{self.room.pk}/?since=yesterday")
        await lost.connect()
        await lost.assert_closed(4400)
        assert (await lost.receive_json())["payload"]["errors"][0]["loc"] == ["params", "since"]
