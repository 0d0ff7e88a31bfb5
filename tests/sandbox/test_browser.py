"""The sandbox in real browsers."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.sandbox.places import Server, Visitors, manage

pytestmark = pytest.mark.integration

Pair = tuple[str, str]


def test_two_people_talk_and_see_each_other(visitors: Visitors, addresses: Pair) -> None:
    alice, bob = visitors("alice", addresses[0]), visitors("bob", addresses[1])
    alice.enter()
    bob.enter()
    for person, others in ((alice, ["alice (you)", "bob"]), (bob, ["alice", "bob (you)"])):
        expect(person.page.locator("#people li")).to_have_text(others)
    alice.say("hello, Bob")
    bob.expect_line("hello, Bob")
    bob.say("hello, <b>Alice</b>")
    alice.expect_line("hello, <b>Alice</b>")
    bob.go("")
    expect(alice.page.locator("#people li")).to_have_text(["alice (you)"])
    alice.shoot("room")


def test_the_others_see_who_is_writing_and_what_is_rolled(visitors: Visitors, addresses: Pair) -> None:
    alice, bob = visitors("alice", addresses[0]), visitors("bob", addresses[1])
    alice.enter()
    bob.enter()
    bob.page.get_by_label("Your message").press_sequentially("well")
    expect(alice.page.locator("#typing")).to_have_text("bob is writing…")
    expect(bob.page.locator("#typing")).to_have_text("")
    alice.page.get_by_role("button", name="Roll", exact=True).click()
    bob.expect_line("alice rolls a")


def test_an_announcement_over_http_reaches_rooms_and_their_list(visitors: Visitors, addresses: Pair) -> None:
    alice, bob = visitors("alice", addresses[0]), visitors("bob", addresses[1])
    alice.enter()
    expect(bob.page.locator("#status")).to_have_text("Connected")
    bob.page.get_by_label("Announcement for all rooms").fill("the tea is ready")
    bob.page.get_by_role("button", name="Announce").click()
    alice.expect_line("bob announces: the tea is ready")
    expect(bob.page.locator("#news")).to_have_text("bob announces: the tea is ready")


def test_what_the_admin_saves_is_pushed(visitors: Visitors, addresses: Pair) -> None:
    alice, bob = visitors("alice", addresses[0]), visitors("bob", addresses[1])
    alice.page.get_by_label("Name").fill("Attic")
    alice.page.get_by_role("button", name="Create").click()
    expect(alice.page.get_by_role("heading", name="Attic")).to_be_visible()
    bob.enter("Attic")
    alice.go("admin/chat/announcement/add/")
    alice.page.get_by_label("Text").fill("mind the step")
    alice.page.get_by_role("button", name="Save", exact=True).click()
    bob.expect_line("alice announces: mind the step")
    alice.go("admin/chat/room/")
    alice.page.get_by_role("link", name="Attic").click()
    alice.page.get_by_label("Name").fill("Loft")
    alice.page.get_by_role("button", name="Save", exact=True).click()
    expect(bob.page.get_by_role("heading", name="Loft")).to_be_visible()
    bob.expect_line("The room is now called “Loft”")
    alice.page.get_by_role("link", name="Loft").first.click()
    alice.page.locator("a.deletelink").click()  # a link in Django 5.2, and to screen readers a button in 6.1
    alice.page.get_by_role("button", name="Yes, I").click()
    expect(bob.page.get_by_role("heading", name="There is no such room")).to_be_visible()


def test_what_a_shell_saves_is_pushed_to_every_process(visitors: Visitors, server_pair: list[Server]) -> None:
    people = [
        visitors(name, server.address) for name, server in zip(("alice", "bob"), server_pair, strict=True)
    ]
    for person in people:
        person.enter()
    script = (
        "from django.contrib.auth.models import User; from sandbox.chat.models import Announcement; "
        "Announcement.objects.create(text='greetings from the shell', author=User.objects.get(username='carol'))"
    )
    manage(server_pair[0].environment, "shell", "-c", script)
    for person in people:
        person.expect_line("carol announces: greetings from the shell")


def test_a_new_room_and_a_new_name_appear_in_the_list(visitors: Visitors, server: Server) -> None:
    alice, bob = visitors("alice", server.address), visitors("bob", server.address)
    expect(bob.page.locator("#status")).to_have_text("Connected")
    alice.page.get_by_label("Name").fill("Cellar")
    alice.page.get_by_role("button", name="Create").click()
    expect(bob.page.get_by_role("link", name="Cellar")).to_be_visible()
    alice.page.get_by_text("Rename the room").click()
    alice.page.get_by_label("New name").fill("Vault")
    alice.page.get_by_role("button", name="Rename").click()
    expect(alice.page.get_by_role("heading", name="Vault")).to_be_visible()
    bob.page.get_by_role("link", name="Vault").click()
    bob.expect_connected()
    expect(bob.page.get_by_text("Rename the room")).to_be_hidden()


def test_a_story_streams_until_it_is_cancelled(visitors: Visitors, server: Server) -> None:
    bob = visitors("bob", server.address)
    bob.enter()
    bob.page.get_by_label("Hero of the story").fill("a small frame")
    bob.page.get_by_role("button", name="Tell").click()
    expect(bob.page.locator("#story-text")).to_contain_text("Once upon a time, a small")
    bob.say("I can talk meanwhile")
    bob.expect_line("I can talk meanwhile")
    bob.page.get_by_role("button", name="Cancel").click()
    expect(bob.page.locator("#story-state")).to_have_text("Cancelled.")
    expect(bob.page.locator("#story-text")).not_to_contain_text("1000")


@pytest.mark.parametrize(
    ("button", "shown"),
    [
        ("Malformed JSON", "The server could not read that."),
        ("Unknown action", "There is no action 'dance'."),
        ("Wrong values", "payload.sides Input should be a valid integer"),
        ("Too large", "The frame is larger than MAX_MESSAGE_BYTES=65536."),
        ("Binary", "Binary frames are not understood."),
        ("Failing handler", "Tell support this id: "),
    ],
)
def test_bad_input_is_answered_and_the_connection_lives(
    visitors: Visitors, server: Server, button: str, shown: str
) -> None:
    bob = visitors("bob", server.address)
    bob.enter()
    bob.page.get_by_role("button", name=button).click()
    expect(bob.page.locator("#problems")).to_contain_text(shown)
    expect(bob.page.locator("#problems")).not_to_contain_text("stays in the log")
    bob.say(f"still here after {button}")
    bob.expect_line(f"still here after {button}")


def test_a_form_keeps_what_the_server_refuses(visitors: Visitors, server: Server) -> None:
    bob = visitors("bob", server.address)
    bob.enter()
    bob.say("x" * 501)
    expect(bob.page.locator("#say-problem")).to_contain_text("at most 500 characters")
    expect(bob.page.get_by_label("Your message")).to_have_value("x" * 501)
    bob.say("short")
    bob.expect_line("short")
    expect(bob.page.locator("#say-problem")).to_be_hidden()


@pytest.mark.parametrize(
    ("room", "title"), [("rooms/2/", "This room is private"), ("rooms/404/", "There is no such room")]
)
def test_a_refusal_is_explained_and_final(visitors: Visitors, server: Server, room: str, title: str) -> None:
    bob = visitors("bob", server.address)
    bob.go(room)
    expect(bob.page.get_by_role("heading", name=title)).to_be_visible()
    expect(bob.page.locator("#room-page")).to_be_hidden()
    expect(bob.page.locator("#status")).to_have_attribute("data-state", "closed")


def test_a_member_enters_the_private_room(visitors: Visitors, server: Server) -> None:
    visitors("carol", server.address).enter("Kitchen")


def test_older_lines_come_on_demand(visitors: Visitors, server: Server) -> None:
    carol = visitors("carol", server.address)
    carol.page.get_by_label("Name").fill("Archive")
    carol.page.get_by_role("button", name="Create").click()
    carol.expect_connected()
    for number in range(1, 33):
        carol.say(f"line {number}.")
        carol.expect_line(f"line {number}.")
    carol.page.reload()
    carol.expect_line("line 32.")
    expect(carol.page.locator("#lines li")).to_have_count(30)
    carol.page.get_by_role("button", name="Older lines").click()
    expect(carol.page.locator("#lines .text")).to_have_text([f"line {number}." for number in range(1, 33)])
    expect(carol.page.get_by_role("button", name="Older lines")).to_be_hidden()
