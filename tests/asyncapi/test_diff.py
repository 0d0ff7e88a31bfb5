from __future__ import annotations

import copy
import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from chanx.asyncapi import generate
from chanx.asyncapi.change import Change, as_json, as_text
from chanx.asyncapi.diff import diff
from chanx.asyncapi.wire_view import WireView
from chanx.core.errors import DocumentError
from tests.asyncapi.test_golden import CASES, document

GOLDEN = Path(__file__).parent / "golden_diff"
OLD, NEW = (yaml.safe_load((GOLDEN / f"{name}.yaml").read_text()) for name in ("old", "new"))
MINIMAL = {"asyncapi": "3.0.0"}
ADDED_OR_REMOVED = {"channel", "operation", "message", "reply", "security", "subprotocol", "close-code"}


def assert_golden_text(text: str, name: str) -> None:
    file = GOLDEN / name
    if os.environ.get("CHANX_UPDATE_GOLDEN") == "1":
        file.write_text(text)
    assert text == file.read_text()


def test_all_that_can_change_is_told_to_people() -> None:
    assert_golden_text(as_text(diff(OLD, NEW)), "changes.txt")


def test_all_that_can_change_is_told_to_programs() -> None:
    text = as_json(diff(OLD, NEW))
    assert json.loads(text)["breaking"] is True
    assert_golden_text(text, "changes.json")


def test_the_way_back_breaks_the_others() -> None:
    back = diff(NEW, OLD)
    assert_golden_text(as_text(back), "changes_back.txt")
    assert len(back) == len(diff(OLD, NEW))


@pytest.mark.parametrize("case", CASES)
def test_no_document_differs_from_itself(case: str) -> None:
    made = document(CASES[case])
    assert diff(made, copy.deepcopy(made)) == []
    assert as_text([]) == "No changes\n"


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(CASES, 2)))
def test_the_way_back_swaps_what_breaks(one: str, other: str) -> None:
    there, back = (
        diff(*map(document, pair)) for pair in ((CASES[one], CASES[other]), (CASES[other], CASES[one]))
    )
    swapped = {"client": "server", "server": "client"}
    forward = sorted((each.direction, each.action, each.path, sorted(each.breaks)) for each in there)
    backward = sorted(
        (each.direction, each.action, each.path, sorted(swapped[side] for side in each.breaks))
        for each in back
    )
    assert forward == backward
    added = [each.code for each in there if each.code.endswith("-added") and _kind(each) in ADDED_OR_REMOVED]
    removed = [
        each.code for each in back if each.code.endswith("-removed") and _kind(each) in ADDED_OR_REMOVED
    ]
    assert sorted(map(_stem, added)) == sorted(map(_stem, removed))


def _stem(code: str) -> str:
    return code.rpartition("-")[0]


def _kind(change: Change) -> str:
    return _stem(change.code)


@given(st.permutations(list(OLD["operations"])), st.permutations(list(OLD["channels"])))
def test_the_order_and_the_names_of_operations_dont_count(operations: list[str], channels: list[str]) -> None:
    shuffled = copy.deepcopy(OLD)
    shuffled["operations"] = {f"renamed_{name}": OLD["operations"][name] for name in operations}
    shuffled["channels"] = {name: OLD["channels"][name] for name in channels}
    assert diff(OLD, shuffled) == []


def test_renamed_components_dont_count() -> None:
    text = (GOLDEN / "old.yaml").read_text().replace("Said", "Spoken").replace("cookie:", "jar:")
    text = text.replace("schemes/cookie", "schemes/jar").replace("Schemes/cookie", "Schemes/jar")
    assert diff(OLD, yaml.safe_load(text)) == []


def test_routes_of_one_shape_are_told_by_their_address() -> None:
    old = {**MINIMAL, "channels": {"a": {"address": "/{a}/"}, "b": {"address": "/{b}/"}}}
    new = {**MINIMAL, "channels": {"x": {"address": "/{b}/"}, "y": {"address": "/{a}/"}}}
    assert diff(old, new) == []


def test_an_address_that_is_left_open_is_its_key() -> None:
    [found] = diff(MINIMAL, {**MINIMAL, "channels": {"a": {"address": None}}})
    assert (found.address, found.code, found.breaks) == ("a", "channel-added", ("server",))


def _without_security(it: Any) -> None:
    del it["operations"]["say"]["security"], it["servers"]


def _with_reply(it: Any) -> None:
    it["operations"]["bare"]["reply"] = {"channel": {"$ref": "#/channels/rooms"}}


ALONE: dict[str, tuple[Callable[[Any], Any], str, tuple[str, ...]]] = {
    "credentials asked for no more": (_without_security, "security-removed", ("server",)),
    "a first answer": (_with_reply, "reply-added", ("client", "server")),
    "another place": (lambda it: it["servers"]["default"].update(host="b.example"), "", ()),
    "another text": (lambda it: it["info"].update(title="Another"), "", ()),
}


@pytest.mark.parametrize("case", ALONE)
def test_one_change_is_judged(case: str) -> None:
    change, code, breaks = ALONE[case]
    new = copy.deepcopy(OLD)
    change(new)
    assert {(each.code, each.breaks) for each in diff(OLD, new)} <= {
        (code, breaks),
        ("message-added", ("server",)),
    }
    assert (code, breaks) in {("", ()), *((each.code, each.breaks) for each in diff(OLD, new))}


@pytest.mark.parametrize(
    ("strange", "reason"),
    [
        ({}, "no AsyncAPI 3 document"),
        ({"asyncapi": "2.6.0"}, "no AsyncAPI 3 document"),
        ({**MINIMAL, "channels": {"a": 1}}, "can't be compared"),
        ({**MINIMAL, "channels": {"a": {"$ref": "#/nowhere"}}}, "leads to nothing"),
        ({**MINIMAL, "channels": {"a": {"$ref": "other.yaml"}}}, "leads out of the document"),
    ],
)
def test_what_is_no_document_is_refused(strange: Any, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        diff(MINIMAL, strange)


def test_a_payload_that_is_any_value_has_no_name_in_it() -> None:
    messages = {"a": {"payload": True}, "b": {"payload": {"properties": {"type": {"enum": [1]}}}}}
    operations = {"op": {"action": "send", "channel": {"$ref": "#/channels/a"}}}
    whole = {**MINIMAL, "channels": {"a": {"messages": messages}}, "operations": operations}
    [channel] = WireView(whole).channels()
    assert [(message.key, message.action) for message in channel.received] == [("", "a"), ("", "b")]


def test_the_document_of_no_routes_can_be_compared() -> None:
    [found] = {change.code for change in diff(generate([]), document(CASES["payloads"]))}
    assert found == "channel-added"
