"""What tests of consumers need, whatever framework runs them."""

from __future__ import annotations

from chanx.core._answers import ErrorAnswer, UndeclaredMessageError
from chanx.core._communicator import Communicator, ConsumerClass, disconnect_all
from chanx.core._transport import Application, ConnectionClosedError, Headers

__all__ = [
    "Application",
    "Communicator",
    "ConnectionClosedError",
    "ConsumerClass",
    "ErrorAnswer",
    "Headers",
    "UndeclaredMessageError",
    "disconnect_all",
]
