"""What tests of consumers need, whatever framework runs them."""

from __future__ import annotations

from chanx.core._answers import ErrorAnswer, UndeclaredMessageError
from chanx.core._capture import Broadcast, Broadcasts, capture_broadcasts
from chanx.core._communicator import Communicator, ConsumerClass, disconnect_all
from chanx.core._memory_layer import MemoryLayer, Sent
from chanx.core._transport import Application, ConnectionClosedError, Headers

__all__ = [
    "Application",
    "Broadcast",
    "Broadcasts",
    "Communicator",
    "ConnectionClosedError",
    "ConsumerClass",
    "ErrorAnswer",
    "Headers",
    "MemoryLayer",
    "Sent",
    "UndeclaredMessageError",
    "capture_broadcasts",
    "disconnect_all",
]
