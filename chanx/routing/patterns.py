"""Regular expressions of routes, turned into path templates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from urllib.parse import quote

from chanx.routing.route import Parameter, Template

MAX_TEMPLATES = 8
"""How many paths one expression may stand for; a group with more alternatives becomes a parameter."""
_QUANTIFIER = re.compile(r"([*+?]|\{\d*,?\d*\})[?+]?")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_GROUP = re.compile(
    r"\?(?:P<(?P<name>\w+)>|P=(?P<same>\w+)|(?P<other>#|=|!|<=|<!|:|>|\(\w+\)|[a-zA-Z-]+[:)]))"
)
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|\d+|.)", re.DOTALL)
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_UNSHARED = re.compile(r"\(\?(?:P=|>|\(|#)|\\[AZz]|[*+?}]\+|\[\^?\]")


@dataclass(frozen=True, slots=True)
class _Item:
    """One thing of an expression that a quantifier can follow."""

    kind: str
    """``literal``, ``varying``, ``group``, ``capture`` or ``same``."""
    source: str
    text: str = ""
    """The character of a literal; else the name that a parameter made of it has."""
    branches: tuple[tuple[_Item, ...], ...] = ()
    low: int = 1
    repeated: str = ""
    """The source of the quantifier."""


def templates_of(regex: str) -> tuple[Template, ...]:
    """
    Write a regular expression as the path templates that it stands for.

    Groups become parameters, named ``arg1`` ... without a name; what varies outside of groups becomes ``part1``
    ... Alternatives, and optional pieces that hold a parameter, give a template each.

    Raises:
        re.error: It is no regular expression.
    """
    re.compile(regex)
    branches = _Parser(regex).branches()
    return tuple(dict.fromkeys(template for items in branches for template in _expand(items)))


def shared_pattern(source: str) -> str | None:
    """Anchor a regular expression, for JSON schema; None when JavaScript could not read it."""
    if _UNSHARED.search(source):
        return None
    source = re.sub(r"\(\?P<\w+>", "(?:", source)
    return f"^(?:{source})$" if "|" in source else f"^{source}$"


class _Parser:
    """Reads as much of the syntax of regular expressions as paths need."""

    def __init__(self, regex: str) -> None:
        self._regex = regex
        self._at = 0
        self._counts: Counter[str] = Counter()

    def branches(self) -> tuple[tuple[_Item, ...], ...]:
        """Read alternatives up to the end or the closing parenthesis."""
        found: list[list[_Item]] = [[]]
        while self._at < len(self._regex) and self._regex[self._at] != ")":
            if self._regex[self._at] == "|":
                self._at += 1
                found.append([])
            elif (item := self._item()) is not None:
                self._append(found[-1], item)
        return tuple(tuple(items) for items in found)

    def _append(self, items: list[_Item], item: _Item) -> None:
        """Join neighbours that vary outside of groups, so that they make one parameter."""
        if item.kind == "varying":
            if not item.low:
                return
            before = items.pop() if items and items[-1].kind == "varying" else None
            source = (before.source if before else "") + item.source + item.repeated
            item = _Item("varying", source, before.text if before else self._next("part"))
        items.append(item)

    def _item(self) -> _Item | None:
        start = self._at
        char = self._regex[start]
        item: _Item | None
        if char == "(":
            item = self._group()
        elif char == "\\":
            item = self._escape()
        elif char == "[":
            item = self._varying(_CLASS)
        else:
            self._at += 1
            item = None if char in "^$" else _Item("varying" if char == "." else "literal", char, char)
        quantifier = _QUANTIFIER.match(self._regex, self._at)
        if item is None or quantifier is None or quantifier.group() == "{}":
            return item
        self._at = quantifier.end()
        low = re.match(r"\{(\d+)", quantifier.group())
        least = int(low.group(1)) if low else int(quantifier.group()[0] == "+")
        source = self._regex[start : quantifier.start()]
        return _Item(item.kind, source, item.text, item.branches, least, quantifier.group())

    def _varying(self, pattern: re.Pattern[str]) -> _Item:
        source = self._read(pattern)
        if len(source) == 3 and source[1] not in "^\\":
            return _Item("literal", source, source[1])
        return _Item("varying", source)

    def _escape(self) -> _Item | None:
        source = self._read(_ESCAPE)
        code = source[1:]
        if code in ("b", "B", "A", "Z", "z"):
            return None
        if code[0] in ("x", "u"):
            return _Item("literal", source, chr(int(code[1:], 16)))
        if code in _CONTROLS:
            return _Item("literal", source, _CONTROLS[code])
        return _Item("varying" if code.isalnum() else "literal", source, code)

    def _read(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._regex, self._at)
        assert match is not None, f"{self._regex!r} has been compiled before"
        self._at = match.end()
        return match.group()

    def _group(self) -> _Item | None:
        start = self._at
        head = _GROUP.match(self._regex, start + 1)
        self._at = head.end() if head else start + 1
        name, same, other = head.group("name", "same", "other") if head else (self._next("arg"), None, "")
        if same or other == "#":
            self._at = self._regex.index(")", self._at) + 1
            return _Item("same", "", same) if same else None
        conditional = bool(other) and other.startswith("(")
        if other and other.endswith(")") and not conditional:
            return None
        inside = self._at
        branches = self.branches()
        source = self._regex[inside : self._at]
        self._at += 1
        if other in ("=", "!", "<=", "<!"):
            return None
        if conditional:
            return _Item("varying", self._regex[start : self._at])
        return _Item("capture" if name else "group", source, name or self._next("group"), branches)

    def _next(self, kind: str) -> str:
        self._counts[kind] += 1
        return f"{kind}{self._counts[kind]}"


def _expand(items: Sequence[_Item]) -> list[Template]:
    """Write a sequence as templates: every choice of one with every choice of the next."""
    choices = [_choices(item) for item in items]
    count = 1
    for index, found in enumerate(choices):
        count *= len(found)
        if count > MAX_TEMPLATES:
            choices[index] = found[-1:]
            count //= len(found)
    templates = []
    for pieces in product(*choices):
        template = Template()
        for piece in pieces:
            template = template + piece
        templates.append(template)
    return templates


def _choices(item: _Item) -> list[Template]:
    if item.kind == "literal":
        # An optional slash at the end is the usual reason for an optional character, and right with it.
        times = item.low or int(item.text == "/")
        return [Template(_quoted(item.text) * times)]
    if item.kind == "same":
        return [Template(f"{{{item.text}}}")]
    if item.kind == "varying":
        return [_parameter(item.text, item.source)]
    if item.kind == "capture":
        found = [_captured(item)]
    else:
        found = list(dict.fromkeys(t for branch in item.branches for t in _expand(branch)))
        if len(found) > MAX_TEMPLATES:
            found = [_parameter(item.text, item.source)]
    if item.low:
        return found
    holds_parameter = any(template.parameters for template in found)
    return [Template(), *found] if holds_parameter else [Template()]


def _captured(item: _Item) -> Template:
    inside = frozenset(_captures(item))
    words = [_word(branch) for branch in item.branches]
    if all(words):
        parameter = Parameter(item.text, choices=tuple(word for word in words if word))
        return Template(f"{{{item.text}}}", (parameter,), inside)
    return _parameter(item.text, item.source, inside)


def _parameter(name: str, source: str, given: frozenset[str] = frozenset()) -> Template:
    return Template(f"{{{name}}}", (Parameter(name, pattern=shared_pattern(source)),), given)


def _captures(item: _Item) -> Iterable[str]:
    for branch in item.branches:
        for inner in branch:
            if inner.kind == "capture":
                yield inner.text
            yield from _captures(inner)


def _word(branch: Sequence[_Item]) -> str | None:
    """Return the text of a branch that doesn't vary."""
    plain = all(item.kind == "literal" and not item.repeated for item in branch)
    return "".join(item.text for item in branch) if plain else None


def _quoted(char: str) -> str:
    return quote(char, safe="/:@!$&'()*+,;=-._~")
