"""The pages of the sandbox: how they come back, how they fit, and the documentation."""

from __future__ import annotations

import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.sandbox.places import ROOT, Server, Visitors, environment

pytestmark = pytest.mark.integration

WIDTH = 360
PHONE = {"viewport": {"width": WIDTH, "height": 740}, "is_mobile": True, "has_touch": True}
LOST = "ERR_CONNECTION_REFUSED"


def test_a_page_comes_back_after_a_restart(visitors: Visitors, server: Server) -> None:
    alice, bob = visitors("alice", server.address), visitors("bob", server.address)
    alice.tolerated = bob.tolerated = LOST
    alice.enter()
    bob.enter()
    alice.say("before the restart")
    bob.expect_line("before the restart")
    server.stop()
    expect(bob.page.locator("#status")).to_contain_text("Connection lost")
    bob.say("into the void")
    expect(bob.page.locator("#say-problem")).to_contain_text("There is no connection.")
    expect(bob.page.get_by_label("Your message")).to_have_value("into the void")
    server.start()
    alice.expect_connected()
    alice.say("after the restart")
    bob.expect_connected()
    bob.expect_line("before the restart")
    bob.expect_line("after the restart")
    bob.page.get_by_role("button", name="Send", exact=True).click()
    alice.expect_line("into the void")


def test_a_page_whose_session_has_ended_offers_to_sign_in(visitors: Visitors, server: Server) -> None:
    carol = visitors("carol", server.address)
    carol.enter()
    carol.tolerated = LOST
    carol.page.context.clear_cookies()
    server.stop()
    server.start()
    expect(carol.page.get_by_role("heading", name="You are signed out")).to_be_visible(timeout=30_000)
    carol.page.get_by_role("link", name="Sign in").click()
    expect(carol.page).to_have_url(f"{server.address}accounts/login/?next=/rooms/1/")


def test_a_wrong_password_is_refused_in_words(visitors: Visitors, server: Server) -> None:
    bob = visitors("bob", server.address)
    bob.page.get_by_role("button", name="Sign out").click()
    visitors.sessions.clear()
    bob.page.get_by_label("Name").fill("bob")
    bob.page.get_by_label("Password").fill("guess")
    bob.page.get_by_role("button", name="Sign in").click()
    expect(bob.page.get_by_role("alert")).to_contain_text("don't match")


def test_frames_are_shown_as_they_travel(visitors: Visitors, server: Server) -> None:
    bob = visitors("bob", server.address)
    bob.enter()
    bob.page.locator("summary", has_text="Frames").click()
    bob.say("look below")
    sent = bob.page.locator(
        "#frames .out", has_text='{"action":"say","payload":{"text":"look below"},"id":"page-1"}'
    )
    expect(sent).to_be_visible()
    expect(
        bob.page.locator("#frames .in", has_text='{"action":"complete","payload":null,"id":"page-1"}')
    ).to_be_visible()
    bob.shoot("frames")
    bob.page.get_by_role("button", name="Clear").click()
    expect(bob.page.locator("#frames li")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways_on_a_phone(visitors: Visitors, server: Server, scheme: str) -> None:
    bob = visitors("bob", server.address, color_scheme=scheme, **PHONE)
    for path in ("", "rooms/1/", "rooms/2/", "asyncapi/docs/"):
        bob.go(path)
        if path == "rooms/1/":
            bob.expect_connected()
            bob.say(f"very{scheme}word" * 30)
            bob.expect_line(f"very{scheme}word")
            bob.page.get_by_role("button", name="Failing handler").click()
            expect(bob.page.locator("#problems")).to_contain_text("Tell support")
        bob.shoot(f"phone-{scheme}-{path.replace('/', '-')}")
        assert bob.page.evaluate("document.documentElement.scrollWidth") <= WIDTH, path


def test_every_control_of_a_room_has_a_name(visitors: Visitors, server: Server) -> None:
    alice = visitors("alice", server.address, color_scheme="dark")
    alice.enter()
    for role in ("button", "textbox", "link", "checkbox"):
        for control in alice.page.get_by_role(role).all():
            assert control.aria_snapshot().split(maxsplit=2)[2].startswith('"'), control.evaluate(
                "node => node.outerHTML"
            )
    alice.shoot("room-dark")


def test_the_documentation_can_be_read(visitors: Visitors, server: Server) -> None:
    bob = visitors("bob", server.address)
    bob.page.get_by_role("link", name="Docs").click()
    expect(bob.page.get_by_role("heading", name="The chanx sandbox")).to_be_visible()
    for word in ("/ws/rooms/{room}/", "say", "announced", "Say something to everybody in the room."):
        expect(bob.page.get_by_text(word).first).to_be_visible()
    bob.shoot("docs")


def test_the_schema_is_served(visitors: Visitors, server: Server) -> None:
    bob = visitors("bob", server.address)
    answer = bob.page.request.get(f"{server.address}asyncapi/schema/")
    assert answer.ok
    assert answer.json()["info"]["title"] == "The chanx sandbox"


def test_pages_of_other_sites_cannot_connect(visitors: Visitors, server: Server) -> None:
    bob = visitors("bob", server.address)
    bob.tolerated = "WebSocket connection to"
    bob.page.goto("about:blank")
    outcome = bob.page.evaluate(
        """address => new Promise(resolve => {
            const socket = new WebSocket(address);
            socket.onopen = () => resolve("open");
            socket.onerror = () => resolve("refused");
        })""",
        server.address.replace("http:", "ws:") + "ws/rooms/",
    )
    assert outcome == "refused"


@pytest.mark.parametrize("path", ["../settings.py", "%2e%2e/settings.py", "chat/%00", "chat/", "nothing.js"])
def test_nothing_but_static_files_is_served_as_such(server: Server, path: str) -> None:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", f"/static/{path}")
    status = connection.getresponse().status
    connection.close()
    assert status == 404


def test_a_port_that_is_taken_is_told_in_one_line(server: Server, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "--port", str(server.port)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Can't listen on 127.0.0.1, port {server.port}:")
