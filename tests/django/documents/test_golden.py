"""Golden documents of plain consumers, one for each kind of payload."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chanx.channels.documents import AsyncAPIGenerator
from tests.asyncapi.golden import assert_golden, assert_valid
from tests.asyncapi.official import OfficialParser, official_parser  # noqa: F401 - a fixture
from tests.django.documents import consumers

GOLDEN = Path(__file__).parent / "golden"
CASES: dict[str, list[tuple[Any, str]]] = {
    "nothing": [(consumers.NothingConsumer, "/ws/nothing/")],
    "dict": [(consumers.DictConsumer, "/ws/dict/")],
    "dataclass": [(consumers.DataclassConsumer, "/ws/trips/<int:trip>/")],
    "typed_dict": [(consumers.TypedDictConsumer, "/ws/{flight}/seats/")],
    "pydantic": [(consumers.PydanticConsumer, "/ws/models/")],
    "serializer": [(consumers.SerializerConsumer, "/ws/rides/")],
}
CASES["together"] = [pair for pairs in CASES.values() for pair in pairs]


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def document(case: str) -> dict[str, Any]:
    return AsyncAPIGenerator(CASES[case], info={"title": case}).get_spec()


def test_the_document_is_the_golden_one(case: str) -> None:
    assert_golden(document(case), GOLDEN / f"{case}.yaml")


def test_every_document_is_valid(official_parser: OfficialParser) -> None:  # noqa: F811 - the fixture
    assert_valid({case: document(case) for case in CASES}, official_parser)
