from __future__ import annotations

import io
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

GOLDEN = Path(__file__).parent.parent / "asyncapi" / "golden_diff"
OLD, NEW = str(GOLDEN / "old.yaml"), str(GOLDEN / "new.yaml")


@pytest.fixture(autouse=True)
def the_project(settings: Any) -> None:
    settings.ASGI_APPLICATION = "tests.django.asgi.application"


@pytest.fixture
def current(tmp_path: Path) -> Path:
    file = tmp_path / "asyncapi.json"
    call_command("generate_asyncapi_schema", "--file", str(file), stderr=StringIO())
    return file


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("asyncapi_diff", *arguments, stdout=out)
    except SystemExit as exit_:
        return int(str(exit_.code)), out.getvalue()
    return 0, out.getvalue()


def test_two_files_are_compared() -> None:
    assert run(OLD, NEW) == (1, (GOLDEN / "changes.txt").read_text())


def test_programs_get_json() -> None:
    assert run(OLD, NEW, "--format", "json") == (1, (GOLDEN / "changes.json").read_text())


def test_the_document_of_the_project_is_the_new_one(current: Path) -> None:
    assert run(str(current)) == (0, "No changes\n")


@pytest.mark.parametrize(("fail_on", "code"), [("breaking", 0), ("any", 1), ("never", 0)])
def test_which_changes_fail_can_be_chosen(current: Path, fail_on: str, code: int) -> None:
    document = json.loads(current.read_text())
    document["channels"].popitem()
    current.write_text(json.dumps(document))
    found, text = run(str(current), "--fail-on", fail_on)
    assert found == code
    assert "1 change, 0 breaking" in text
    assert run(OLD, NEW, "--fail-on", "never")[0] == 0


def test_a_document_comes_through_a_pipe(current: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(current.read_text()))
    assert run("-") == (0, "No changes\n")


@pytest.mark.parametrize("unusable", ["missing.yaml", __file__, "{}"])
def test_what_cant_be_compared_exits_with_2(tmp_path: Path, unusable: str) -> None:
    if unusable == "{}":
        file = tmp_path / "empty.json"
        file.write_text("{}")
        unusable = str(file)
    with pytest.raises(CommandError) as error:
        run(OLD, unusable)
    assert error.value.returncode == 2


def test_a_project_without_an_application_exits_with_2(settings: Any) -> None:
    settings.ASGI_APPLICATION = "tests.django.asgi.missing"
    with pytest.raises(CommandError) as error:
        run(OLD)
    assert error.value.returncode == 2
