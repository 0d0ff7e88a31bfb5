from __future__ import annotations

import pytest

from chanx.core.websocket import WebsocketConsumer
from chanx.routing import Parameter, Route, Template
from chanx.routing.route import snake_name


class ChatConsumer(WebsocketConsumer):
    pass


def test_a_route_knows_the_contract_of_its_consumer() -> None:
    assert Route("/ws/", consumer=ChatConsumer).contract is ChatConsumer.contract


@pytest.mark.parametrize("consumer", [None, object])
def test_a_route_to_something_else_has_no_contract(consumer: type[object] | None) -> None:
    assert Route("/ws/", consumer=consumer).contract is None


def test_pieces_of_a_path_are_joined_with_their_parameters() -> None:
    first = Template("a/{x}/", (Parameter("x"),), frozenset({"g"}))
    joined = first + Template("b/{y}/", (Parameter("y"),), frozenset({"h"}))
    assert joined == Template("a/{x}/b/{y}/", (Parameter("x"), Parameter("y")), frozenset({"g", "h"}))


def test_of_two_parameters_with_one_name_the_later_keeps_it() -> None:
    piece = Template("{id}/", (Parameter("id"),))
    other = Template("a/{name}/{id}/", (Parameter("name"), Parameter("id", type="integer")))
    assert (other + piece).text == "a/{name}/{outer_id}/{id}/"
    assert [parameter.name for parameter in (other + piece).parameters] == ["name", "outer_id", "id"]


@pytest.mark.parametrize(
    ("name", "snake"),
    [("ChatRoomConsumer", "chat_room"), ("HTTPEcho", "http_echo"), ("Consumer", "consumer"), ("app", "app")],
)
def test_names_are_written_in_snake_case(name: str, snake: str) -> None:
    assert snake_name(name) == snake
