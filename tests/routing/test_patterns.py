from __future__ import annotations

import re

import pytest

from chanx.routing import Parameter, Template, templates_of
from chanx.routing.patterns import MAX_TEMPLATES, shared_pattern


def texts(regex: str) -> list[str]:
    return [template.text for template in templates_of(regex)]


@pytest.mark.parametrize(
    ("regex", "expected"),
    [
        (r"^ws/(?P<room>[^/]+)/$", "ws/{room}/"),
        (r"ws/(?P<room>\w+)/\Z", "ws/{room}/"),
        (r"^ws/[0-9]{4}/$", "ws/{part1}/"),
        (r"^ws/[a-z]\d{2,}-\d/$", "ws/{part1}-{part2}/"),
        (r"^ws/(?P<room>(?:a(b)+)*)/x$", "ws/{room}/x"),
        (r"^(\w+)/(\d+)$", "{arg1}/{arg2}"),
        (r"^ws/(?P<a>x)-(?P=a)/$", "ws/{a}-{a}/"),
        (r"^ws/?$", "ws/"),
        (r"^ws(?:/)?$", "ws"),
        (r"^wss?$", "ws"),
        (r"^go+l$", "gol"),
        (r"^a{3}$", "aaa"),
        (r"^ws/.*$", "ws/"),
        (r"^ws/.+$", "ws/{part1}"),
        (r"^a\.b[.]c\-\x2d\u002d$", "a.b.c---"),
        (r"^tab\t$", "tab%09"),
        (r"^\w+?$", "{part1}"),
        (r"^x(?!y)(?=z)(?<=x)(?<!y)$", "x"),
        (r"^x(?#a note)\by$", "xy"),
        (r"(?i)^chat$", "chat"),
        (r"^(?i:chat)/$", "chat/"),
        (r"^what\?/\{x\}$", "what%3F/%7Bx%7D"),
        (r"^a{}$", "a%7B%7D"),
        (r"^[]a]$", "{part1}"),
        (r"^[^]a]x$", "{part1}x"),
        ("", ""),
    ],
)
def test_an_expression_becomes_a_template(regex: str, expected: str) -> None:
    assert texts(regex) == [expected]


@pytest.mark.parametrize(
    ("regex", "expected"),
    [
        (r"^ws/(?:(?P<room>\w+)/)?$", ["ws/", "ws/{room}/"]),
        (r"^(?:v1|v2)/chat/$", ["v1/chat/", "v2/chat/"]),
        (r"^chat/$|^talk/$", ["chat/", "talk/"]),
        (r"^(?:v1|v1)/$", ["v1/"]),
        (r"^(?P<a>x)?(?(a)y|z)$", ["{part1}", "{a}{part1}"]),
    ],
)
def test_alternatives_give_a_template_each(regex: str, expected: list[str]) -> None:
    assert texts(regex) == expected


def test_too_many_alternatives_become_a_parameter() -> None:
    words = "|".join("abcdefghi")
    [template] = templates_of(f"^(?:{words})/$")
    assert template == Template("{group1}/", (Parameter("group1", pattern=f"^(?:{words})$"),))


def test_the_number_of_templates_is_bounded() -> None:
    found = texts(r"^(?:(?P<a>\d))?(?:(?P<b>\d))?(?:(?P<c>\d))?(?:(?P<d>\d))?$")
    assert len(found) == MAX_TEMPLATES
    assert found[-1] == "{a}{b}{c}{d}"


def test_a_group_of_words_lists_its_choices() -> None:
    [template] = templates_of(r"^(?P<kind>chat|news)/$")
    assert template.parameters == (Parameter("kind", choices=("chat", "news")),)


def test_a_group_keeps_its_pattern() -> None:
    [template] = templates_of(r"^(?P<year>[0-9]{4})-(?P<rest>a|\d)$")
    assert template.parameters == (
        Parameter("year", pattern="^[0-9]{4}$"),
        Parameter("rest", pattern=r"^(?:a|\d)$"),
    )


def test_groups_inside_of_a_group_are_supplied_beside_the_path() -> None:
    [template] = templates_of(r"^(?P<range>(?P<low>\d+)-(?P<high>\d+))$")
    assert template.text == "{range}"
    assert template.given == {"low", "high"}


@pytest.mark.parametrize(
    "regex", [r"(?P<a>x)(?P=a)", r"\d++", r"[]a]", r"(?>a)", r"(a)(?(1)b|c)", r"a\Z", "(?#note)a"]
)
def test_what_javascript_cannot_read_is_no_pattern(regex: str) -> None:
    assert shared_pattern(regex) is None


def test_named_groups_of_a_pattern_lose_their_names() -> None:
    assert shared_pattern(r"(?P<a>\d)-\d") == r"^(?:\d)-\d$"


def test_what_is_no_expression_is_refused() -> None:
    with pytest.raises(re.error):
        templates_of("(")
