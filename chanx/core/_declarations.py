"""Reads a consumer's declarations into its contract: the only reader of annotations."""

from __future__ import annotations

import asyncio
import inspect
import sys
import types
import typing
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
)
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, PydanticUserError

from chanx.core._naming import describe, docstring, snake_name
from chanx.core._signature import message_from_signature
from chanx.core.authenticator import BaseAuthenticator
from chanx.core.config import OPTION_NAMES, RESERVED_KEYS, Config
from chanx.core.contract import PROTOCOL_OUTGOING, Contract, Handler, Message
from chanx.core.decorators import HANDLER_MARK, HandlerMark
from chanx.core.errors import ContractError
from chanx.messages.base import BaseMessage, actions_of
from chanx.messages.incoming import CancelMessage

RESERVED_FIELDS = RESERVED_KEYS - {"payload"}
_STREAMS = (AsyncIterator, AsyncGenerator, AsyncIterable)
# Knows the mark of objects that are called like coroutine functions, too: inspect does so since Python 3.12.
_marked_async = (
    inspect.iscoroutinefunction if hasattr(inspect, "markcoroutinefunction") else asyncio.iscoroutinefunction
)
_FRAMEWORK = ("chanx.", "chanx_django.", "channels.")
_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def build_contract(consumer: type[Any], namespace: Mapping[str, Any] | None = None) -> Contract:
    """
    Read the contract of a consumer class.

    Args:
        consumer: The class.
        namespace: Names that its annotations may use beside those of its module.

    Raises:
        ContractError: Something is declared wrongly.
        NameError: An annotation names what does not exist yet.
    """
    reader = _Reader(consumer, namespace or {})
    handlers, events = reader.handlers()
    options = {name: getattr(consumer, name) for name in OPTION_NAMES if hasattr(consumer, name)}
    Config().replace(options)
    contract = Contract(
        consumer=consumer,
        **describe(consumer),
        handlers=types.MappingProxyType(handlers),
        events=types.MappingProxyType(events),
        passthrough=tuple(
            m for m in reader.listed("passthrough_events") if not set(actions_of(m)) & set(events)
        ),
        emits=reader.listed("emits"),
        params=reader.params(),
        authenticator=reader.authenticator(),
        subprotocols=reader.strings("subprotocols"),
        groups=reader.strings("groups"),
        options=types.MappingProxyType(options),
    )
    reader.refuse_taken_names(contract)
    return contract


def defining_frame() -> types.FrameType | None:
    """Find the function in which a class is being created; None where a module creates it."""
    frame = sys._getframe(1)  # noqa: SLF001 - as typing.NamedTuple and Pydantic find their callers
    while frame.f_back and frame.f_code.co_name in ("__init_subclass__", "__new__"):
        frame = frame.f_back
    return None if frame.f_code.co_name == "<module>" else frame


class _Reader:
    """Reads the declarations of one consumer class."""

    def __init__(self, consumer: type[Any], namespace: Mapping[str, Any]) -> None:
        self.consumer = consumer
        self.namespace = namespace

    def _fail(self, text: str) -> ContractError:
        return ContractError(f"{self.consumer.__qualname__} {text}")

    def handlers(self) -> tuple[dict[str, Handler], dict[str, Handler]]:
        found: dict[str, dict[str, Handler]] = {"message": {}, "event": {}}
        for name, mark, function in self._marked():
            handler = self._handler(name, mark, function)
            for action in handler.actions:
                first = found[mark.kind].setdefault(action, handler)
                if first is not handler:
                    raise self._fail(
                        f"handles {action!r} twice: in {first.name}() and in {name}(). Give one of them another message."
                    )
        return found["message"], found["event"]

    def _marked(self) -> Iterator[tuple[str, HandlerMark, Callable[..., Any]]]:
        """Find the handlers over the whole MRO; an override without a decorator keeps its base's mark."""
        names = dict.fromkeys(name for owner in reversed(self.consumer.__mro__) for name in vars(owner))
        for name in names:
            owners = [owner for owner in self.consumer.__mro__ if name in vars(owner)]
            marks = [(owner, mark) for owner in owners if (mark := _mark_of(vars(owner)[name])) is not None]
            function = vars(owners[0])[name]
            if not marks or function is None:
                continue
            if isinstance(function, (staticmethod, classmethod)) or not callable(function):
                raise self._fail(f"has a handler {name} that is no method. Make it a plain method.")
            self._refuse_framework_name(name)
            self._refuse_hidden(name, marks)
            yield name, marks[0][1], function

    def _refuse_framework_name(self, name: str) -> None:
        for owner in self.consumer.__mro__:
            taken = vars(owner).keys() | inspect.get_annotations(owner).keys()
            if (
                owner.__module__.startswith(_FRAMEWORK)
                and name in taken
                and not _mark_of(vars(owner).get(name))
            ):
                raise self._fail(
                    f"has a handler {name}(), which {owner.__qualname__} uses itself. Rename it."
                )

    def _refuse_hidden(self, name: str, marks: list[tuple[type[Any], HandlerMark]]) -> None:
        first = marks[0][0]
        for owner, _ in marks[1:]:
            if not issubclass(first, owner):
                raise self._fail(
                    f"inherits a handler {name}() from {first.__qualname__} that hides the one from "
                    f"{owner.__qualname__}. Rename one of them, or override it in {self.consumer.__qualname__} with a decorator."
                )

    def _handler(self, name: str, mark: HandlerMark, function: Callable[..., Any]) -> Handler:
        hints = self._hints(name, function)
        messages, arguments = self._inputs(name, mark, function, hints)
        replies, streaming = self._outputs(name, hints.get("return", inspect.Parameter.empty))
        if inspect.isasyncgenfunction(function):
            if "return" in hints and not streaming:
                raise self._fail(f"yields in {name}(). Annotate its result with AsyncIterator[...].")
            streaming = True
        elif inspect.isgeneratorfunction(function):
            raise self._fail(
                f"yields in {name}(), which is no coroutine. Make it 'async def' with AsyncIterator[...]."
            )
        output = mark.output_type
        listed = output if isinstance(output, (list, tuple)) else [] if output is None else [output]
        broadcasts = [
            message for item in listed for message in self._messages(item, f"output_type of {name}()")
        ]
        summary, _, rest = inspect.cleandoc(docstring(self.consumer, name)).partition("\n")
        return Handler(
            name=name,
            kind=mark.kind,
            function=function,
            messages=messages,
            replies=replies,
            broadcasts=tuple(message for message in broadcasts if message not in replies),
            arguments=arguments,
            streaming=streaming,
            optional=not streaming and (not replies or type(None) in members(hints["return"])),
            sync=not streaming and not _is_async(function),
            concurrent=mark.concurrent,
            summary=mark.summary if mark.summary is not None else summary,
            description=mark.description if mark.description is not None else rest.strip(),
            tags=mark.tags,
            examples=mark.examples,
            deprecated=mark.deprecated,
        )

    def _hints(self, name: str, function: Callable[..., Any]) -> dict[str, Any]:
        """Resolve annotations, of an undecorated override with those of the bases behind it."""
        hints: dict[str, Any] = {}
        for owner in reversed(self.consumer.__mro__):
            candidate = vars(owner).get(name)
            if callable(candidate) and (candidate is function or _mark_of(candidate) is not None):
                own = typing.get_type_hints(candidate, localns=dict(self.namespace), include_extras=True)
                hints = {**hints, **own} if _mark_of(function) is None else own
        return hints

    def _inputs(
        self, name: str, mark: HandlerMark, function: Callable[..., Any], hints: dict[str, Any]
    ) -> tuple[tuple[Message, ...], bool]:
        parameters = self._parameters(name, function)
        if mark.input_type is not None:
            return self._named(name, mark, self._given(name, mark, parameters, hints)), False
        for parameter in parameters:
            if parameter.name not in hints:
                raise self._fail(
                    f"has no annotation for {parameter.name!r} of {name}(). Annotate it with a message."
                )
        of_messages = [_is_message(hints[parameter.name]) for parameter in parameters]
        alone = of_messages == [True]
        for parameter in parameters:
            if parameter.kind not in (_BY_POSITION if alone else _BY_NAME):
                raise self._fail(
                    f"has {str(parameter)!r} in {name}(). Take the message by position, or other parameters by name."
                )
        if alone:
            found = self._messages(hints[parameters[0].name], f"parameter {parameters[0].name!r} of {name}()")
            return self._named(name, mark, found), False
        if any(of_messages):
            raise self._fail(f"mixes a message with other parameters in {name}(). Take the message alone.")
        if mark.kind == "event":
            raise self._fail(
                f"has an event handler {name}() without a message. Annotate one parameter with an event."
            )
        return (self._from_signature(name, function, mark.action or name, parameters, hints),), True

    def _parameters(self, name: str, function: Callable[..., Any]) -> list[inspect.Parameter]:
        found = list(inspect.signature(function).parameters.values())
        if not found:
            raise self._fail(f"has a handler {name}() without 'self'. Make it a plain method.")
        return found[1:]

    def _given(
        self, name: str, mark: HandlerMark, parameters: list[inspect.Parameter], hints: dict[str, Any]
    ) -> tuple[Message, ...]:
        """Return the messages of ``input_type``, which the annotation may repeat or widen."""
        declared = self._messages(mark.input_type, f"input_type of {name}()")
        if len(parameters) == 1 and parameters[0].kind in _BY_POSITION:
            annotation = hints.get(parameters[0].name, Any)
            classes = tuple(part for part in members(annotation) if isinstance(part, type))
            if annotation is Any or all(issubclass(message, classes) for message in declared):
                return declared
        raise self._fail(
            f"gives {name}() an input_type that contradicts its signature. Annotate one parameter with that message."
        )

    def _named(self, name: str, mark: HandlerMark, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        if mark.action is not None and (mark.action,) != tuple(a for m in messages for a in actions_of(m)):
            raise self._fail(
                f"names {name}() {mark.action!r}, but its message has another action. Leave the name out."
            )
        return messages

    def _from_signature(
        self,
        name: str,
        function: Callable[..., Any],
        action: str,
        parameters: list[inspect.Parameter],
        hints: dict[str, Any],
    ) -> Message:
        try:
            return message_from_signature(function, action, parameters, hints)
        except (PydanticUserError, NameError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise self._fail(
                f"has parameters in {name}() that Pydantic can't validate: {reason} Annotate them with types that it knows."
            ) from error

    def _outputs(self, name: str, annotation: Any) -> tuple[tuple[Message, ...], bool]:
        if annotation is inspect.Parameter.empty:
            return (), False
        streaming = get_origin(annotation) in _STREAMS
        if streaming:
            annotation = get_args(annotation)[0]
        return self._messages(annotation, f"result of {name}()"), streaming

    def _messages(self, annotation: Any, place: str) -> tuple[Message, ...]:
        found: list[Message] = []
        for part in members(annotation):
            if part in (None, type(None), typing.NoReturn, typing.Never):
                continue
            if not _is_message(part):
                raise self._fail(f"has {part!r} as {place}. Use messages: subclasses of BaseMessage.")
            if not actions_of(part):
                raise self._fail(
                    f"uses {part.__name__} as {place}, which names no action. "
                    f'Declare one there: action: Literal["{snake_name(part)}"] = "{snake_name(part)}".'
                )
            if part.model_fields["action"].alias is not None:
                raise self._fail(
                    f"uses {part.__name__}, whose action has an alias. Set message_action_key instead."
                )
            if taken := RESERVED_FIELDS & set(part.model_fields):
                raise self._fail(
                    f"uses {part.__name__}, whose field {min(taken)!r} belongs to the frame. Put it into the payload."
                )
            found.append(part)
        return tuple(dict.fromkeys(found))

    def listed(self, attribute: str) -> tuple[Message, ...]:
        """Merge a list of messages over the MRO, the most derived first."""
        found: list[Message] = []
        for owner in self.consumer.__mro__:
            value = vars(owner).get(attribute, ())
            if not isinstance(value, (list, tuple, set, frozenset)):
                raise self._fail(f"has {attribute} = {value!r}. Make it a list of messages.")
            for item in value:
                found.extend(self._messages(item, attribute))
        return tuple(dict.fromkeys(found))

    def strings(self, attribute: str) -> tuple[str, ...]:
        value = getattr(self.consumer, attribute, None) or ()
        if isinstance(value, str):
            raise self._fail(f"has {attribute} = {value!r}. Make it a list: {attribute} = [{value!r}].")
        if not isinstance(value, Iterable) or not all(isinstance(item, str) for item in value):
            raise self._fail(f"has {attribute} = {value!r}. Make it a list of strings.")
        return tuple(value)

    def params(self) -> type[BaseModel] | None:
        for owner in self.consumer.__mro__:
            annotation = inspect.get_annotations(owner).get("params")
            if annotation is None:
                continue
            if isinstance(annotation, str):
                module = vars(sys.modules[owner.__module__]) if owner.__module__ in sys.modules else {}
                # As typing.get_type_hints does, for this one name: others need not exist yet.
                annotation = eval(annotation, {**module}, {**self.namespace})  # noqa: S307 - the class's own text
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                return annotation
            if annotation is not Any:
                raise self._fail(f"has params: {annotation!r}. Annotate it with one Pydantic model.")
        return None

    def authenticator(self) -> type[BaseAuthenticator] | None:
        found = getattr(self.consumer, "authenticator_class", None)
        if found is None or (isinstance(found, type) and issubclass(found, BaseAuthenticator)):
            return found
        raise self._fail(f"has authenticator_class = {found!r}. Make it a subclass of BaseAuthenticator.")

    def refuse_taken_names(self, contract: Contract) -> None:
        if cancelling := contract.handlers.get("cancel"):
            raise self._fail(
                f"handles 'cancel' in {cancelling.name}(), which is built in. Rename the action."
            )
        handled: list[tuple[Message, tuple[Message, ...]]] = [
            (message, PROTOCOL_OUTGOING) for message in contract.incoming
        ]
        never: tuple[Message, ...] = (*contract.protocol_outgoing, CancelMessage)
        sent = [(message, never) for message in contract.outgoing]
        for message, protocol in (*handled, *sent):
            taken: dict[str, Message] = {action: owner for owner in protocol for action in actions_of(owner)}
            for action in actions_of(message):
                if not issubclass(message, taken.get(action, message)):
                    raise self._fail(
                        f"uses {message.__name__} with the action {action!r}, which the protocol has taken. Rename the action."
                    )


def _mark_of(value: Any) -> HandlerMark | None:
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    elif isinstance(value, property):
        value = value.fget
    # Not getattr(), which would evaluate lazy objects.
    mark: HandlerMark | None = getattr(value, "__dict__", {}).get(HANDLER_MARK)
    return mark


def _is_async(function: Callable[..., Any]) -> bool:
    """Whether a call returns an awaitable, also behind a wrapper of the user's."""
    return _marked_async(function) or inspect.iscoroutinefunction(inspect.unwrap(function))


def _is_message(annotation: Any) -> bool:
    parts = [part for part in members(annotation) if part is not type(None)]
    return bool(parts) and all(isinstance(part, type) and issubclass(part, BaseMessage) for part in parts)


def members(annotation: Any) -> tuple[Any, ...]:
    """Flatten unions, aliases and ``Annotated``."""
    if get_origin(annotation) is Annotated:
        return members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(member for part in get_args(annotation) for member in members(part))
    if hasattr(annotation, "__value__"):
        return members(annotation.__value__)
    return (annotation,)
