"""Reads the documents of consumers that tests define."""

from __future__ import annotations

from typing import Any

from chanx.channels.documents import AsyncAPIGenerator


def spec(*consumers: type[Any], **options: Any) -> dict[str, Any]:
    """Make the document of consumers at paths of their own."""
    pairs = [(consumer, f"/ws/{number}/") for number, consumer in enumerate(consumers)]
    return AsyncAPIGenerator(pairs, **options).get_spec()


def operations(consumer: type[Any]) -> dict[str, Any]:
    """Return the operations of a consumer, under their names without that of the channel."""
    document = spec(consumer)
    [channel] = document["channels"]
    return {name.removeprefix(f"{channel}_"): each for name, each in document["operations"].items()}


def schema(consumer: type[Any], name: str) -> Any:
    """Return a schema of the document of a consumer."""
    return spec(consumer)["components"]["schemas"][name]


def fields(consumer: type[Any], name: str) -> Any:
    """Return the properties of a schema, without the name of the message."""
    properties = schema(consumer, name)["properties"]
    return {key: each for key, each in properties.items() if "const" not in each}


def examples(consumer: type[Any], name: str) -> list[Any]:
    """Return the examples of a message."""
    message = spec(consumer)["components"]["messages"][name]
    return [example["payload"] for example in message.get("examples", ())]
