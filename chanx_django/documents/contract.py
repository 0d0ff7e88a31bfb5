"""The contract of a plain Channels consumer: what its documented methods say."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chanx.asyncapi.documented import DocumentedContract
from chanx.core._naming import describe
from chanx.core.contract import Handler
from chanx.core.errors import ContractError
from chanx_django.documents.decorators import DocumentMark
from chanx_django.documents.marks import marked_methods
from chanx_django.documents.messages import DocumentedType, message_for


def documented_contract(consumer: type[Any]) -> DocumentedContract | None:
    """
    Read what a consumer's methods are documented as; None where none is.

    Class attributes say the rest: ``message_action_key`` and ``message_event_key``, the keys that name actions and
    events in frames, by default ``action`` and ``type``; ``subprotocols``; ``close_codes``, a dict from code to text.

    Raises:
        ContractError: Something is declared wrongly.
    """
    return _Reader(consumer).contract()


@dataclass(frozen=True, slots=True)
class _Declaration:
    mark: DocumentMark
    method: str
    name: str
    """The name in the frame."""
    owner: type[Any]
    """The class whose body has the mark."""
    function: Callable[..., Any]


class _Reader:
    """Reads the declarations of one consumer class."""

    def __init__(self, consumer: type[Any]) -> None:
        self._consumer = consumer
        self._keys = {
            "action": self._text("message_action_key", "action"),
            "event": self._text("message_event_key", "type"),
        }
        self._found: dict[str, dict[str, _Declaration]] = {"action": {}, "event": {}}
        for declaration in self._declarations():
            self._add(declaration)

    def _fail(self, text: str) -> ContractError:
        return ContractError(f"{self._consumer.__qualname__} {text}")

    def contract(self) -> DocumentedContract | None:
        """Return the contract, if anything is documented."""
        if not any(self._found.values()):
            return None
        actions, events = self._found["action"], self._found["event"]
        handlers = {name: self._action(each) for name, each in actions.items()}
        taken = set(actions)
        sent = {}
        for name, each in events.items():
            operation = name
            while operation in taken:
                operation += "_event"
            taken.add(operation)
            sent[name] = self._event(each, operation)
        return DocumentedContract(
            consumer=self._consumer,
            **describe(self._consumer),
            handlers=types.MappingProxyType(handlers),
            events=types.MappingProxyType(sent),
            passthrough=(),
            emits=(),
            params=None,
            authenticator=None,
            subprotocols=tuple(getattr(self._consumer, "subprotocols", None) or ()),
            groups=(),
            options=types.MappingProxyType({}),
            close_codes=self._close_codes(),
        )

    def _declarations(self) -> Iterator[_Declaration]:
        for method in marked_methods(self._consumer):
            for mark in method.marks:
                name = mark.name or method.name.removeprefix("handle_")
                yield _Declaration(mark, method.name, name, method.owner, method.function)

    def _add(self, declaration: _Declaration) -> None:
        """Take a declaration; it replaces what a base declares under the same name."""
        found = self._found[declaration.mark.kind]
        first = found.get(declaration.name)
        if first is not None and (
            first.owner is declaration.owner or not issubclass(declaration.owner, first.owner)
        ):
            raise self._fail(
                f"documents the {declaration.mark.kind} {declaration.name!r} twice: in {first.method}() and in "
                f"{declaration.method}(). Give one of them another name."
            )
        found[declaration.name] = declaration

    def _action(self, declaration: _Declaration) -> Handler:
        message = self._message(declaration)
        return self._handler(
            declaration, declaration.name, messages=(message,), replies=tuple(self._replies(declaration))
        )

    def _event(self, declaration: _Declaration, operation: str) -> Handler:
        return self._handler(declaration, operation, messages=(), replies=(self._message(declaration),))

    def _handler(
        self,
        declaration: _Declaration,
        operation: str,
        *,
        messages: tuple[DocumentedType, ...],
        replies: tuple[DocumentedType, ...],
    ) -> Handler:
        mark = declaration.mark
        text = next(
            (
                text
                for owner in self._consumer.__mro__
                if declaration.method in vars(owner)
                and (text := vars(owner)[declaration.method].__doc__) is not None
            ),
            "",
        )
        summary, _, rest = inspect.cleandoc(text).partition("\n")
        return Handler(
            name=operation,
            kind="message" if messages else "event",
            function=declaration.function,
            messages=messages,
            replies=replies,
            broadcasts=(),
            arguments=False,
            streaming=False,
            optional=True,
            sync=not inspect.iscoroutinefunction(declaration.function),
            concurrent=False,
            summary=mark.summary if mark.summary is not None else summary,
            description=mark.description if mark.description is not None else rest.strip(),
            tags=mark.tags,
            examples=mark.examples,
            deprecated=mark.deprecated,
        )

    def _replies(self, declaration: _Declaration) -> Iterator[DocumentedType]:
        responses = declaration.mark.responses
        if isinstance(responses, Mapping):
            for name, payload in responses.items():
                if not isinstance(name, str) or not name:
                    raise self._fail(
                        f"names a response {name!r} in {declaration.method}(). Use its name in the frame: "
                        "responses={'ride.accepted': ...}."
                    )
                yield self._message(declaration, name, payload)
            return
        names = [responses] if isinstance(responses, str) else responses
        if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
            raise self._fail(
                f"has responses={responses!r} in {declaration.method}(). Name each: responses={{'ride.accepted': ...}}, "
                "or list names of documented events."
            )
        for name in names:
            if name not in self._found["event"]:
                raise self._fail(
                    f"answers {declaration.method}() by {name!r}, which it doesn't document. Add @document_event({name!r}), "
                    f"or give the payload: responses={{{name!r}: ...}}."
                )
            yield self._message(self._found["event"][name])

    def _message(
        self, declaration: _Declaration, reply: str | None = None, payload: Any = None
    ) -> DocumentedType:
        """Make the message of a declaration, or one of its replies."""
        mark, function = declaration.mark, declaration.function
        kind = mark.kind if reply is None else "event"
        return message_for(
            mark,
            declaration.name if reply is None else reply,
            mark.payload if reply is None else payload,
            key=self._keys[kind],
            suffix=kind.capitalize() if reply is None else "Reply",
            module=getattr(function, "__module__", None) or declaration.owner.__module__,
            place=f"{declaration.owner.__qualname__}.{declaration.method}",
        )

    def _text(self, attribute: str, default: str) -> str:
        value = getattr(self._consumer, attribute, default)
        if not isinstance(value, str) or not value:
            raise self._fail(f"has {attribute} = {value!r}. Make it the key of a frame, like {default!r}.")
        return value

    def _close_codes(self) -> Mapping[int, str]:
        found = getattr(self._consumer, "close_codes", {})
        if not isinstance(found, Mapping) or not all(
            isinstance(code, int) and isinstance(text, str) for code, text in found.items()
        ):
            raise self._fail(f"has close_codes = {found!r}. Make it a dict, like {{4401: 'Sign in first.'}}.")
        return types.MappingProxyType(dict(found))
