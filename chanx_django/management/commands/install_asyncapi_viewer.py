"""Put the official viewer of AsyncAPI among the static files of the project."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chanx_django.viewer import HASHES, PACKAGE, VERSION, fits, static_name


class Command(BaseCommand):
    """Takes what is needed out of the npm package, and checks that it is what it should be."""

    help = f"Put the viewer among the static files, from the package that `npm pack {PACKAGE}@{VERSION}` fetches."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("package", type=Path, help="The file of the npm package.")
        parser.add_argument(
            "folder", type=Path, help="A folder of static files, like one of STATICFILES_DIRS."
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the command."""
        for name, content in _read(options["package"]).items():
            target = options["folder"] / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            self.stdout.write(f"Wrote {target}")


def _read(package: Path) -> dict[str, bytes]:
    """Read the files of the package by their names among the static files."""
    try:
        with tarfile.open(package) as archive:
            names = [*HASHES, "LICENSE"]
            members = {name: archive.extractfile(f"package/{name}") for name in names}
            contents = {name: member.read() for name, member in members.items() if member}
    except (OSError, tarfile.TarError, KeyError) as error:
        raise CommandError(f"{package} is no package {PACKAGE}: {error}") from error
    wrong = [name for name in HASHES if not fits(name, contents.get(name, b""))]
    if wrong:
        raise CommandError(f"{', '.join(wrong)} of {package} isn't that of {PACKAGE} {VERSION}.")
    return {static_name(name): content for name, content in contents.items()}
