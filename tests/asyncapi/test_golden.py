from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from chanx.asyncapi import Server, generate
from chanx.routing import Parameter, Route
from tests.asyncapi.cases import action_key, features, library, payloads, shop
from tests.asyncapi.golden import assert_golden, assert_valid
from tests.asyncapi.official import OfficialParser

GOLDEN = Path(__file__).parent / "golden"
SERVERS = {"default": Server("example.com", "wss", "/live", "The service.")}
ROOM = Parameter("room_id", pattern=r"^\d+$")
CASES: dict[str, list[Route]] = {
    "three_routes": [
        Route("/ws/shop/", consumer=shop.SearchConsumer),
        Route("/ws/{tenant}/shop/", (Parameter("tenant", choices=("north", "south")),), shop.SearchConsumer),
        Route("/ws/shop-old/", consumer=shop.SearchConsumer),
    ],
    "same_names": [
        Route("/ws/shop/", consumer=shop.SearchConsumer),
        Route("/ws/library/", consumer=library.SearchConsumer),
    ],
    "payloads": [Route("/ws/payloads/", consumer=payloads.PayloadsConsumer)],
    "features": [Route("/ws/rooms/{room_id}/", (ROOM,), features.EverythingConsumer)],
    "action_key": [
        Route("/ws/plain/", consumer=action_key.PlainConsumer),
        Route("/ws/renamed/", consumer=action_key.RenamedConsumer),
    ],
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def document(routes: list[Route]) -> dict[str, Any]:
    info = {"title": "Golden", "version": "1.2.3", "description": "A document\nfor the tests."}
    return generate(routes, info=info, servers=SERVERS)


def test_the_document_is_the_golden_one(case: str) -> None:
    assert_golden(document(CASES[case]), GOLDEN / f"{case}.yaml")


def test_every_document_is_valid(official_parser: OfficialParser) -> None:
    assert_valid({name: document(routes) for name, routes in CASES.items()}, official_parser)


def test_the_order_of_routes_does_not_change_the_document(case: str) -> None:
    documents = [document(list(routes)) for routes in itertools.permutations(CASES[case])]
    assert all(list(each.items()) == list(documents[0].items()) for each in documents)
