"""A secret key that survives a restart."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.management.utils import get_random_secret_key


def kept_secret(path: Path) -> str:
    """Read a secret key from a file; the first to ask creates it, readable to its owner alone."""
    if not path.exists():
        with NamedTemporaryFile("w", dir=path.parent) as draft:
            draft.write(get_random_secret_key())
            draft.flush()
            with suppress(FileExistsError):  # another process was faster
                os.link(draft.name, path)
    return path.read_text()
