"""What all connections of one consumer class share."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from types import FrameType
from typing import Any

from chanx.core._declarations import build_contract
from chanx.core._dispatch import Dispatcher
from chanx.core._naming import describe
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

    def __init__(self, consumer: type[Any], frame: FrameType | None) -> None:
        self._consumer = consumer
        self._frame = frame
        """The function that defines the class, whose local names annotations may use; None when they are read."""
        self._mark = None
        self._contract: Contract | None = None
        self._engines: dict[Config, Engine] = {}
        with suppress(NameError):  # a forward reference: read at first use
            self._contract = self._build()

    @property
    def contract(self) -> Contract:
        """
        The contract of the class.

        Raises:
            ContractError: An annotation names something that doesn't exist.
        """
        if self._contract is None:
            try:
                self._contract = self._build()
            except NameError as error:
                raise ContractError(
                    f"{self._consumer.__qualname__} has an annotation with an unknown name: {error}. Define or import it."
                ) from error
        mark = vars(self._consumer).get(CHANNEL_MARK)
        if mark is not self._mark:  # the decorator stands on the finished class
            self._mark = mark
            self._engines.clear()
            self._contract = dataclasses.replace(self._contract, **describe(self._consumer))
        return self._contract

    def _build(self) -> Contract:
        contract = build_contract(self._consumer, self._frame.f_locals if self._frame else None)
        self._frame = None
        return contract

    def engine(self, config: Config) -> Engine:
        """Return what the connections with these options share."""
        contract = self.contract
        engine = self._engines.get(config)
        if engine is None:
            engine = self._engines[config] = Engine(Wire(contract, config))
        return engine
