"""Plain consumers that document their frames, one for each kind of payload."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal, NotRequired

from channels.generic.websocket import (
    AsyncJsonWebsocketConsumer,
    AsyncWebsocketConsumer,
    JsonWebsocketConsumer,
    WebsocketConsumer,
)
from django.core.validators import RegexValidator
from pydantic import BaseModel, ConfigDict, Field, RootModel, computed_field
from rest_framework import serializers
from typing_extensions import TypedDict

from chanx.channels.documents import document_action, document_event
from chanx.core.decorators import channel
from tests.app.models import Member


class NothingConsumer(WebsocketConsumer):
    """Frames with a name alone."""

    @document_action
    def handle_refresh(self, frame: dict[str, Any]) -> None:
        """
        Ask for everything again.

        The answer is several events.
        """

    @document_event("cleared", summary="Forget what you have.", description="All of it.", tags=["state"])
    def clear(self) -> None: ...


class DictConsumer(JsonWebsocketConsumer):
    """Frames described by dicts."""

    @document_action(
        payload={"text": "Hello", "to": {"room": 1, "seats": [1, 2]}, "flags": [], "reply": None, "extra": {}}
    )
    def handle_example(self, frame: dict[str, Any]) -> None: ...

    @document_action(
        payload={
            "text": str,
            "at": datetime,
            "count": int | None,
            "tags": list[str],
            "where": {"lat": float, "lon": 1.5},
        },
        examples=[
            {
                "text": "x",
                "at": "2026-01-01T00:00:00Z",
                "count": None,
                "tags": [],
                "where": {"lat": 1, "lon": 2},
            }
        ],
    )
    def handle_types(self, frame: dict[str, Any]) -> None: ...

    @document_action(
        payload={
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "where": {"$ref": "#/$defs/Point", "description": "From here."},
                "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]},
            },
            "required": ["where"],
            "$defs": {"Point": {"type": "object", "properties": {"lat": {"type": "number"}}}},
        },
        examples=[{"where": {"lat": 1.5}}],
    )
    def handle_schema(self, frame: dict[str, Any]) -> None: ...

    @document_event("listed", payload={"rides": [{"id": 1, "note": "x"}, {"id": 2}], "mixed": [1, "a"]})
    def listed(self) -> None: ...

    @document_event("anything", payload={"type": "object", "description": "Whatever."})
    def anything(self) -> None: ...


class Level(Enum):
    LOW = "low"
    HIGH = "high"


@dataclass
class Place:
    """Somewhere."""

    name: str
    at: datetime | None = None


@dataclass
class Trip:
    start: Place
    stops: list[Place] = field(default_factory=list)
    level: Level = Level.LOW
    price: Annotated[float, Field(ge=0, description="In euros.")] = 0.0


class DataclassConsumer(AsyncJsonWebsocketConsumer):
    """Frames described by dataclasses."""

    @document_action(payload=Trip, examples=[Trip(Place("A")), {"action": "plan", "start": {"name": "B"}}])
    async def handle_plan(self, frame: dict[str, Any]) -> None: ...

    @document_event("planned", payload=Trip)
    @document_event("arrived", payload=Place("Home"))
    async def send_trip(self) -> None: ...


class Seat(TypedDict):
    """A seat."""

    row: int
    letter: Annotated[str, Field(pattern="^[A-F]$", description="From the left.")]
    note: NotRequired[str]


class Booking(TypedDict, total=False):
    seats: list[Seat]
    paid: bool


class TypedDictConsumer(AsyncWebsocketConsumer):
    """Frames described by TypedDicts."""

    @document_action(payload=Seat, responses={"booked": Booking}, examples=[{"row": 1, "letter": "C"}])
    async def handle_book(self, frame: dict[str, Any]) -> None: ...


class Tree(BaseModel):
    """A tree of names."""

    name: str = Field(min_length=1, examples=["oak"])
    children: list[Tree] = []

    @computed_field  # type: ignore[prop-decorator]  # as Pydantic documents it
    @property
    def size(self) -> int:
        return 1 + sum(child.size for child in self.children)


class Circle(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["circle"]
    radius: float = Field(gt=0)


class Square(BaseModel):
    kind: Literal["square"]
    side: float


class Shape(RootModel[Annotated[Circle | Square, Field(discriminator="kind")]]):
    """One of several."""


class Named(BaseModel):
    action: str
    action_detail: str


class Created(BaseModel):
    type: Literal["created"]
    action: str


class PydanticConsumer(AsyncJsonWebsocketConsumer):
    """Frames described by models."""

    @document_action(
        payload=Tree,
        responses=["tree"],
        examples=[{"name": "a", "children": [{"name": "b"}]}, Tree(name="c")],
    )
    async def handle_plant(self, frame: dict[str, Any]) -> None: ...

    @document_event("tree", payload=Tree, examples=[{"name": "a"}])
    async def send_tree(self) -> None: ...

    @document_action(payload=Shape, examples=[{"kind": "circle", "radius": 1}, Square(kind="square", side=2)])
    async def handle_draw(self, frame: dict[str, Any]) -> None: ...

    @document_action(payload=Circle | Square | Place)
    async def handle_either(self, frame: dict[str, Any]) -> None: ...

    @document_action(payload=Annotated[Circle | Square, Field(discriminator="kind")])
    async def handle_choose(self, frame: dict[str, Any]) -> None: ...

    @document_action(payload=Square | Place)
    async def handle_open(self, frame: dict[str, Any]) -> None: ...

    @document_action(payload=Named, examples=[{"action_detail": "x"}])
    async def handle_named(self, frame: dict[str, Any]) -> None: ...

    @document_event("created", payload=Created)
    async def send_created(self) -> None: ...

    @document_event("counts", payload=dict[str, int], examples=[{"a": 1}])
    async def send_counts(self) -> None: ...


class PointSerializer(serializers.Serializer[Any]):
    """Where it is."""

    lat = serializers.FloatField(min_value=-90, max_value=90, help_text="Degrees north.")
    lon = serializers.DecimalField(max_digits=9, decimal_places=6)
    id = serializers.UUIDField(read_only=True)


class RideSerializer(serializers.Serializer[Any]):
    start = PointSerializer(help_text="Where it begins.")
    stops = PointSerializer(many=True, required=False, min_length=1, max_length=5)
    note = serializers.CharField(max_length=20, allow_null=True, default="none")
    token = serializers.CharField(write_only=True)
    status = serializers.ChoiceField(choices=[("open", "Open"), ("done", "Done")], default="open")
    ranks = serializers.MultipleChoiceField(choices=[1, 2, 3], allow_empty=False)
    plate = serializers.CharField(validators=[RegexValidator(r"^[A-Z]{2}\d+\Z")])
    owner = serializers.HiddenField(default="me")
    created = serializers.DateTimeField(read_only=True)
    seats = serializers.IntegerField(min_value=1, max_value=8, required=False)
    extra = serializers.DictField(child=serializers.IntegerField(allow_null=True), required=False)
    label = serializers.SerializerMethodField()

    def get_label(self, ride: Any) -> str:
        return "x"


class MemberSerializer(serializers.ModelSerializer[Member]):
    class Meta:
        model = Member
        fields = "__all__"


RIDE = {
    "start": {"lat": 1.5, "lon": "2.5"},
    "note": None,
    "token": "t",
    "ranks": [1, 2],
    "plate": "AB1",
    "extra": {"a": None},
}


@channel(name="rides", tags=["rides"])
class SerializerConsumer(AsyncJsonWebsocketConsumer):
    """Frames described by serializers."""

    message_action_key = "type"
    subprotocols = ("rides.v1",)
    close_codes = {4409: "Another ride is open.", 4401: "Sign in."}

    @document_action(payload=RideSerializer, responses={"ride.made": RideSerializer}, examples=[RIDE])
    async def handle_ride(self, frame: dict[str, Any]) -> None:
        """Order a ride."""

    @document_action("join", payload=MemberSerializer, deprecated=True)
    async def join(self, frame: dict[str, Any]) -> None: ...

    @document_event("ride", payload={"ride": RideSerializer, "near": PointSerializer(many=True)})
    async def send_ride(self) -> None: ...

    @document_event(payload=MemberSerializer())
    async def joined(self) -> None: ...
