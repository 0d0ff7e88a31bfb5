"""From routes to a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chanx.asyncapi.collect import collect
from chanx.asyncapi.name import name
from chanx.asyncapi.render import Renderer
from chanx.asyncapi.schemas import make_schemas
from chanx.asyncapi.security import Security
from chanx.asyncapi.server import Server
from chanx.core.errors import ConfigurationError
from chanx.routing import Route

SPEC_VERSIONS = ("3.0.0", "3.1.0")
"""The versions of the AsyncAPI specification that a document can have."""


def generate(
    routes: Iterable[Route],
    *,
    info: Mapping[str, Any] | None = None,
    servers: Mapping[str, Server] | None = None,
    security_schemes: Mapping[str, Mapping[str, Any]] | None = None,
    spec_version: str = "3.1.0",
) -> dict[str, Any]:
    """
    Make the AsyncAPI document of routes; the order of routes and imports doesn't change it.

    Args:
        routes: What is documented, and nothing else.
        info: The Info Object; ``title`` and ``version`` have defaults.
        servers: The servers, by their keys.
        security_schemes: Security Scheme Objects by name, for servers and for consumers that say nothing of credentials.
        spec_version: One of `SPEC_VERSIONS`.

    Raises:
        DocumentError: An example doesn't validate, or a type has no JSON schema.
        ConfigurationError: There is no such version of the specification.
    """
    if spec_version not in SPEC_VERSIONS:
        raise ConfigurationError(
            f"There is no AsyncAPI {spec_version!r} here. Use one of {', '.join(SPEC_VERSIONS)}."
        )
    channels = collect(routes)
    frames = dict.fromkeys(frame for channel in channels for frame in channel.frames)
    params = {
        channel.contract.params: None for channel in channels if channel.contract and channel.contract.params
    }
    answers = {
        frame
        for channel in channels
        for operation in channel.operations
        for frame in operation.replies
        if frame.max_id
    }
    schemas = make_schemas(frames, params, answers)
    names = name(channels, schemas)
    security = Security(channels, security_schemes or {})
    return Renderer(channels, schemas, names, answers, security).document(
        info={"title": "AsyncAPI Documentation", "version": "1.0.0", **(info or {})},
        servers=servers or {},
        version=spec_version,
    )
