"""A consumer with every kind of payload."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel, computed_field

from chanx.core.decorators import ws_handler
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage

T = TypeVar("T")


class Node(BaseModel):
    """A tree."""

    name: str = Field(examples=["root"])
    children: list[Node] = []


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int = 0


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = Field(9, ge=0, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str] = []


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


class Names(RootModel[dict[str, str]]):
    """Names by language."""


class Color(Enum):
    RED = "red"
    GREEN = "green"


class Sale(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"price": "1.50", "place": [1, "a"], "color": "red"}]}
    )

    price: Decimal = Field(description="In euro.", examples=[Decimal("9.99")], ge=0)
    place: tuple[int, str]
    color: Color | None = None
    other: Color = Field(Color.RED, description="The second color.")
    when: datetime | None = None
    ids: set[UUID] = set()

    @computed_field
    @property
    def gross(self) -> Decimal:
        return self.price * 2


class Plant(BaseMessage):
    """Plant a tree."""

    action: Literal["plant"] = "plant"
    payload: Node


class Planted(BaseMessage):
    action: Literal["planted"] = "planted"
    payload: Page[Node]


class Adopt(BaseMessage):
    action: Literal["adopt"] = "adopt"
    payload: Pet


class Adopted(BaseMessage):
    action: Literal["adopted"] = "adopted"
    payload: Page[Pet]


class Translate(BaseMessage):
    action: Literal["translate", "localize"]
    payload: Names


class Sell(BaseMessage):
    action: Literal["sell"] = "sell"
    payload: Sale | list[Sale]


class Sold(BaseMessage):
    action: Literal["sold"] = "sold"
    payload: Sale


class Wave(BaseMessage):
    action: Literal["wave"] = "wave"


class PayloadsConsumer(WebsocketConsumer):
    @ws_handler(examples=[{"name": "root", "children": [{"name": "leaf"}]}])
    async def plant(self, message: Plant) -> Planted: ...

    @ws_handler(examples=[{"kind": "cat"}, {"action": "adopt", "payload": {"kind": "dog"}, "id": 7}])
    async def adopt(self, message: Adopt) -> Adopted | None: ...

    @ws_handler(examples=[Translate(action="localize", payload=Names({"de": "Haus"}))])
    async def translate(self, message: Translate) -> None: ...

    @ws_handler(examples=[[], {"price": Decimal("2.5"), "place": (1, "shelf")}])
    async def sell(self, message: Sell) -> Sold: ...

    @ws_handler(examples=[{}])
    async def wave(self, message: Wave) -> Wave: ...

    @ws_handler("price.set")
    async def set_price(self, price: Decimal, of: UUID, tags: tuple[str, ...] = ()) -> Sold: ...
