"""Write the AsyncAPI document of the project, or check that a file still is that document."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import import_string

from chanx.asyncapi import SPEC_VERSIONS
from chanx.core.errors import ChanxError
from chanx_django.asyncapi import DocumentOptions, document_text
from chanx_django.discovery import DjangoRouteDiscovery


class Command(BaseCommand):
    """Writes the document to a file or to the standard output."""

    help = "Write the AsyncAPI document of the project."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--format", choices=("json", "yaml"), help="By default that of the file's name, or yaml."
        )
        parser.add_argument("--file", type=Path, help="Where to write it, instead of the standard output.")
        parser.add_argument("--base-url", help="The server, like wss://example.com.")
        parser.add_argument("--title")
        parser.add_argument("--api-version", help="The version of the project's interface.")
        parser.add_argument("--description")
        parser.add_argument(
            "--discovery-class", help="The dotted path of a subclass of DjangoRouteDiscovery."
        )
        parser.add_argument("--document", help="One of ASYNCAPI_DOCUMENTS; the first of them by default.")
        parser.add_argument(
            "--spec-version", choices=SPEC_VERSIONS, help="The version of the AsyncAPI specification."
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="Write nothing; print what differs from the file, and exit with 1.",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the command."""
        file: Path | None = options["file"]
        if options["check"] and file is None:
            raise CommandError("--check needs --file: the file to compare with.")
        kind = options["format"] or ("json" if file and file.suffix == ".json" else "yaml")
        try:
            text = document_text(_document_options(options), None, kind)
        except (ChanxError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        if file is None:
            self.stdout.write(text, ending="")
        elif options["check"]:
            self._check(file, text)
        else:
            file.write_text(text, encoding="utf-8")
            self.stderr.write(f"Wrote {file}.")

    def _check(self, file: Path, text: str) -> None:
        if not file.exists():
            raise CommandError(f"{file} does not exist. Write it without --check.")
        before = file.read_text(encoding="utf-8")
        if before == text:
            self.stderr.write(f"{file} is up to date.")
            return
        lines = difflib.unified_diff(
            before.splitlines(keepends=True), text.splitlines(keepends=True), str(file), "generated"
        )
        self.stdout.writelines(lines)
        self.stderr.write(f"{file} is out of date. Write it anew, without --check.")
        sys.exit(1)


def _document_options(options: dict[str, Any]) -> DocumentOptions:
    return DocumentOptions(
        title=options["title"],
        version=options["api_version"],
        description=options["description"],
        spec_version=options["spec_version"],
        server_url=options["base_url"],
        discovery_class=_discovery_class(options["discovery_class"]),
        document=options["document"],
    )


def _discovery_class(path: str | None) -> type[DjangoRouteDiscovery]:
    if path is None:
        return DjangoRouteDiscovery
    try:
        found = import_string(path)
    except ImportError as error:
        raise CommandError(f"--discovery-class {path!r} can't be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, DjangoRouteDiscovery)):
        raise CommandError(
            f"--discovery-class {path!r} is no subclass of {DjangoRouteDiscovery.__qualname__}."
        )
    return found
