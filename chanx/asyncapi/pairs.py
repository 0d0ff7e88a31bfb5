"""Which things of an old list are which of a new one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def pairs(
    old: Sequence[T], new: Sequence[T], keys: Iterable[Callable[[T], Hashable | None]]
) -> tuple[list[tuple[T, T]], list[T], list[T]]:
    """
    Pair what has the same key, the surest key first; return the pairs, and what is left of both lists.

    Args:
        old: Things before.
        new: Things after.
        keys: Functions that name a thing; what they name None isn't paired by them.
    """
    found: list[tuple[T, T]] = []
    before, after = list(old), list(new)
    for key in keys:
        by_key: defaultdict[Hashable, list[int]] = defaultdict(list)
        for number, each in enumerate(after):
            by_key[key(each)].append(number)
        left: list[T] = []
        taken: set[int] = set()
        for each in before:
            name = key(each)
            if name is not None and by_key[name]:
                number = by_key[name].pop(0)
                taken.add(number)
                found.append((each, after[number]))
            else:
                left.append(each)
        before = left
        after = [each for number, each in enumerate(after) if number not in taken]
    return found, before, after
