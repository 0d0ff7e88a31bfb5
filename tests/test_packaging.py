"""What pyproject.toml and the files beside it must agree on."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
PUBLIC = ("django", "channels", "drf", "camel-case", "redis", "daphne", "validate")


def normal(name: str) -> str:
    return name.lower().replace("_", "-")


def floors() -> dict[str, str]:
    """Map what an installed chanx may need to the lowest version that it declares."""
    required = [*PROJECT["dependencies"], *(entry for extra in PUBLIC for entry in EXTRAS[extra])]
    split = [
        re.fullmatch(r"([\w-]+)>=([\d.]+)", entry) for entry in required if not entry.startswith("chanx[")
    ]
    return {normal(found[1]): found[2] for found in split if found}


def test_the_lowest_versions_that_are_tested_are_those_that_are_declared() -> None:
    lines = (ROOT / "requirements" / "lowest.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if "==" in line)
    declared = floors()
    django = declared.pop("django")
    assert f'DJANGO_LTS, DJANGO_CURRENT = "{django}"' in (ROOT / "noxfile.py").read_text()
    assert {normal(name): version.removesuffix(".0") for name, version in pinned.items()} == {
        name: version.removesuffix(".0") for name, version in declared.items()
    }


def test_the_core_requires_pydantic_alone() -> None:
    assert {re.split(r"[>=]", entry)[0] for entry in PROJECT["dependencies"]} == {
        "pydantic",
        "typing-extensions",
    }


def test_both_packages_say_that_they_are_typed() -> None:
    assert all((ROOT / package / "py.typed").is_file() for package in ("chanx", "chanx_django"))


def test_every_public_extra_is_documented() -> None:
    page = (ROOT / "docs" / "installation.md").read_text()
    assert {name for name in EXTRAS if f"`{name}`" in page} == set(PUBLIC)
    assert set(EXTRAS) - set(PUBLIC) == {"sandbox", "dev"}
