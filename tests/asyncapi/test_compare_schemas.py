from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chanx.asyncapi.alternatives import Alternatives, merged
from chanx.asyncapi.compare_schemas import Difference, SchemaComparison
from chanx.core.errors import DocumentError

Object = dict[str, Any]
TEXT: Object = {"type": "string"}
NULL: Object = {"type": "null"}
NARROWER, WIDER, BOTH, NEITHER = (True, False), (False, True), (True, True), (False, False)


def compared(old: Any, new: Any, *, sent: bool = True) -> list[Difference]:
    return SchemaComparison({}, {}, sent=sent).differences(old, new)


def fields(**properties: Any) -> Object:
    return {"type": "object", "properties": properties}


CASES: dict[str, tuple[Any, Any, str, str, tuple[bool, bool]]] = {
    "another type": (TEXT, {"type": "integer"}, "", "type-changed", BOTH),
    "integer to number": ({"type": "integer"}, {"type": "number"}, "", "type-changed", WIDER),
    "any to text": ({}, TEXT, "", "type-changed", NARROWER),
    "null allowed": (TEXT, {"anyOf": [TEXT, NULL]}, "", "type-added", WIDER),
    "null allowed in a list of types": (TEXT, {"type": ["string", "null"]}, "", "type-added", WIDER),
    "a choice gone": ({"oneOf": [TEXT, NULL, {"const": 1}]}, {"type": ["string", "null"]}, "", "type-removed", NARROWER),
    "everything": (False, True, "", "type-added", WIDER),
    "a value more": ({"enum": ["a"]}, {"enum": ["a", "b"]}, "", "enum-value-added", WIDER),
    "a value less": ({"enum": ["a", 1]}, {"const": "a"}, "", "enum-value-removed", NARROWER),
    "values of no type": ({"enum": ["a", 1]}, {"enum": [1]}, "", "enum-value-removed", NARROWER),
    "fixed values": (TEXT, {"type": "string", "enum": ["a"]}, "", "enum-added", NARROWER),
    "no fixed values": ({"type": "string", "const": "a"}, TEXT, "", "enum-removed", WIDER),
    "a higher minimum": ({"minimum": 1}, {"minimum": 2}, "", "constraint-tightened", NARROWER),
    "a lower minimum": ({"minimum": 1}, {"minimum": 0}, "", "constraint-loosened", WIDER),
    "a new minimum": ({}, {"exclusiveMinimum": 0}, "", "constraint-tightened", NARROWER),
    "no maximum": ({"maxLength": 3}, {}, "", "constraint-loosened", WIDER),
    "a lower maximum": ({"maxItems": 3}, {"maxItems": 2}, "", "constraint-tightened", NARROWER),
    "another pattern": ({"pattern": "a"}, {"pattern": "b"}, "", "constraint-changed", BOTH),
    "a format": (TEXT, {"type": "string", "format": "uuid"}, "", "constraint-tightened", NARROWER),
    "no format": ({"type": "string", "format": "uuid"}, TEXT, "", "constraint-loosened", WIDER),
    "a field": (fields(), fields(a=TEXT), "a", "field-added", NEITHER),
    "a field less": (fields(a=TEXT), fields(), "a", "field-removed", NEITHER),
    "a required field": (fields(), {**fields(a=TEXT), "required": ["a"]}, "a", "required-field-added", NARROWER),
    "a required field less": ({**fields(a=TEXT), "required": ["a"]}, fields(), "a", "required-field-removed", WIDER),
    "a field required": (fields(a=TEXT), {**fields(a=TEXT), "required": ["a"]}, "a", "field-required", NARROWER),
    "a field optional": ({**fields(a=TEXT), "required": ["a"]}, fields(a=TEXT), "a", "field-optional", WIDER),
    "a name required": ({"type": "object"}, {"type": "object", "required": ["a"]}, "a", "field-required", NARROWER),
    "a field in a field": (fields(a=fields(b=TEXT)), fields(a=fields(b=NULL)), "a.b", "type-changed", BOTH),
    "no others": ({}, {"additionalProperties": False}, "", "other-fields-refused", NARROWER),
    "others": ({"additionalProperties": False}, {}, "", "other-fields-allowed", WIDER),
    "other others": ({"additionalProperties": TEXT}, {"additionalProperties": NULL}, "*", "type-changed", BOTH),
    "other names": ({}, {"propertyNames": {"maxLength": 3}}, "<name>", "constraint-tightened", NARROWER),
    "by pattern": ({}, {"patternProperties": {"^a": TEXT}}, "/^a/", "type-changed", NARROWER),
    "a condition": ({}, {"not": TEXT}, "", "condition-changed", BOTH),
    "another condition": ({"if": TEXT}, {"if": NULL}, "", "condition-changed", BOTH),
    "items": ({"items": fields(a=TEXT)}, {"items": fields(a=NULL)}, "[].a", "type-changed", BOTH),
    "an item": ({"items": [TEXT]}, {"items": [NULL]}, "[0]", "type-changed", BOTH),
    "an item more": ({"items": [TEXT]}, {"items": [TEXT, NULL]}, "[1]", "type-changed", NARROWER),
    "tuple to list": ({"items": [TEXT], "additionalItems": NULL}, {"items": TEXT}, "[]", "type-changed", BOTH),
    "all of": ({"allOf": [TEXT, {"minLength": 1}]}, {"allOf": [TEXT, {"minLength": 2}]}, "", "constraint-tightened", NARROWER),
}  # fmt: skip
TAGGED = [fields(kind={"const": "cat"}, name=TEXT), fields(kind={"const": "dog"}, name=TEXT)]


@pytest.mark.parametrize("case", CASES)
def test_a_difference_is_found_and_judged(case: str) -> None:
    old, new, path, code, (narrower, wider) = CASES[case]
    found = [(each.path, each.code, each.narrower, each.wider) for each in compared(old, new)]
    assert found == [(path, code, narrower, wider)]


@pytest.mark.parametrize(
    ("old", "new", "closed", "effect"),
    [
        (fields(), fields(a=TEXT), False, NARROWER),
        (fields(a=TEXT), fields(), False, WIDER),
        (fields(), fields(a=TEXT), True, BOTH),
    ],
)
def test_a_field_of_what_is_received_counts(
    old: Object, new: Object, closed: bool, effect: tuple[bool, bool]
) -> None:
    rest = {"additionalProperties": False} if closed else {}
    [found] = compared({**old, **rest}, {**new, **rest}, sent=False)
    assert (found.narrower, found.wider) == effect


def test_a_field_that_a_closed_object_doesnt_know_is_refused() -> None:
    closed = {"additionalProperties": False}
    [found] = compared({**fields(a=TEXT), **closed}, {**fields(), **closed})
    assert (found.code, found.narrower, found.wider) == ("field-removed", True, False)


def test_members_of_a_union_are_told_by_their_tag() -> None:
    changed = fields(kind={"const": "dog"}, name=NULL)
    [found] = compared({"oneOf": TAGGED}, {"anyOf": [changed, TAGGED[0]]})
    assert (found.path, found.code) == ("name", "type-changed")


def test_members_of_a_union_are_told_by_their_fields() -> None:
    one, other = fields(a=TEXT), fields(b=TEXT)
    [found] = compared({"anyOf": [one, other]}, {"anyOf": [fields(b=NULL), one]})
    assert (found.path, found.code) == ("b", "type-changed")


def test_texts_and_the_order_of_a_union_dont_count() -> None:
    old = {
        "title": "A",
        "description": "x",
        "default": None,
        "x-own": 1,
        "anyOf": [TEXT, NULL],
        "examples": ["a"],
    }
    assert compared(old, {"anyOf": [NULL, {"type": "string", "title": "B"}]}) == []


def test_renamed_components_dont_count() -> None:
    old = {"schemas": {"A": fields(a=TEXT, next={"anyOf": [{"$ref": "#/schemas/A"}, NULL]})}}
    new = {"schemas": {"B": fields(a=TEXT, next={"anyOf": [{"$ref": "#/schemas/B", "title": "x"}, NULL]})}}
    found = SchemaComparison(old, new, sent=True).differences(
        {"$ref": "#/schemas/A"}, {"$ref": "#/schemas/B"}
    )
    assert found == []


def test_components_of_one_name_may_differ() -> None:
    old, new = ({"A": fields(a=each, b={"$ref": "#/A"})} for each in (TEXT, NULL))
    found = SchemaComparison(old, new, sent=True).differences({"$ref": "#/A"}, {"$ref": "#/A"})
    assert [each.path for each in found] == ["a"]


def test_a_reference_to_nothing_is_refused() -> None:
    with pytest.raises(DocumentError, match="leads to nothing"):
        compared({"$ref": "#/A"}, {})


def test_a_schema_that_is_only_itself_allows_nothing() -> None:
    document = {"A": {"anyOf": [{"$ref": "#/A"}, TEXT]}}
    assert Alternatives(document).of({"$ref": "#/A"}) == [TEXT]


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ({"required": ["a"]}, {"required": ["b", "a"]}, {"required": ["a", "b"]}),
        ({"minimum": 1, "maximum": 9}, {"minimum": 2, "maximum": 5}, {"minimum": 2, "maximum": 5}),
        ({"type": "integer"}, {"type": ["number", "null"]}, {"type": ["integer"]}),
        ({"type": ["string", "null"]}, {"type": "string"}, {"type": ["string"]}),
        ({"type": "string"}, {"type": "null"}, {"type": "null"}),
        ({"enum": [1, 2]}, {"enum": [2, 3]}, {"enum": [2]}),
        ({"type": "string"}, {"type": "string", "minLength": 1}, {"type": "string", "minLength": 1}),
        ({"pattern": "a"}, {"pattern": "b"}, {"pattern": "b"}),
        (
            {"properties": {"a": TEXT, "b": TEXT, "c": NULL}},
            {"properties": {"a": NULL, "b": TEXT, "d": NULL}},
            {"properties": {"a": {"allOf": [TEXT, NULL]}, "b": TEXT, "c": NULL, "d": NULL}},
        ),
    ],
)
def test_what_two_schemas_ask_can_be_asked_by_one(one: Object, other: Object, both: Object) -> None:
    assert merged(one, other) == both


SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [TEXT, NULL, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}, {}, {"const": "a"}]
    ),
    st.builds(lambda low: {"type": "integer", "minimum": low}, st.integers(0, 3)),
    st.builds(lambda values: {"enum": values}, st.lists(st.sampled_from("abc"), min_size=1, unique=True)),
    st.just({"$ref": "#/Node"}),
)


def _composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    required = st.lists(st.sampled_from("abc"), unique=True).map(sorted)
    closed = st.sampled_from([{}, {"additionalProperties": False}])
    objects = st.builds(
        lambda fields, names, rest: {"type": "object", "properties": fields, "required": names, **rest},
        properties, required, closed,
    )  # fmt: skip
    unions = st.lists(inner, min_size=1, max_size=3).map(lambda each: {"anyOf": each})
    return st.one_of(objects, unions, inner.map(lambda each: {"type": "array", "items": each}))


SCHEMAS = st.recursive(SCALARS, _composed, max_leaves=8)
NODE = fields(value=TEXT, next={"$ref": "#/Node"})
DOCUMENT = {"Node": NODE}


@given(SCHEMAS)
def test_no_schema_differs_from_itself(schema: Any) -> None:
    assert SchemaComparison(DOCUMENT, DOCUMENT, sent=True).differences(schema, schema) == []


@given(SCHEMAS, SCHEMAS, st.booleans())
def test_the_way_back_swaps_narrower_and_wider(old: Any, new: Any, sent: bool) -> None:
    there = SchemaComparison(DOCUMENT, DOCUMENT, sent=sent).differences(old, new)
    back = SchemaComparison(DOCUMENT, DOCUMENT, sent=sent).differences(new, old)
    forward = sorted((each.path, each.narrower, each.wider) for each in there)
    assert forward == sorted((each.path, each.wider, each.narrower) for each in back)
