"""The benchmark compares like with like: every subject answers right."""

from __future__ import annotations

import json

import pytest
from django.test import override_settings

from tests.benchmarks import broadcast, dispatch
from tests.benchmarks.client import Application, Client, Exchange
from tests.benchmarks.report import Table
from tests.benchmarks.work import ANSWER, questions


@pytest.mark.parametrize("subject", dispatch.SUBJECTS, ids=lambda subject: subject.name)
@pytest.mark.parametrize("turns", [False, True])
async def test_every_subject_of_dispatch_gives_the_same_answer(
    subject: dispatch.Subject, turns: bool
) -> None:
    exchange = Exchange(subject.application, questions(3, ids=subject.ids), turns=turns)
    heard: list[str] = []
    exchange._reply, reply = lambda text: (heard.append(text), reply(text)), exchange._reply
    with subject.around():
        assert await exchange.measure() > 0
    expected = [{**ANSWER, "id": number} if subject.ids else ANSWER for number in range(3)]
    assert [json.loads(text) for text in heard] == expected


@pytest.mark.parametrize("subject", broadcast.SUBJECTS, ids=lambda subject: subject.name)
async def test_every_subject_of_broadcast_delivers_the_same(subject: broadcast.Subject) -> None:
    sender, member = Client(subject.sender), Client(subject.member)
    with override_settings(CHANNEL_LAYERS=broadcast.layer_settings("memory", "")), subject.around():
        await sender.connect()
        await member.connect()
        hall = broadcast.Hall(sender, [member])
        member.on_text = lambda text: (member.received.append(text), hall._heard(text))
        await hall.hear()
        await sender.disconnect()
        await member.disconnect()
    assert [json.loads(text) for text in member.received] == [ANSWER]


async def test_a_sender_that_fails_ends_the_benchmark() -> None:
    subject = broadcast.Subject(
        "nowhere to send", broadcast.Sender.as_asgi(), broadcast.PlainMember.as_asgi()
    )
    sender = Client(subject.sender)
    with override_settings(CHANNEL_LAYERS={}):
        await sender.connect()
        with pytest.raises(RuntimeError, match=r"the sender was answered.*internal_error"):
            await broadcast.Hall(sender, [Client(subject.member)]).hear()
        await sender.disconnect()


async def test_an_application_that_refuses_ends_the_benchmark() -> None:
    async def refuse(*_: object) -> None:
        return None

    application: Application = refuse
    with pytest.raises(RuntimeError, match="before it accepted"):
        await Client(application).connect()


def test_a_table_compares_within_each_round() -> None:
    table = Table("speed", "µs", {"a": [1.0, 10.0, 2.0], "b": [2.0, 20.0, 8.0]}, ("b",))
    assert table.ratio("a", "b") == 0.5
    assert "| a     | 2.00 | 0.500 |" in str(table)
