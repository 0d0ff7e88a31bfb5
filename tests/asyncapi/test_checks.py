"""The checks of documents find what is planted."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from chanx.asyncapi import Server, generate, to_json
from chanx.routing import Parameter, Route
from tests.asyncapi.cases import features, payloads
from tests.asyncapi.official import OfficialParser
from tests.asyncapi.structure import Document, problems

ROUTES = [
    Route("/rooms/{room_id}/", (Parameter("room_id"),), features.EverythingConsumer),
    Route("/payloads/", (), payloads.PayloadsConsumer),
]
DOCUMENT = generate(ROUTES, servers={"default": Server("example.com")})
Planted = dict[str, Callable[[Document], Any]]
OPERATION = "room_say"

WRONG: Planted = {
    "Nothing in the document uses it": lambda it: it["components"]["schemas"].update(Unused={}),
    "has the address": lambda it: it["channels"]["payloads"].update(address="payloads/"),
    "doesn't require its action": lambda it: it["components"]["schemas"]["Say"].update(required=[]),
    "doesn't tell apart": lambda it: it["operations"][OPERATION]["messages"].append(
        it["operations"][OPERATION]["messages"][0]
    ),
    "answers elsewhere": lambda it: it["operations"][OPERATION]["reply"].update(
        channel={"$ref": "#/channels/payloads"}
    ),
    "a key that must be escaped": lambda it: it["channels"].update({"a/b": {"address": "/a"}}),
    "a key that AsyncAPI doesn't allow": lambda it: it["components"]["schemas"].update({"a b": {}}),
    "have the title": lambda it: it["components"]["schemas"]["Say"].update(title="Said"),
}


@pytest.mark.parametrize("problem", WRONG)
def test_the_rules_find_a_problem(problem: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    assert problems(document) == []
    WRONG[problem](document)
    assert any(problem in found for found in problems(document))


def test_the_official_parser_finds_a_problem(official_parser: OfficialParser) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["operations"][OPERATION]["messages"] = [{"$ref": "#/components/messages/Say"}]
    [found] = official_parser.diagnostics(to_json(document))
    assert found != []
