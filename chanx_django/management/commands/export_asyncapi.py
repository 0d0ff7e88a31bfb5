"""Export the AsyncAPI document of the project, of some of its consumers, or one that is written by hand."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import import_string

from chanx.asyncapi import Server
from chanx.asyncapi.lint import lint
from chanx.core.errors import ChanxError, ConfigurationError
from chanx.routing import Route
from chanx_django._selection import routes_to
from chanx_django.asyncapi import WRITERS, DocumentOptions, build_document, servers_of
from chanx_django.discovery import discover_routes


class Command(BaseCommand):
    """Writes a document to a file or to the standard output."""

    help = "Export an AsyncAPI document: of the project, of some consumers, or of a template."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--consumer",
            action="append",
            default=[],
            metavar="DOTTED.PATH[:/ws/path/]",
            help="A consumer, as often as there are; without a path, where the project routes it.",
        )
        parser.add_argument(
            "--template",
            type=Path,
            help="A document written by hand, with {{ WS_HOST }} and {{ WS_PROTOCOL }}.",
        )
        parser.add_argument(
            "-o", "--output", type=Path, help="Where to write it, instead of the standard output."
        )
        parser.add_argument(
            "--format", choices=("json", "yaml"), help="By default that of the file's name, or yaml."
        )
        parser.add_argument("--host", help="The host of the server, like example.com:8443.")
        parser.add_argument("--protocol", choices=("ws", "wss"))
        parser.add_argument(
            "--validate",
            action="store_true",
            help="Print what is wrong with it; if anything is, exit with 1.",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the command."""
        if options["consumer"] and options["template"]:
            raise CommandError("--template is a whole document. Leave --consumer out, or the template.")
        try:
            document = build_document(_document_options(options))
            problems = lint(document) if options["validate"] else []
        except (ChanxError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        if problems:
            self.stderr.writelines(f"{problem}\n" for problem in problems)
            sys.exit(1)
        file: Path | None = options["output"]
        kind = options["format"] or ("json" if file and file.suffix == ".json" else "yaml")
        text = WRITERS[kind](document)
        if file is None:
            self.stdout.write(text, ending="")
        else:
            file.write_text(text, encoding="utf-8")
            self.stderr.write(f"Wrote {file}.")


def _document_options(options: dict[str, Any]) -> DocumentOptions:
    chosen = DocumentOptions(routes=tuple(_routes(options["consumer"])), template_file=options["template"])
    host, protocol = options["host"], options["protocol"]
    if host is None and protocol is None:
        return chosen
    [server, *_] = servers_of(chosen).values()
    if host is not None:
        server = Server.from_url(host if "://" in host else f"{server.protocol}://{host}", protocol)
    server = replace(server, protocol=protocol or server.protocol)
    return replace(chosen, server_url=f"{server.protocol}://{server.host}{server.pathname}")


def _routes(consumers: Sequence[str]) -> list[Route]:
    """Find the routes of consumers: those that are given, else those that the project has."""
    named = [text.partition(":") for text in consumers]
    given = [(_consumer(dotted), path) for dotted, _, path in named if path]
    found = routes_to(given) if given else []
    for dotted in [dotted for dotted, _, path in named if not path]:
        consumer = _consumer(dotted)
        routed = [route for route in discover_routes() if route.consumer is consumer]
        if not routed:
            raise ConfigurationError(
                f"The project routes {dotted} nowhere. Say where it would be: --consumer {dotted}:/ws/path/"
            )
        found += routed
    return found


def _consumer(dotted: str) -> type[Any]:
    try:
        found = import_string(dotted)
    except ImportError as error:
        raise ConfigurationError(f"--consumer {dotted!r} can't be imported: {error}") from error
    if not isinstance(found, type):
        raise ConfigurationError(f"--consumer {dotted!r} is no class.")
    return found
