"""Documents from text, as their authors wrote them: JSON or YAML."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from chanx.core.errors import ConfigurationError, DocumentError


def read_document(text: str, name: str) -> dict[str, Any]:
    """
    Read a document; YAML is read as YAML 1.2 is, so that dates and words like ``on`` stay texts.

    Args:
        text: JSON or YAML.
        name: What to call it in errors: the name of its file.

    Raises:
        DocumentError: It is neither, or no object.
        ConfigurationError: PyYAML isn't installed.
    """
    value = _json(text)
    if value is None:
        yaml, loader = _yaml()
        try:
            value = _plain(yaml.load(text, Loader=loader))
        except yaml.YAMLError as error:
            raise DocumentError(f"{name} is neither JSON nor YAML: {error}") from error
        except RecursionError as error:
            raise DocumentError(f"{name} contains itself, by an alias. Write it without.") from error
    if not isinstance(value, dict):
        raise DocumentError(f"{name} is no document: its outermost value must be an object.")
    return value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _plain(value: Any) -> Any:
    """Copy a value, so that each alias has its own; and name keys by texts, as JSON does."""
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else json.dumps(key): _plain(inner) for key, inner in value.items()
        }
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


@cache
def _yaml() -> tuple[Any, Any]:
    try:
        import yaml
    except ImportError as error:
        raise ConfigurationError("YAML needs PyYAML. Install it with the extra: chanx[django].") from error

    class Loader(yaml.SafeLoader):
        """Reads only the words of JSON as anything but texts."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in each if not tag.endswith((":timestamp", ":bool"))]
        for first, each in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    words = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", words, list("tTfF"))
    return yaml, Loader
