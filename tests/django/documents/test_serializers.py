"""Serializers of Django REST framework as payloads, field by field."""

from __future__ import annotations

import copy
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from channels.generic.websocket import JsonWebsocketConsumer
from django.contrib.auth.models import User
from django.core.validators import MaxLengthValidator, RegexValidator
from rest_framework import serializers
from rest_framework.relations import ManyRelatedField

from chanx.channels.documents import document_action, document_event
from chanx.core.errors import ContractError
from chanx_django.documents.contract import documented_contract
from tests.app.models import Member, Room
from tests.django.documents.reading import fields, schema, spec

CHOICES = [("a", "A"), ("b", "B")]
TEXT = {"type": "string"}
URI = {"type": "string", "format": "uri"}
SEVERAL = {"type": "array", "items": {"type": "integer"}}
CASES: dict[str, tuple[Any, Any, Any]] = {
    "boolean": (serializers.BooleanField(), {"type": "boolean"}, {"type": "boolean"}),
    "text": (serializers.CharField(), {**TEXT, "minLength": 1}, TEXT),
    "blank": (
        serializers.CharField(allow_blank=True, max_length=3),
        {**TEXT, "maxLength": 3},
        {**TEXT, "maxLength": 3},
    ),
    "email": (
        serializers.EmailField(allow_blank=True),
        {**TEXT, "format": "email"},
        {**TEXT, "format": "email"},
    ),
    "url": (serializers.URLField(allow_blank=True), URI, URI),
    "slug": (
        serializers.SlugField(allow_blank=True),
        {**TEXT, "pattern": "^[-a-zA-Z0-9_]+$"},
        {**TEXT, "pattern": "^[-a-zA-Z0-9_]+$"},
    ),
    "unshared": (serializers.RegexField(r"(?P<x>a)(?P=x)", allow_blank=True), TEXT, TEXT),
    "inverse": (
        serializers.CharField(
            allow_blank=True, validators=[MaxLengthValidator(3), RegexValidator("x", inverse_match=True)]
        ),
        TEXT,
        TEXT,
    ),
    "ip": (
        serializers.IPAddressField(protocol="IPv4"),
        {**TEXT, "format": "ipv4"},
        {**TEXT, "format": "ipv4"},
    ),
    "any_ip": (serializers.IPAddressField(), TEXT, TEXT),
    "uuid": (serializers.UUIDField(), {**TEXT, "format": "uuid"}, {**TEXT, "format": "uuid"}),
    "uuid_number": (serializers.UUIDField(format="int"), {"type": "integer"}, {"type": "integer"}),
    "uuid_hex": (serializers.UUIDField(format="hex"), TEXT, TEXT),
    "integer": (
        serializers.IntegerField(max_value=9),
        {"type": "integer", "maximum": 9},
        {"type": "integer", "maximum": 9},
    ),
    "float": (
        serializers.FloatField(min_value=0),
        {"type": "number", "minimum": 0},
        {"type": "number", "minimum": 0},
    ),
    "number": (
        serializers.DecimalField(
            max_digits=3, decimal_places=1, coerce_to_string=False, max_value=Decimal(9)
        ),
        {
            "anyOf": [
                {"type": "number", "maximum": 9.0},
                {**TEXT, "pattern": r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"},
            ]
        },
        {"type": "number", "maximum": 9},
    ),
    "moment": (serializers.DateTimeField(), {**TEXT, "format": "date-time"}, {**TEXT, "format": "date-time"}),
    "own_format": (serializers.DateTimeField(format="%Y", input_formats=["%Y"]), TEXT, TEXT),
    "day": (serializers.DateField(), {**TEXT, "format": "date"}, {**TEXT, "format": "date"}),
    "clock": (serializers.TimeField(), {**TEXT, "format": "time"}, {**TEXT, "format": "time"}),
    "duration": (serializers.DurationField(), TEXT, TEXT),
    "choice": (
        serializers.ChoiceField(["x", "y"]),
        {**TEXT, "enum": ["x", "y"]},
        {**TEXT, "enum": ["x", "y"]},
    ),
    "blank_choice": (
        serializers.ChoiceField(CHOICES, allow_blank=True),
        {**TEXT, "enum": ["a", "b", ""], "x-enum-descriptions": ["A", "B", ""]},
        {**TEXT, "enum": ["a", "b", ""], "x-enum-descriptions": ["A", "B", ""]},
    ),
    "grouped": (
        serializers.ChoiceField([("G", [(1, "1"), (2, "2")])]),
        {"type": "integer", "enum": [1, 2]},
        {"type": "integer", "enum": [1, 2]},
    ),
    "numbers": (serializers.ChoiceField([0.5, 1.5]), {"enum": [0.5, 1.5]}, {"enum": [0.5, 1.5]}),
    "no_choice": (serializers.ChoiceField([]), {}, {}),
    "several": (
        serializers.MultipleChoiceField(choices=["x", "y"]),
        {"type": "array", "items": {**TEXT, "enum": ["x", "y"]}, "uniqueItems": True},
        {"type": "array", "items": {**TEXT, "enum": ["x", "y"]}, "uniqueItems": True},
    ),
    "file": (serializers.FileField(), TEXT, URI),
    "file_name": (serializers.FileField(use_url=False), TEXT, TEXT),
    "list": (
        serializers.ListField(child=serializers.IntegerField(), allow_empty=False),
        {**SEVERAL, "minItems": 1},
        SEVERAL,
    ),
    "json": (serializers.JSONField(), {}, {}),
    "dict": (
        serializers.DictField(child=serializers.IntegerField()),
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "additionalProperties": {"type": "integer"}},
    ),
    "name_of": (serializers.StringRelatedField(), None, TEXT),
    "link": (serializers.HyperlinkedRelatedField(view_name="x", queryset=Room.objects), URI, URI),
    "room": (
        serializers.PrimaryKeyRelatedField(queryset=Room.objects),
        {"type": "integer"},
        {"type": "integer"},
    ),
    "room_text": (
        serializers.PrimaryKeyRelatedField(queryset=Room.objects, pk_field=serializers.UUIDField()),
        {**TEXT, "format": "uuid"},
        {**TEXT, "format": "uuid"},
    ),
    "unknown": (serializers.PrimaryKeyRelatedField(read_only=True), None, {}),
    "slug_of": (serializers.SlugRelatedField(slug_field="name", queryset=Room.objects), TEXT, TEXT),
    "slug_key": (
        serializers.SlugRelatedField(slug_field="owner", queryset=Room.objects),
        {"type": "integer"},
        {"type": "integer"},
    ),
    "slug_flag": (serializers.SlugRelatedField(slug_field="archived", queryset=Room.objects), {}, {}),
    "slug_property": (serializers.SlugRelatedField(slug_field="nothing", queryset=Room.objects), {}, {}),
    "rooms": (
        ManyRelatedField(
            child_relation=serializers.PrimaryKeyRelatedField(queryset=Room.objects), allow_empty=False
        ),
        {**SEVERAL, "minItems": 1},
        SEVERAL,
    ),
    "many": (
        serializers.ListSerializer(child=serializers.IntegerField(), allow_empty=False),
        {**SEVERAL, "minItems": 1},
        SEVERAL,
    ),
    "null": (
        serializers.IntegerField(allow_null=True),
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    ),
    "helped": (
        serializers.IntegerField(help_text="How many."),
        {"type": "integer", "description": "How many."},
        ...,
    ),
    "default": (serializers.IntegerField(default=3), {"type": "integer", "default": 3}, {"type": "integer"}),
    "computed_default": (
        serializers.IntegerField(default=lambda: 3),
        {"type": "integer"},
        {"type": "integer"},
    ),
    "odd_default": (serializers.JSONField(default=object()), {}, {}),
    "read_only": (serializers.IntegerField(read_only=True), None, {"type": "integer"}),
    "write_only": (serializers.IntegerField(write_only=True), {"type": "integer"}, None),
    "hidden": (serializers.HiddenField(default=1), None, None),
}


class EveryField(serializers.Serializer[Any]):
    def get_fields(self) -> Any:
        return {name: copy.deepcopy(case[0]) for name, case in CASES.items()}


class EveryConsumer(JsonWebsocketConsumer):
    @document_action("every", payload=EveryField)
    @document_event("every", payload=EveryField)
    def every(self) -> None: ...


@pytest.mark.parametrize("name", CASES)
def test_a_field_has_the_schema_of_its_direction(name: str) -> None:
    _, incoming, outgoing = CASES[name]
    assert fields(EveryConsumer, "EveryAction").get(name) == incoming
    assert fields(EveryConsumer, "EveryEvent").get(name) == (incoming if outgoing is ... else outgoing)


def test_the_iso_format_of_durations_is_known() -> None:
    field = serializers.DurationField()
    field.format = "iso-8601"

    class Serializer(serializers.Serializer[Any]):
        def get_fields(self) -> Any:
            return {"length": field}

    class Consumer(JsonWebsocketConsumer):
        @document_event("timed", payload=Serializer)
        def send(self) -> None: ...

    assert fields(Consumer, "TimedEvent") == {"length": {"type": "string", "format": "duration"}}


class MethodSerializer(serializers.Serializer[Any]):
    typed = serializers.SerializerMethodField()
    untyped = serializers.SerializerMethodField()
    unknown = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField()

    def get_typed(self, value: Any) -> list[dt.date]:
        return []

    def get_untyped(self, value: Any):
        return 1

    def get_unknown(self, value: Any) -> Nowhere:  # type: ignore[name-defined]  # noqa: F821 - it shall not exist
        return 1


def test_method_fields_have_the_type_that_the_method_returns() -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_event("made", payload=MethodSerializer)
        def send(self) -> None: ...

    assert fields(Consumer, "MadeEvent") == {
        "typed": {"type": "array", "items": {"type": "string", "format": "date"}},
        "untyped": {},
        "unknown": {},
        "missing": {},
    }


def test_what_clients_must_send_and_will_get_is_required() -> None:
    class Serializer(serializers.Serializer[Any]):
        must = serializers.IntegerField()
        may = serializers.IntegerField(required=False)
        has_default = serializers.IntegerField(default=1)
        may_be_null = serializers.IntegerField(required=False, allow_null=True)
        made = serializers.IntegerField(read_only=True)

    class Consumer(JsonWebsocketConsumer):
        @document_action("x", payload=Serializer)
        @document_event("x", payload=Serializer)
        def method(self) -> None: ...

    assert schema(Consumer, "XAction")["required"] == ["action", "must"]
    assert schema(Consumer, "XEvent")["required"] == ["type", "must", "has_default", "may_be_null", "made"]


class RoomSerializer(serializers.ModelSerializer[Room]):
    class Meta:
        model = Room
        fields = ("id", "name", "members", "owner")
        read_only_fields = ("members", "owner")


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("username", "rooms")
        read_only_fields = ("rooms",)


class DeepSerializer(serializers.ModelSerializer[Member]):
    strange = serializers.PrimaryKeyRelatedField(read_only=True)
    id = serializers.PrimaryKeyRelatedField(read_only=True)

    class Meta:
        model = Member
        fields = ("room", "strange", "id")
        depth = 1


def test_relations_that_are_only_read_are_found_through_the_model() -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_event("room", payload=RoomSerializer)
        @document_event("user", payload=UserSerializer)
        def send(self) -> None: ...

    assert fields(Consumer, "RoomEvent") == {
        "id": {"type": "integer"},
        "name": {"type": "string", "maxLength": 50},
        "members": SEVERAL,
        "owner": {"type": "integer"},
    }
    assert fields(Consumer, "UserEvent")["rooms"] == SEVERAL


def test_nested_models_are_named_like_the_model() -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_event("deep", payload=DeepSerializer)
        def send(self) -> None: ...

    assert fields(Consumer, "DeepEvent") == {
        "room": {"$ref": "#/components/schemas/RoomOutput"},
        "strange": {},
        "id": {},
    }


class Inner(serializers.Serializer[Any]):
    def __init__(self, *args: Any, only: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kwargs["only"] = only
        self.only = only

    def get_fields(self) -> Any:
        return {self.only or "all": serializers.IntegerField()}


def test_serializers_made_with_arguments_of_their_own_differ() -> None:
    class Outer(serializers.Serializer[Any]):
        first = Inner(only="a")
        second = Inner(only="b")

    class Consumer(JsonWebsocketConsumer):
        @document_event("two", payload=Outer)
        def send(self) -> None: ...

    found = spec(Consumer)["components"]["schemas"]
    inner = [each["properties"] for name, each in found.items() if "TwoEvent" not in name]
    assert sorted(name for properties in inner for name in properties) == ["a", "b"]


def test_equal_serializers_share_a_component() -> None:
    class Leaf(serializers.Serializer[Any]):
        x = serializers.IntegerField()

    class Outer(serializers.Serializer[Any]):
        first = Leaf()
        second = Leaf(many=True, allow_empty=False)

    class Consumer(JsonWebsocketConsumer):
        @document_event("two", payload=Outer)
        def send(self) -> None: ...

    assert set(spec(Consumer)["components"]["schemas"]) == {"TwoEvent", "LeafOutput"}


class Ring(serializers.Serializer[Any]):
    def get_fields(self) -> Any:
        return {"next": Ring()}


class Demanding(serializers.Serializer[Any]):
    def __init__(self, needed: str) -> None:
        super().__init__()


@pytest.mark.parametrize(
    ("payload", "text"), [(Ring, "Ring contains itself"), (Demanding, "Give an instance of it")]
)
def test_serializers_that_cannot_be_read_are_refused(payload: Any, text: str) -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_action(payload=payload)
        def handle_x(self) -> None: ...

    with pytest.raises(ContractError, match=text):
        documented_contract(Consumer)
