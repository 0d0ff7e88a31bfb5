"""Names of everything in a document, whatever the order of imports and routes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from chanx.asyncapi.collect import Channel, Operation
from chanx.asyncapi.schemas import NUMBER, Origin, Schemas
from chanx.asyncapi.shapes import shapes_of

K = TypeVar("K", bound=Hashable)
_DOTTED = re.compile(r"[\w.<>-]+")
_UNSAID = re.compile(r"\b(?:Union|Annotated)\[|,? *\w+\([^()]*\)")
"""What Pydantic's names of generic classes say, differently from version to version, and ours don't."""
Dimension = Callable[[Origin], str]
_DIMENSIONS: tuple[Dimension, ...] = (
    lambda origin: "Input" if origin.incoming else "Output",
    lambda origin: safe(origin.form),
    lambda origin: f"id{origin.max_id}",
)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a document."""

    channels: Mapping[Channel, str]
    operations: Mapping[Operation, str]
    schemas: Mapping[str, str]
    """The final name of each schema; schemas that are equal share one."""


def name(channels: Sequence[Channel], schemas: Schemas) -> Names:
    """
    Name channels, operations and schemas.

    A name that two things would have is given to neither: channels add their path, schemas their module or, if
    they are forms of one class, what tells these apart (``-Input`` and ``-Output``).
    """
    keys = distinct({channel: _channel_names(channel) for channel in channels})
    operations = distinct(
        {
            operation: _operation_names(keys[channel], operation)
            for channel in channels
            for operation in channel.operations
        }
    )
    return Names(keys, operations, _schema_names(schemas))


def distinct(wanted: Mapping[K, Sequence[str]]) -> dict[K, str]:
    """
    Choose for each thing the first of its names that no other thing takes too.

    Things that are equal in all their names are numbered, in the order given.
    """
    level = dict.fromkeys(wanted, 0)
    while True:
        takers: defaultdict[str, list[K]] = defaultdict(list)
        for thing, names in wanted.items():
            takers[names[level[thing]]].append(thing)
        moving = [
            thing
            for things in takers.values()
            if len(things) > 1
            for thing in things
            if level[thing] + 1 < len(wanted[thing])
        ]
        if not moving:
            break
        for thing in moving:
            level[thing] += 1
    chosen: dict[K, str] = {}
    for text, things in takers.items():
        for number, thing in enumerate(things, 1):
            chosen[thing] = _unused(f"{text}_{number}", takers) if len(things) > 1 else text
    return chosen


def safe(text: str) -> str:
    """Write a name with the characters that the keys of components may have, and pointers need not escape."""
    return re.sub(r"_{3,}", "__", re.sub(r"[^A-Za-z0-9_]+", "_", text)).strip("_") or "unnamed"


def _unused(text: str, taken: Iterable[str]) -> str:
    while text in taken:
        text += "_"
    return text


def _channel_names(channel: Channel) -> list[str]:
    consumer = channel.route.consumer
    place = safe(f"{consumer.__module__}.{consumer.__qualname__}") if consumer else ""
    names = [safe(channel.name)]
    for part in (safe(channel.route.path), place):
        names.append(f"{names[-1]}_{part}" if part else names[-1])
    return names


def _operation_names(channel: str, operation: Operation) -> list[str]:
    messages = "_".join(frame.message.__name__ for frame in operation.frames)
    short = f"{channel}_{safe(operation.name)}"
    return [short, f"{short}_{safe(messages)}"]


def _schema_names(schemas: Schemas) -> dict[str, str]:
    shapes = shapes_of(schemas)
    forms: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key, origin in schemas.origins.items():
        forms[origin.identity][shapes[key]].append(key)
    identities = _Identities(forms)
    # Sorted by content, so that the numbers of classes that nothing else tells apart don't depend on imports.
    ordered = sorted(forms, key=lambda identity: sorted(forms[identity]))
    classes = distinct({identity: identities.names(identity) for identity in ordered})
    names = {}
    for identity, by_shape in forms.items():
        labels = _labels([[schemas.origins[key] for key in keys] for keys in by_shape.values()])
        for keys, label in zip(by_shape.values(), labels, strict=True):
            for key in keys:
                names[key] = f"{classes[identity]}-{label}" if label else classes[identity]
    return names


def _labels(forms: Sequence[Sequence[Origin]]) -> list[str]:
    """Say in as few words as possible what tells the forms of one class apart."""
    if len(forms) == 1:
        return [""]
    counts = range(1, len(_DIMENSIONS) + 1)
    choices = (dimensions for count in counts for dimensions in combinations(_DIMENSIONS, count))
    return next(labels for dimensions in choices if (labels := _told_apart(forms, dimensions)))


def _told_apart(forms: Sequence[Sequence[Origin]], dimensions: Sequence[Dimension]) -> list[str]:
    """Label forms in some dimensions; empty when two of them would have one label."""
    found = [{tuple(say(origin) for say in dimensions) for origin in origins} for origins in forms]
    differ = sum(len(words) for words in found) == len(set().union(*found))
    return ["-".join(min(words)) for words in found] if differ else []


class _Identities:
    """Writes Pydantic's names of classes (``module.Page:1[module.Item:2]``) for people."""

    def __init__(self, identities: Iterable[str]) -> None:
        self._by_id: dict[tuple[str, bool], str] = {}
        for identity in identities:
            numbers = NUMBER.findall(identity.partition("[")[0])
            self._by_id.setdefault(("".join(numbers[-1:]), "[" in identity), identity)

    def names(self, identity: str) -> list[str]:
        short = _DOTTED.sub(lambda match: match.group().rpartition(".")[2], NUMBER.sub("", identity))
        return [safe(_UNSAID.sub("", short)), safe(_UNSAID.sub("", self._full(identity)))]

    def _full(self, identity: str) -> str:
        """Write a class with its module, and the arguments of a generic one with theirs."""
        head, bracket, arguments = identity.partition("[")
        full = NUMBER.sub("", head).replace(".", "__")
        return full + bracket + re.sub(r"[^,\[\]]+:(\d+)", self._argument, arguments)

    def _argument(self, match: re.Match[str]) -> str:
        known = self._by_id.get((match.group(1), False))
        return self._full(known) if known else match.group().rpartition(":")[0]
