"""The docs page in a real browser, under a strict policy and without other sites."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.sandbox.accessibility import Axe, axe
from tests.sandbox.places import Server, Visitor, Visitors

__all__ = ["axe"]
pytestmark = pytest.mark.integration
PATH = "asyncapi/docs/"
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


def open_docs(visitors: Visitors, server: Server, path: str = PATH, **options: Any) -> Visitor:
    """Open the page for somebody who reaches this server alone."""
    bob = visitors("bob", server.address, **options)

    def answer(route: Route) -> None:
        assert route.request.url.startswith(server.address), route.request.url
        route.continue_()

    bob.page.route("**/*", answer)
    response = bob.page.goto(server.address + path)
    assert response
    assert "default-src 'self'" in response.headers["content-security-policy"]
    return bob


def operations(page: Page) -> Any:
    return page.locator("article.operation:not([hidden])")


def test_search_shows_what_has_all_the_words(visitors: Visitors, server: Server) -> None:
    page = open_docs(visitors, server).page
    page.locator("body").press("/")
    expect(page.get_by_label("Search", exact=True)).to_be_focused()
    page.keyboard.type("fetch older")
    expect(operations(page)).to_have_count(1)
    expect(page.locator("#search-result")).to_contain_text("1 of ")
    expect(page.locator("#contents").get_by_role("link", name="history")).to_be_visible()
    expect(page.locator("#contents").get_by_role("link", name="say")).to_be_hidden()
    expect(page.locator("#channel-rooms")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#channel-rooms")).to_be_visible()
    assert operations(page).count() > 10


def test_links_lead_to_operations_and_messages(visitors: Visitors, server: Server) -> None:
    bob = open_docs(visitors, server, f"{PATH}#message-ErrorMessage")
    expect(bob.page.locator("#message-ErrorMessage .tree").first).to_be_in_viewport()
    bob.page.locator("#contents").get_by_role("link", name="history").click()
    expect(bob.page.locator("#operation-room_history")).to_be_in_viewport()
    assert bob.page.url.endswith("#operation-room_history")


def test_every_link_of_the_page_has_its_target(visitors: Visitors, server: Server) -> None:
    page = open_docs(visitors, server).page
    missing = page.evaluate(
        """() => [...document.querySelectorAll("a[href^='#']")].map(link => link.hash.slice(1))
            .filter(id => document.querySelectorAll(`[id="${id}"]`).length !== 1)"""
    )
    assert missing == []
    assert page.locator("a[href^='#message-Said']").count() == 1


def test_examples_are_shown_and_copied_in_three_languages(visitors: Visitors, server: Server) -> None:
    bob = open_docs(visitors, server, permissions=["clipboard-read", "clipboard-write"])
    example = bob.page.locator("#operation-room_say .example").first
    example.scroll_into_view_if_needed()
    expect(example.locator("code")).to_contain_text('"action": "say"')
    example.get_by_role("button", name="TypeScript").click()
    expect(example.locator("code")).to_have_text(
        'socket.send(JSON.stringify({\n  action: "say",\n  payload: {\n    text: "Hello, everybody!",\n  },\n}));',
        use_inner_text=True,
    )
    example.get_by_role("button", name="Python").click()
    expect(example.get_by_role("button", name="Python")).to_have_attribute("aria-pressed", "true")
    example.get_by_role("button", name="Copy").click()
    expect(bob.page.get_by_text("Copied.")).to_have_count(1)
    assert bob.page.evaluate("navigator.clipboard.readText()") == (
        'await websocket.send(json.dumps({\n    "action": "say",\n    "payload": {\n'
        '        "text": "Hello, everybody!",\n    },\n}))'
    )


@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_the_document_is_downloaded(visitors: Visitors, server: Server, kind: str) -> None:
    page = open_docs(visitors, server).page
    with page.expect_download() as download:
        page.get_by_role("link", name=kind.upper()).click()
    assert download.value.suggested_filename == f"asyncapi.{kind}"
    assert "The chanx sandbox" in download.value.path().read_text()


def test_the_contents_are_behind_a_button_on_a_phone(visitors: Visitors, server: Server) -> None:
    bob = open_docs(visitors, server, **PHONE)
    entry = bob.page.locator("#contents").get_by_role("link", name="history")
    expect(entry).to_be_hidden()
    bob.page.get_by_role("button", name="Contents").click()
    bob.shoot("docs-phone-contents")
    entry.click()
    expect(entry).to_be_hidden()
    expect(bob.page.locator("#operation-room_history")).to_be_in_viewport()


def test_without_scripts_everything_can_be_read(visitors: Visitors, server: Server) -> None:
    bob = visitors("bob", server.address)
    plain = visitors.browser.new_context(
        java_script_enabled=False, storage_state=visitors.sessions["bob", server.address]
    )
    page = plain.new_page()
    page.goto(server.address + PATH)
    expect(page.locator("#operation-room_say pre").first).to_contain_text("Hello, everybody!")
    expect(page.locator("#contents").get_by_role("link", name="history")).to_be_visible()
    expect(page.locator("#search")).to_be_hidden()
    plain.close()
    assert bob.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desk", "phone"])
def test_axe_finds_no_violation(
    visitors: Visitors, server: Server, axe: Axe, scheme: str, device: str
) -> None:
    bob = open_docs(visitors, server, color_scheme=scheme, **(PHONE if device == "phone" else {}))
    bob.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    bob.shoot(f"docs-{device}-{scheme}")
    assert axe.violations(bob.page) == []
