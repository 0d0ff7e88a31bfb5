"""The other side of `Peer`: a script that runs with nothing of this project installed."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent


def load(path: Path) -> ModuleType:
    """Import a file by its path."""
    spec = importlib.util.spec_from_file_location(f"benchmark_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def main(package: str) -> None:
    """Measure on request, until there are no more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    sys.stdout = sys.stderr  # some packages log there
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="benchmark",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "channels", "rest_framework"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
    )
    django.setup()
    client = load(HERE.parent / "client.py")
    subject = load(HERE / f"with_{package}.py")
    answers.write(json.dumps({"name": f"{package} {version(package)} (PyPI)"}) + "\n")
    for line in sys.stdin:
        order = json.loads(line)
        frames = [subject.frame(number) for number in range(order["messages"])]

        async def run(frames: list[str], *, turns: bool) -> float:
            return float(await client.Exchange(subject.application, frames, turns=turns).measure())

        gc.collect()
        seconds = asyncio.run(run(frames, turns=order["turns"]))
        answers.write(json.dumps({"microseconds": seconds / len(frames) * 1e6}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
