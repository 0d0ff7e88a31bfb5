"""Tell what changed between two AsyncAPI documents, and whether it breaks clients."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chanx.asyncapi.change import as_json, as_text
from chanx.asyncapi.diff import diff
from chanx.asyncapi.read import read_document
from chanx.core.errors import ChanxError, DocumentError
from chanx_django.asyncapi import DocumentOptions, build_document

UNUSABLE = 2


class Command(BaseCommand):
    """Compares two documents."""

    help = (
        "Tell what changed between two AsyncAPI documents. Exit with 0 when no change is breaking, "
        "with 1 when one is, and with 2 when a document can't be read or made."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("old", metavar="OLD", help="A file, JSON or YAML; - is the standard input.")
        parser.add_argument(
            "new",
            metavar="NEW",
            nargs="?",
            help="A file too; by default the document of the project as it is.",
        )
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument(
            "--fail-on",
            choices=("breaking", "any", "never"),
            default="breaking",
            help="Which changes to exit with 1 for.",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the command."""
        try:
            old = _read(options["old"])
            new = _read(options["new"]) if options["new"] else build_document(DocumentOptions())
            changes = diff(old, new)
        except (ChanxError, ImproperlyConfigured) as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        write = as_json if options["format"] == "json" else as_text
        self.stdout.write(write(changes), ending="")
        counted = [change for change in changes if change.breaking or options["fail_on"] == "any"]
        if counted and options["fail_on"] != "never":
            sys.exit(1)


def _read(name: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{name} can't be read: {error}.") from error
    return read_document(text, name)
