"""The AsyncAPI document of the sandbox, and Django's checks of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.asyncapi.golden import assert_golden, assert_valid
from tests.asyncapi.official import OfficialParser, official_parser  # noqa: F401 - a fixture
from tests.sandbox.places import environment, manage

GOLDEN = Path(__file__).parent / "asyncapi.yaml"


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The document, as the command writes it."""
    return manage(
        environment(tmp_path_factory.mktemp("document")), "generate_asyncapi_schema", "--format", "yaml"
    )


def test_the_document_is_the_golden_one(text: str) -> None:
    assert_golden(yaml.safe_load(text), GOLDEN)
    assert text == GOLDEN.read_text()


def test_the_document_is_valid(text: str, official_parser: OfficialParser) -> None:  # noqa: F811 - the fixture
    assert_valid({"sandbox": yaml.safe_load(text)}, official_parser)


def test_the_system_checks_find_nothing(tmp_path: Path) -> None:
    manage(environment(tmp_path), "check", "--fail-level", "INFO")
    manage(environment(tmp_path), "check", "--tag", "chanx", "--fail-level", "INFO")


def test_no_migration_is_missing(tmp_path: Path) -> None:
    manage(environment(tmp_path), "migrate", "--verbosity", "0")
    manage(environment(tmp_path), "makemigrations", "--check", "--dry-run")


def test_the_demonstration_can_be_prepared_twice(tmp_path: Path) -> None:
    for _ in range(2):
        manage(environment(tmp_path), "migrate", "--verbosity", "0")
        manage(environment(tmp_path), "demo")
    script = "from sandbox.chat.models import Room; print([room.name for room in Room.objects.all()])"
    assert "['Lobby', 'Kitchen']" in manage(environment(tmp_path), "shell", "-c", script)
