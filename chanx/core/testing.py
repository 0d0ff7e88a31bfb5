"""What tests of consumers need, whatever framework runs them."""

from __future__ import annotations

from chanx.core._communicator import Communicator, ErrorAnswer, UndeclaredMessageError
from chanx.core._transport import ConnectionClosedError

__all__ = [
    "Communicator",
    "ConnectionClosedError",
    "ErrorAnswer",
    "UndeclaredMessageError",
]
