"""Documents as text."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from chanx.core.errors import ConfigurationError


def to_json(document: dict[str, Any]) -> str:
    """Write a document as JSON."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_yaml(document: dict[str, Any]) -> str:
    """
    Write a document as YAML.

    Raises:
        ConfigurationError: PyYAML isn't installed.
    """
    yaml, dumper = _yaml()
    text: str = yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


@cache
def _yaml() -> tuple[Any, Any]:
    try:
        import yaml
    except ImportError as error:
        raise ConfigurationError("YAML needs PyYAML. Install it with the extra: chanx[django].") from error
    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Dumper(base):  # type: ignore[misc]  # the base depends on what is installed
        """Leaves the dumpers that others in this process use as they are."""

        def ignore_aliases(self, _: Any) -> bool:
            return True

    Dumper.add_representer(str, _text)
    return yaml, Dumper


def _text(dumper: Any, text: str) -> Any:
    """Write a text of several lines as a block."""
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
