"""Names on the wire: the action key and camelCase."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

import pytest
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    Tag,
    ValidationError,
    computed_field,
    create_model,
)
from pydantic import dataclasses as pydantic_dataclasses
from pydantic_core import CoreSchema, SchemaSerializer, SchemaValidator, core_schema
from typing_extensions import TypedDict

from chanx.core._schema import CANONICAL, WireFormat, camelizer, frame_schema, union_schema
from chanx.core.errors import ConfigurationError, ContractError
from chanx.messages.base import BaseMessage

CAMEL = WireFormat(camelize=True)
T = TypeVar("T")


def read(message: type[BaseMessage], frame: Any, wire: WireFormat = CAMEL) -> Any:
    return SchemaValidator(frame_schema(message, wire), _use_prebuilt=False).validate_python(frame)


def write(message: BaseMessage, wire: WireFormat = CAMEL) -> Any:
    serializer = SchemaSerializer(frame_schema(type(message), wire), _use_prebuilt=False)
    return serializer.to_python(message, mode="json", by_alias=True)


def returns(message: type[BaseMessage], payload: Any, wire: WireFormat = CAMEL) -> Any:
    """Read a payload and write it again, which must give the same."""
    (action,) = message.model_fields["action"].annotation.__args__  # type: ignore[union-attr]
    frame = {wire.action_key: action, "payload": payload}
    parsed = read(message, frame, wire)
    assert write(parsed, wire) == frame
    return parsed.payload


class Inner(BaseModel):
    inner_name: int = 0


class Cat(BaseModel):
    pet_kind: Literal["cat", "lion"]
    claw_count: int


class Dog(BaseModel):
    pet_kind: Literal["dog"]
    tail_length: Inner


Pet = Annotated[Cat | Dog, Field(discriminator="pet_kind")]


class Point(TypedDict):
    x_axis: int


@dataclass
class Size:
    full_width: int
    inner_size: Inner


@pydantic_dataclasses.dataclass
class Weight:
    net_weight: float


class Corner(NamedTuple):
    left_edge: int
    inner_corner: Inner


class Names(RootModel[dict[str, Inner]]): ...


class Keeper(BaseModel):
    model_config = ConfigDict(extra="allow")
    own_name: str


class Tree(BaseModel):
    sub_trees: list[Tree] = []


class Everything(BaseModel):
    some_pet: Pet
    more_pets: list[Pet]
    point_dict: Point
    full_size: Size
    net_weight: Weight
    corner_tuple: Corner
    user_data: dict[str, Any]
    inner_map: dict[str, Inner]
    either_one: Inner | int | None
    root_names: Names
    the_keeper: Keeper


class All(BaseMessage):
    action: Literal["all"] = "all"
    payload: Everything


EVERYTHING = {
    "somePet": {"petKind": "dog", "tailLength": {"innerName": 1}},
    "morePets": [{"petKind": "lion", "clawCount": 20}],
    "pointDict": {"xAxis": 1},
    "fullSize": {"fullWidth": 1, "innerSize": {"innerName": 2}},
    "netWeight": {"netWeight": 1.5},
    "cornerTuple": [1, {"innerName": 3}],
    "userData": {"snake_key": {"other_key": 1}, "camelKey": 2},
    "innerMap": {"snake_key": {"innerName": 4}},
    "eitherOne": {"innerName": 5},
    "rootNames": {"snake_key": {"innerName": 6}},
    "theKeeper": {"ownName": "k", "extra_key": 1, "extraKey": 2},
}


def test_all_fields_are_renamed_and_no_key_of_user_data() -> None:
    payload = returns(All, EVERYTHING)
    assert payload.some_pet == Dog(pet_kind="dog", tail_length=Inner(inner_name=1))
    assert payload.more_pets == [Cat(pet_kind="lion", claw_count=20)]
    assert payload.full_size == Size(1, Inner(inner_name=2))
    assert payload.corner_tuple == Corner(1, Inner(inner_name=3))
    assert payload.user_data == {"snake_key": {"other_key": 1}, "camelKey": 2}
    assert payload.the_keeper.extra_key == 1


def test_names_in_snake_case_are_not_read_under_camel_case() -> None:
    with pytest.raises(ValidationError):
        read(All, {"action": "all", "payload": {**EVERYTHING, "netWeight": {"net_weight": 1.5}}})


def test_recursive_payloads_are_renamed_at_every_depth() -> None:
    class Grown(BaseMessage):
        action: Literal["grown"] = "grown"
        payload: Tree

    returns(Grown, {"subTrees": [{"subTrees": []}, {"subTrees": [{"subTrees": []}]}]})


class Thread(BaseMessage):
    action: Literal["thread"] = "thread"
    payload: list[Thread] = []
    sent_at: int = 0


def test_a_recursive_message_is_renamed() -> None:
    inner = {"action": "thread", "payload": [], "sentAt": 2}
    frame = {"action": "thread", "payload": [inner], "sentAt": 1}
    assert write(read(Thread, frame)) == frame


def test_a_recursive_message_has_an_id_and_another_key_at_the_top_alone() -> None:
    wire = WireFormat("type")
    validator = SchemaValidator(frame_schema(Thread, wire, max_id=3), _use_prebuilt=False)
    message = validator.validate_python(
        {"type": "thread", "id": 1, "payload": [{"action": "thread", "id": 2}]}
    )
    assert vars(message)["id"] == 1
    assert "id" not in vars(message.payload[0])


class Page(BaseMessage, Generic[T]):
    action: Literal["page"] = "page"
    payload: list[T]


def test_generic_messages_are_renamed() -> None:
    assert returns(Page[Inner], [{"innerName": 1}]) == [Inner(inner_name=1)]


class Named(BaseModel):
    """Its fields are named like keys of a core schema."""

    type: Inner
    config: Inner
    default: list[Inner]
    metadata: Inner
    function: Inner
    fields: Inner
    schema_: Inner = Field(alias="schema")
    ref: Tree
    cls: Tree
    expected: Tree


def test_fields_named_like_parts_of_a_schema_are_renamed_inside() -> None:
    class Odd(BaseMessage):
        action: Literal["odd"] = "odd"
        payload: Named

    inner, tree = {"innerName": 1}, {"subTrees": []}
    returns(
        Odd,
        {
            **dict.fromkeys(("type", "config", "metadata", "function", "fields", "schema"), inner),
            **dict.fromkeys(("ref", "cls", "expected"), tree),
            "default": [inner],
        },
    )


def test_tags_named_like_parts_of_a_schema_are_renamed_inside() -> None:
    class Default(BaseModel):
        kind: Literal["default"]
        some_value: int

    class Function(BaseModel):
        kind: Literal["function", "type"]
        other_value: int

    class Tagged(BaseMessage):
        action: Literal["tagged"] = "tagged"
        payload: list[Annotated[Default | Function, Field(discriminator="kind")]]

    returns(
        Tagged,
        [
            {"kind": "default", "someValue": 1},
            {"kind": "function", "otherValue": 1},
            {"kind": "type", "otherValue": 1},
        ],
    )


def test_a_callable_discriminator_sees_the_names_on_the_wire() -> None:
    def kind(value: Any) -> str:
        return "cat" if "petKind" in value or isinstance(value, Cat) else "inner"

    class Told(BaseMessage):
        action: Literal["told"] = "told"
        payload: Annotated[Annotated[Cat, Tag("cat")] | Annotated[Inner, Tag("inner")], Discriminator(kind)]

    returns(Told, {"petKind": "cat", "clawCount": 1})
    returns(Told, {"innerName": 1})


def test_a_discriminator_with_an_alias_keeps_it() -> None:
    class One(BaseModel):
        pet_kind: Literal["one"] = Field(alias="the_kind")

    class Two(BaseModel):
        pet_kind: Literal["two"] = Field(alias="the_kind")

    class Told(BaseMessage):
        action: Literal["told"] = "told"
        payload: Annotated[One | Two, Field(discriminator="pet_kind")]

    assert isinstance(returns(Told, {"the_kind": "two"}), Two)


def test_aliases_stay_as_they_are() -> None:
    class Aliased(BaseModel):
        both_ways: int = Field(alias="Both_Ways")
        one_way: int = Field(validation_alias="in_way")
        other_way: int = Field(serialization_alias="out_way")
        many_ways: int = Field(validation_alias=AliasChoices("way_a", AliasPath("ways", 0)))

    class Message(BaseMessage):
        action: Literal["message"] = "message"
        payload: Aliased

    sent = {"Both_Ways": 1, "in_way": 2, "otherWay": 3, "ways": [4]}
    message = read(Message, {"action": "message", "payload": sent})
    assert write(message)["payload"] == {"Both_Ways": 1, "oneWay": 2, "out_way": 3, "manyWays": 4}


def test_computed_fields_are_renamed() -> None:
    class Area(BaseModel):
        side_length: int

        @computed_field
        @property
        def full_area(self) -> int:
            return self.side_length**2

        @computed_field(alias="the_half")
        @property
        def half_area(self) -> Inner:
            return Inner(inner_name=1)

    class Message(BaseMessage):
        action: Literal["message"] = "message"
        payload: Area

    message = Message(payload=Area(side_length=2))
    assert write(message)["payload"] == {"sideLength": 2, "fullArea": 4, "the_half": {"innerName": 1}}


def test_two_fields_of_one_name_are_refused() -> None:
    class Clash(BaseModel):
        room_name: int
        roomName: int  # noqa: N815 - the clash

    class Message(BaseMessage):
        action: Literal["message"] = "message"
        payload: Clash

    with pytest.raises(
        ContractError,
        match=r"Message has fields 'room_name' and 'roomName' with one name in camelCase\. Rename one\.",
    ):
        frame_schema(Message, CAMEL)
    frame_schema(Message, CANONICAL)


def test_two_fields_of_a_dataclass_of_one_name_are_refused() -> None:
    @dataclass
    class Clash:
        room_name: int
        roomName: int  # noqa: N815 - the clash

    class Message(BaseMessage):
        action: Literal["message"] = "message"
        payload: Clash

    with pytest.raises(ContractError, match="with one name in camelCase"):
        frame_schema(Message, CAMEL)


def test_a_computed_field_of_the_name_of_another_is_refused() -> None:
    class Clash(BaseModel):
        room_name: int

        @computed_field
        @property
        def roomName(self) -> int:  # noqa: N802 - the clash
            return 1

    class Message(BaseMessage):
        action: Literal["message"] = "message"
        payload: Clash

    with pytest.raises(ContractError, match="'room_name' and 'roomName'"):
        frame_schema(Message, CAMEL)


def test_a_union_with_labels_is_renamed() -> None:
    class Message(BaseMessage):
        action: Literal["message"] = "message"
        payload: Annotated[Inner, Tag("inner")] | Annotated[Cat, Tag("cat")]

    returns(Message, {"innerName": 1})
    returns(Message, {"petKind": "cat", "clawCount": 1})


def test_camel_case_without_pyhumps_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "humps", None)
    with pytest.raises(
        ConfigurationError, match=r"CAMELIZE needs pyhumps\. Install it with .* chanx\[camel-case\]"
    ):
        camelizer()
    with pytest.raises(ConfigurationError):
        frame_schema(All, CAMEL)


def test_the_classes_themselves_stay_as_they_are() -> None:
    frame_schema(All, CAMEL)
    assert Inner.model_validate({"inner_name": 1}).model_dump_json() == '{"inner_name":1}'


# -- the key of the action


class Said(BaseMessage):
    action: Literal["said"] = "said"
    payload: Inner = Inner()


def test_the_action_key_is_renamed() -> None:
    wire = WireFormat("message_type")
    assert write(read(Said, {"message_type": "said"}, wire), wire) == {
        "message_type": "said",
        "payload": {"inner_name": 0},
    }
    with pytest.raises(ValidationError):
        read(Said, {"message_type": "other"}, wire)


def test_the_action_key_is_not_turned_into_camel_case() -> None:
    wire = WireFormat("message_type", camelize=True)
    returns(Said, {"innerName": 1}, wire)


@pytest.mark.parametrize(
    "alias",
    [
        {},
        {"alias": "kind"},
        {"validation_alias": "kind"},
        {"serialization_alias": "kind"},
        {"validation_alias": AliasChoices("other", "kind")},
        {"validation_alias": AliasChoices("other", AliasPath("kind", 0))},
        {"validation_alias": AliasPath("kind", 0)},
    ],
    ids=str,
)
def test_a_field_that_takes_the_key_of_the_action_is_refused(alias: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"other" if alias else "kind": (int, Field(0, **alias))}
    Odd = create_model("Odd", __base__=Said, **fields)  # noqa: N806 - a class
    with pytest.raises(
        ContractError, match=r"Odd has a field '\w+' that takes the action's key 'kind'\. Rename it\."
    ):
        frame_schema(Odd, WireFormat("kind"))


# -- what can't be read


def test_a_message_with_an_own_init_is_refused() -> None:
    class Odd(BaseMessage):
        action: Literal["odd"] = "odd"

        def __init__(self, **data: Any) -> None:
            super().__init__(**data)

    with pytest.raises(
        ContractError, match=r"Odd can't be read from frames: .*Odd overrides __init__\. Use a validator"
    ):
        frame_schema(Odd, CANONICAL)


def test_a_payload_with_an_own_init_is_refused_in_camel_case_alone() -> None:
    class Own(BaseModel):
        some_value: int

        def __init__(self, **data: Any) -> None:
            super().__init__(**data)

    class Message(BaseMessage):
        action: Literal["message"] = "message"
        payload: Own

    frame_schema(Message, CANONICAL)
    with pytest.raises(ContractError, match=r"Own overrides __init__"):
        frame_schema(Message, CAMEL)


def test_a_message_whose_schema_has_no_fields_is_refused() -> None:
    class Odd(BaseMessage):
        action: Literal["odd"] = "odd"

        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
            return core_schema.no_info_plain_validator_function(cls.model_construct)

    with pytest.raises(ContractError, match=r"its core schema has no fields\. Use validators instead"):
        frame_schema(Odd, CANONICAL)


class Unfinished(BaseMessage):
    action: Literal["unfinished"] = "unfinished"
    payload: NeverDefined  # type: ignore[name-defined]  # noqa: F821


class Late(BaseMessage):
    action: Literal["late"] = "late"
    payload: DefinedLate


class DefinedLate(BaseModel): ...


def test_a_message_that_refers_to_nothing_is_refused() -> None:
    with pytest.raises(
        ContractError,
        match=r"Unfinished refers to a class that doesn't exist yet\. Define it, or call Unfinished",
    ):
        frame_schema(Unfinished, CANONICAL)


def test_a_message_that_refers_to_a_later_class_is_completed() -> None:
    assert read(Late, {"action": "late", "payload": {}}, CANONICAL) == Late(payload=DefinedLate())


# -- several messages


def test_the_action_picks_the_message() -> None:
    validator = SchemaValidator(union_schema([Said, Thread, All], CANONICAL, max_id=5), _use_prebuilt=False)
    assert type(validator.validate_python({"action": "thread"})) is Thread
    assert type(validator.validate_python({"action": "said"})) is Said


def test_messages_of_one_action_are_tried_in_turn() -> None:
    class SaidMore(BaseMessage):
        action: Literal["said", "more"] = "said"
        payload: Cat

    validator = SchemaValidator(union_schema([Said, SaidMore], CANONICAL), _use_prebuilt=False)
    cat = {"pet_kind": "cat", "claw_count": 1}
    assert type(validator.validate_python({"action": "said", "payload": cat})) is SaidMore
    assert type(validator.validate_python({"action": "said"})) is Said
    assert type(validator.validate_python({"action": "more", "payload": cat})) is SaidMore


@pytest.mark.parametrize(
    "wire",
    [CANONICAL, CAMEL, WireFormat("type"), WireFormat("a+b"), WireFormat("a+b", camelize=True)],
    ids=lambda wire: wire.fingerprint,
)
def test_a_fingerprint_tells_the_format(wire: WireFormat) -> None:
    assert WireFormat.of(wire.fingerprint) == wire
