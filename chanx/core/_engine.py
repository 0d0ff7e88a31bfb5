"""What all connections of one consumer class share."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from chanx.core._declarations import build_contract, describe
from chanx.core._dispatch import Dispatcher
from chanx.core._wire import Wire
from chanx.core.config import Config
from chanx.core.contract import Contract
from chanx.core.decorators import CHANNEL_MARK
from chanx.core.errors import ContractError
from chanx.messages.base import actions_of


class Engine:
    """The wire and the dispatch tables of a contract, for one set of options."""

    def __init__(self, wire: Wire) -> None:
        contract = wire.contract
        self.wire = wire
        self.config = wire.config
        self.contract = contract
        self.messages = Dispatcher(contract.handlers)
        self.events = Dispatcher(contract.events)
        self.passthrough = frozenset(action for event in contract.passthrough for action in actions_of(event))


class Declared:
    """A consumer class and what is made from its declarations."""

    def __init__(self, consumer: type[Any], namespace: Mapping[str, Any]) -> None:
        self._consumer = consumer
        self._namespace = namespace
        self._mark = None
        self._contract: Contract | None = None
        self._engines: dict[Config, Engine] = {}
        with suppress(NameError):  # a forward reference: read at first use
            self._contract = build_contract(consumer, namespace)

    @property
    def contract(self) -> Contract:
        """
        The contract of the class.

        Raises:
            ContractError: An annotation names something that doesn't exist.
        """
        if self._contract is None:
            try:
                self._contract = build_contract(self._consumer, self._namespace)
            except NameError as error:
                raise ContractError(
                    f"{self._consumer.__qualname__} has an annotation with an unknown name: {error}. Define or import it."
                ) from error
        mark = vars(self._consumer).get(CHANNEL_MARK)
        if mark is not self._mark:  # the decorator stands on the finished class
            self._mark = mark
            self._contract = dataclasses.replace(self._contract, **describe(self._consumer))
        return self._contract

    def engine(self, config: Config) -> Engine:
        """Return what the connections with these options share."""
        contract = self.contract
        engine = self._engines.get(config)
        if engine is None:
            engine = self._engines[config] = Engine(Wire(contract, config))
        return engine
