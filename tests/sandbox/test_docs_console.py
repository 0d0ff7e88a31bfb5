"""The console of the docs page in a real browser, under a strict policy and without other sites."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.sandbox.accessibility import Axe, axe
from tests.sandbox.places import Server, Visitor, Visitors
from tests.sandbox.test_docs_page import PATH, PHONE, open_docs

__all__ = ["axe"]
pytestmark = pytest.mark.integration
SCRIPT = re.compile(r'(<script id="asyncapi-document" type="application/json">)(.*?)(</script>)', re.DOTALL)
Document = dict[str, Any]


def open_console(visitors: Visitors, server: Server, operation: str = "say", **options: Any) -> Visitor:
    bob = open_docs(visitors, server, **options)
    bob.page.get_by_role("button", name=f"Try it: {operation}", exact=True).click()
    expect(bob.page.get_by_label("You send")).to_be_focused()
    return bob


def connect(page: Page, room: str = "1") -> None:
    page.get_by_label("room (in the path)").fill(room)
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.locator("#console-state")).to_have_text("Connected")


def send(page: Page) -> None:
    page.get_by_role("button", name="Send", exact=True).click()


def frames(page: Page, text: str = "") -> Any:
    return page.locator("#console-frames li:not([hidden])").filter(has_text=text)


def open_changed(visitors: Visitors, server: Server, change: Callable[[Document], None]) -> Visitor:
    """Open the page with another document; the policy stays, and nobody is behind the WebSockets."""
    bob = open_docs(visitors, server)
    bob.page.route_web_socket("**/ws/**", lambda route: None)

    def answer(route: Route) -> None:
        response = route.fetch()

        def changed(found: re.Match[str]) -> str:
            document = json.loads(found[2])
            change(document)
            return found[1] + json.dumps(document) + found[3]

        route.fulfill(response=response, body=SCRIPT.sub(changed, response.text()))

    bob.page.route(f"**/{PATH}", answer)
    bob.page.reload()
    return bob


def secure(document: Document, **scheme: str) -> None:
    """Let the rooms ask for a credential."""
    document["components"]["securitySchemes"] = {"asked": scheme}
    for operation in document["operations"].values():
        operation["security"] = [{"$ref": "#/components/securitySchemes/asked"}]


def test_a_frame_is_sent_and_its_answer_is_paired(visitors: Visitors, server: Server) -> None:
    bob = open_console(visitors, server, "history")
    expect(bob.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    connect(bob.page)
    expect(frames(bob.page, '"authentication"')).to_have_count(1)
    send(bob.page)
    sent = frames(bob.page, "↑ sent")
    expect(sent).to_contain_text(re.compile(r"\d\d:\d\d:\d\d\.\d{3}.*\d+ bytes.*id \"console-\d+\""))
    expect(frames(bob.page, "answers id")).to_contain_text(
        re.compile(r'answers id "console-\d+" after \d+ ms')
    )
    bob.shoot("console")
    bob.page.get_by_role("button", name="Disconnect").click()
    expect(bob.page.locator("#console-state")).to_have_text("Not connected")


def test_form_and_json_follow_each_other(visitors: Visitors, server: Server) -> None:
    page = open_console(visitors, server).page
    fields, editor = page.locator("#console-fields"), page.locator("#console-json")
    expect(fields.get_by_label("text")).to_have_value("Hello, everybody!")
    fields.get_by_label("text").fill("from the form")
    assert json.loads(editor.input_value())["payload"] == {"text": "from the form"}
    editor.fill('{"action": "say", "payload": {"text": "from JSON"}}')
    expect(fields.get_by_label("text")).to_have_value("from JSON")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"action": "say", "payload": {"text": ""}}', "payload.text must have at least 1 characters"),
        ('{"action": "say", "payload": {"text": 5}}', "payload.text must be of type string"),
        ('{"action": "say", "payload": {}}', "payload.text is missing"),
        ('{"action": "sing", "payload": {"text": "la"}}', 'action must be "say"'),
        ('{"action": ', "The message is no JSON"),
    ],
)
def test_what_is_wrong_is_not_sent_until_one_insists(
    visitors: Visitors, server: Server, text: str, problem: str
) -> None:
    page = open_console(visitors, server).page
    connect(page)
    page.locator("#console-json").fill(text)
    send(page)
    expect(page.locator("#console-problems")).to_contain_text(problem)
    expect(frames(page, "↑ sent")).to_have_count(0)
    page.get_by_label("Check before sending").uncheck()
    send(page)
    expect(frames(page, "↑ sent")).to_have_count(1)
    expect(frames(page, '"action": "error"')).to_have_count(1)


def test_frames_are_filtered_sent_again_and_cleared(visitors: Visitors, server: Server) -> None:
    page = open_console(visitors, server, "history").page
    connect(page)
    send(page)
    expect(frames(page, "answers id")).to_have_count(1)
    frames(page, "↑ sent").get_by_role("button", name="Resend").click()
    expect(frames(page, "answers id")).to_have_count(2)
    page.get_by_label("Direction").select_option("sent")
    expect(frames(page)).to_have_count(2)
    page.get_by_label("Filter").fill("no such words")
    expect(frames(page)).to_have_count(0)
    page.get_by_label("Filter").fill("")
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Direction").select_option("")
    expect(frames(page)).to_have_count(0)


def test_what_was_recorded_becomes_a_test(visitors: Visitors, server: Server) -> None:
    page = open_console(visitors, server, "history").page
    connect(page)
    send(page)
    expect(frames(page, "answers id")).to_have_count(1)
    page.get_by_role("button", name="Export as a test").click()
    code = page.locator("#console-code").input_value()
    namespace: dict[str, Any] = {}
    exec(compile(code, "recorded", "exec"), namespace)
    recorded = namespace["RecordedTests"]
    assert recorded.ws_path == "/ws/rooms/1/"
    assert '"action": "history"' in code
    assert code.index("send_json_to(") < code.rindex("receive_json_from()")
    assert "Credentials aren't recorded" in code


def test_parameters_of_path_and_query_make_the_address(visitors: Visitors, server: Server) -> None:
    page = open_console(visitors, server).page
    page.get_by_label("since (in the query)").fill("3")
    with page.expect_websocket() as opened:
        connect(page, "1")
    assert opened.value.url == server.address.replace("http", "ws") + "ws/rooms/1/?since=3"


def test_a_refusal_is_shown_and_final(visitors: Visitors, server: Server) -> None:
    page = open_console(visitors, server).page
    page.get_by_label("room (in the path)").fill("404")
    page.get_by_label("Reconnect when it is lost").check()
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.locator("#console-state")).to_contain_text("Closed with 4404")
    expect(page.get_by_role("button", name="Connect", exact=True)).to_be_visible()


def test_a_lost_connection_comes_back_and_binary_frames_are_shown(visitors: Visitors, server: Server) -> None:
    page = open_console(visitors, server).page
    routes: list[WebSocketRoute] = []

    def answer(route: WebSocketRoute) -> None:
        routes.append(route)
        route.send(bytes([0, 255, 16]))

    page.route_web_socket("**/ws/rooms/1/", answer)
    page.get_by_label("Reconnect when it is lost").check()
    connect(page)
    expect(frames(page, "00 ff 10")).to_contain_text("binary, 3 bytes")
    routes[0].close(code=4503, reason="draining")
    expect(page.locator("#console-state")).to_have_text("Closed with 4503: draining. Reconnecting…")
    expect(page.locator("#console-state")).to_have_text("Connected")
    expect(frames(page, "00 ff 10")).to_have_count(2)
    assert len(routes) == 2


def test_a_token_goes_into_the_query_but_not_into_the_test(visitors: Visitors, server: Server) -> None:
    def ask(document: Document) -> None:
        secure(document, type="httpApiKey", name="token", **{"in": "query"})

    page = open_changed(visitors, server, ask).page
    routes: list[WebSocketRoute] = []

    def answer(route: WebSocketRoute) -> None:
        routes.append(route)

    page.route_web_socket("**/ws/**", answer)
    page.get_by_label("token (token in the query)").fill("se cret")
    connect(page)
    assert routes[0].url.endswith("/ws/rooms/1/?token=se+cret")
    page.get_by_role("button", name="Export as a test").click()
    assert "cret" not in page.locator("#console-code").input_value()


def test_a_token_goes_into_the_subprotocols(visitors: Visitors, server: Server) -> None:
    def ask(document: Document) -> None:
        secure(document, type="httpApiKey", name="Sec-WebSocket-Protocol", **{"in": "header"})

    page = open_changed(visitors, server, ask).page
    page.evaluate(
        "() => { const Real = WebSocket; window.WebSocket = class extends Real {"
        " constructor(url, protocols) { super(url); window.offered = protocols; } } }"
    )
    page.get_by_label("Subprotocols").fill("bearer, t0ken")
    connect(page)
    assert page.evaluate("window.offered") == ["bearer", "t0ken"]


def test_another_cookie_is_lent_for_the_handshake(visitors: Visitors, server: Server) -> None:
    def ask(document: Document) -> None:
        secure(document, type="httpApiKey", name="ticket", **{"in": "cookie"})

    page = open_changed(visitors, server, ask).page
    page.evaluate("document.cookie = 'ticket=mine; path=/'")
    page.evaluate(
        "() => { const Real = WebSocket; window.WebSocket = class extends Real {"
        " constructor(...all) { super(...all); window.lent = document.cookie; } } }"
    )
    page.get_by_label("ticket (another cookie)").fill("other")
    connect(page)
    assert "ticket=other" in page.evaluate("window.lent")
    assert "ticket=mine" in page.evaluate("document.cookie")


def test_what_browsers_cannot_set_is_said(visitors: Visitors, server: Server) -> None:
    page = open_changed(
        visitors, server, lambda document: secure(document, type="http", scheme="bearer")
    ).page
    expect(page.locator("#console-target")).to_contain_text(
        "Browsers can't set Authorization: bearer for WebSockets; other clients can."
    )


def test_the_hosts_are_those_of_the_document_and_this_one(visitors: Visitors, server: Server) -> None:
    def move(document: Document) -> None:
        document["servers"] = {
            "live": {"host": "live.example", "protocol": "wss", "pathname": "/chat"},
            "broker": {"host": "kafka.example", "protocol": "kafka"},
        }

    page = open_changed(visitors, server, move).page
    expect(page.locator("#console-server option")).to_have_text(
        ["wss://live.example/chat (live)", f"{server.address.replace('http', 'ws')[:-1]} (this site)"]
    )


@pytest.mark.parametrize(
    ("schema", "value", "problems"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None, []),
        ({"anyOf": [{"type": "string"}, {"properties": {"a": {"type": "null"}}}]}, {"a": 1}, ["a must be of type null"]),
        ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, 1, [" fits more than one of its choices"]),
        ({"allOf": [{"minimum": 2}, {"multipleOf": 2}]}, 1, [" must be at least 2", " must be a multiple of 2"]),
        ({"exclusiveMaximum": 3}, 3, [" must be less than 3"]),
        ({"enum": ["a", "b"]}, "c", [' must be one of "a", "b"']),
        ({"const": {"a": [1]}}, {"a": [1]}, []),
        ({"pattern": "^a+$"}, "ab", [" must be like ^a+$"]),
        ({"pattern": "(?P<a>b)"}, "c", []),
        ({"items": [{"type": "integer"}], "additionalItems": False}, [1, 2], ["1 must not be there"]),
        ({"items": {"type": "integer"}, "maxItems": 1}, [1, "a"], [" must have at most 1 items", "1 must be of type integer"]),
        ({"uniqueItems": True}, [{"a": 1}, {"a": 1}], [" must not have equal items"]),
        ({"additionalProperties": {"type": "integer"}}, {"a": "b"}, ["a must be of type integer"]),
        ({"additionalProperties": False, "properties": {"a": True}}, {"a": 1, "b": 2}, ["b must not be there"]),
        ({"$ref": "#/components/schemas/SayPayload"}, {}, ["text is missing"]),
    ],
)  # fmt: skip
def test_values_are_checked_as_schemas_say(
    console_page: Page, schema: Document, value: Any, problems: list[str]
) -> None:
    found = console_page.evaluate(
        "([schema, value]) => chanx.validate(schema, value).map(({path, text}) => `${path} ${text}`)",
        [schema, value],
    )
    assert [each.strip() for each in found] == [each.strip() for each in problems]


@pytest.fixture
def console_page(visitors: Visitors, server: Server) -> Page:
    return open_docs(visitors, server).page


def test_fields_of_every_kind_are_read_back(console_page: Page) -> None:
    schema = {
        "required": ["kind", "on", "count", "inner"],
        "properties": {
            "kind": {"enum": ["a", "b"]},
            "on": {"type": "boolean"},
            "count": {"type": "integer"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "more": {"type": "array", "items": {"type": "integer"}},
            "inner": {"type": "object", "properties": {"deep": {"type": "string"}}},
        },
    }
    console_page.evaluate(
        """schema => {
            window.value = {kind: "a", on: false, count: 1, inner: {}};
            chanx.fill(document.getElementById("console-fields"), schema, value, () => {});
        }""",
        schema,
    )
    fields = console_page.locator("#console-fields")
    fields.get_by_label("kind").select_option("b")
    fields.get_by_label("on", exact=True).check()
    fields.get_by_label("count").fill("7")
    fields.get_by_label("note").fill("x")
    fields.get_by_label("note").fill("")
    fields.get_by_label("more").fill("[1,")
    expect(fields.get_by_label("more")).to_have_attribute("aria-invalid", "true")
    fields.get_by_label("more").fill("[1, 2]")
    fields.get_by_label("deep").fill("water")
    assert console_page.evaluate("value") == {
        "kind": "b", "on": True, "count": 7, "more": [1, 2], "inner": {"deep": "water"}
    }  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desk", "phone"])
def test_axe_finds_no_violation_in_use(
    visitors: Visitors, server: Server, axe: Axe, scheme: str, device: str
) -> None:
    bob = open_console(
        visitors, server, "history", color_scheme=scheme, **(PHONE if device == "phone" else {})
    )
    connect(bob.page)
    send(bob.page)
    expect(frames(bob.page, "answers id")).to_have_count(1)
    bob.page.locator("#console-json").fill("{}")
    send(bob.page)
    expect(bob.page.locator("#console-problems")).to_contain_text("action is missing")
    bob.page.get_by_role("button", name="Export as a test").click()
    bob.shoot(f"console-{device}-{scheme}")
    assert bob.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe.violations(bob.page) == []
