"""The README: its commands, its links, and that CI runs what it says."""

from __future__ import annotations

import re
import shlex
import subprocess

from tests.docs.blocks import ROOT, blocks_of

README = ROOT / "README.md"
COMMANDS = [block.content for block in blocks_of(README) if block.language == "bash"]


def test_the_first_two_blocks_are_commands_of_one_line() -> None:
    first, second = blocks_of(README)[:2]
    assert first.content.count("\n") == second.content.count("\n") == 1
    assert shlex.split(first.content)[-2:] == ["-m", "sandbox"]
    assert ".venv/bin/pytest" in shlex.split(second.content)


def test_ci_runs_the_test_command_word_for_word() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    found = re.search(r"^test_command=\$\((sed .*)\)$", script, re.MULTILINE)
    assert found
    extracted = subprocess.run(found[1], shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    assert extracted.stdout == COMMANDS[1]


def test_every_link_to_a_file_leads_somewhere() -> None:
    pages = [README, ROOT / "CONTRIBUTING.md"]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text())]
    assert links
    assert [link for page, link in links if not (page.parent / link).exists()] == []
