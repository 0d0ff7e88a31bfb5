"""System checks of the consumers that ``ASGI_APPLICATION`` routes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from channels.security.websocket import OriginValidator
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name

from chanx.core._wire import Wire
from chanx.core.errors import ChanxError, ConfigurationError, ContractError
from chanx.routing.unwrap import unwrap
from chanx_django.discovery import ChannelsRouters
from chanx_django.utils.asgi import get_application, get_websocket_application, project_path
from chanx_django.websocket import AsyncJsonWebsocketConsumer

ROUTERS = ChannelsRouters()
Consumer = type[AsyncJsonWebsocketConsumer[Any]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a way through the application ends."""

    target: Any
    """A consumer class, or another ASGI application."""
    validator: OriginValidator | None
    """What checks the origin on this way."""

    @property
    def name(self) -> str:
        """What to call it in a message."""
        kind = self.target if hasattr(self.target, "__qualname__") else type(self.target)
        return f"{kind.__module__}.{kind.__qualname__}"


def check_application(**_: Any) -> list[CheckMessage]:
    """Find what keeps consumers from working, and pages of other origins from being refused."""
    if not project_path():
        return [
            Warning(
                "ASGI_APPLICATION is not set: consumers are neither checked nor documented.",
                hint="Set it to the path of your ASGI application, like 'project.asgi.application'.",
                id="chanx.W005",
            )
        ]
    try:
        get_application()
    except Exception as error:  # noqa: BLE001 - a check reports whatever importing the project's module raises
        reason = str(error) if isinstance(error, ChanxError) else f"{type(error).__name__}: {error}"
        return [
            Error(
                f"The ASGI application could not be imported. {reason}",
                hint=f"Import {project_path().rpartition('.')[0]} in a shell to see where it fails.",
                id="chanx.E004",
            )
        ]
    try:
        application = get_websocket_application()
    except ConfigurationError as error:
        return [Warning(str(error), id="chanx.W005")]
    endpoints = list(endpoints_of(application))
    consumers = dict.fromkeys(endpoint.target for endpoint in endpoints if is_ours(endpoint.target))
    return [
        *_check_origins(endpoints),
        *(found for consumer in consumers for found in _check_consumer(consumer)),
    ]


def check_authentication(**_: Any) -> list[CheckMessage]:
    """Find consumers that let everybody in, and don't say that they mean to."""
    try:
        endpoints = list(endpoints_of(get_websocket_application()))
    except Exception:  # noqa: BLE001 - check_application reports it
        return []
    consumers = dict.fromkeys(endpoint.target for endpoint in endpoints if is_ours(endpoint.target))
    return [
        Warning(
            f"{consumer.__module__}.{consumer.__qualname__} has no authenticator_class: everybody may connect.",
            hint="Give it one, or write authenticator_class = None in the class to say that it is public.",
            id="chanx.W004",
        )
        for consumer in consumers
        if consumer.authenticator_class is None and not _is_public(consumer)
    ]


def endpoints_of(
    application: Any, validator: OriginValidator | None = None, above: tuple[Any, ...] = ()
) -> Iterator[Endpoint]:
    """Follow all ways through an application, with the origin validator that each one passes last."""
    found = unwrap(
        application,
        lambda candidate: isinstance(candidate, OriginValidator) or ROUTERS.branches(candidate) is not None,
    )
    if isinstance(found, OriginValidator):
        yield from endpoints_of(found.application, found, above)
        return
    branches = None if isinstance(found, type) else ROUTERS.branches(found)
    if branches is None:
        yield Endpoint(found, validator)
    elif all(router is not found for router in above):
        for branch in branches:
            yield from endpoints_of(branch.application, validator, (*above, found))


def is_ours(target: Any) -> bool:
    """Whether it is a consumer with a contract."""
    return isinstance(target, type) and issubclass(target, AsyncJsonWebsocketConsumer)


def pyhumps_is_missing(who: str) -> Error:
    """Return the error for a project or a consumer that asks for camelCase."""
    return Error(
        f"{who}, and pyhumps is not installed.",
        hint="Install it with the extra: chanx[camel-case].",
        id="chanx.E003",
    )


def _check_origins(endpoints: list[Endpoint]) -> Iterator[CheckMessage]:
    unchecked = dict.fromkeys(endpoint.name for endpoint in endpoints if endpoint.validator is None)
    if unchecked:
        yield Warning(
            f"Pages of any origin may connect, with the cookies of their visitors, to {', '.join(unchecked)}.",
            hint=(
                "Wrap the WebSocket application in AllowedHostsOriginValidator or OriginValidator of "
                "channels.security.websocket; silence this check if something else looks at the origin."
            ),
            id="chanx.W001",
        )
    validators = {endpoint.validator for endpoint in endpoints if endpoint.validator is not None}
    if not settings.DEBUG and any("*" in validator.allowed_origins for validator in validators):
        yield Warning(
            "The origin validator lets pages of any origin in, since '*' is allowed.",
            hint="List your hosts in ALLOWED_HOSTS, or your origins in OriginValidator.",
            id="chanx.W001",
        )


def _check_consumer(consumer: Consumer) -> Iterator[CheckMessage]:
    name = f"{consumer.__module__}.{consumer.__qualname__}"
    try:
        contract = consumer.contract
        config = consumer.get_config()
        if not config.camelize or find_spec("humps") is not None:
            Wire(contract, config)
        elif contract.options.get("camelize"):
            yield pyhumps_is_missing(f"{name} has camelize=True")
    except ContractError as error:
        yield Error(f"{name} cannot serve a connection. {error}", obj=consumer, id="chanx.E005")
        return
    except ConfigurationError:
        return  # The settings are wrong, which has a check of its own.
    alias = consumer.channel_layer_alias
    chooses = consumer.get_groups is not AsyncJsonWebsocketConsumer.get_groups
    uses_layer = consumer.groups or contract.events or contract.passthrough or chooses
    if uses_layer and alias not in getattr(settings, "CHANNEL_LAYERS", {}):
        yield Error(
            f"{name} has groups or events, and CHANNEL_LAYERS has no {alias!r} to carry them.",
            hint="Set CHANNEL_LAYERS = {'default': {'BACKEND': 'channels.layers.InMemoryChannelLayer'}} to begin with.",
            id="chanx.E006",
        )


def _is_public(consumer: Consumer) -> bool:
    """Whether a class of the project has ``authenticator_class = None`` in its body."""
    return any(
        "authenticator_class" in vars(kind)
        for kind in consumer.__mro__
        if kind.__module__.partition(".")[0] not in {"chanx", "chanx_django"}
    )
