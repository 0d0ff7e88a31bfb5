"""The document of some consumers, whether a project routes them or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chanx.asyncapi import Server, generate, to_yaml
from chanx_django._selection import Consumers, routes_to
from chanx_django.asyncapi import DocumentOptions, servers_of
from chanx_django.settings import chanx_settings


class AsyncAPIGenerator:
    """
    Makes the document of one consumer or several; those of chanx and plain ones of Channels alike.

    ::

        AsyncAPIGenerator(consumers=[(RidesConsumer, "/ws/rides/{ride_id}/")]).get_yaml()
    """

    def __init__(
        self,
        consumers: Consumers,
        *,
        info: Mapping[str, Any] | None = None,
        servers: Mapping[str, Server | str | Mapping[str, Any]] | None = None,
        security_schemes: Mapping[str, Mapping[str, Any]] | None = None,
        spec_version: str | None = None,
    ) -> None:
        """
        Take what the document is about; what is left out is that of the settings.

        Args:
            consumers: Classes with their paths.
            info: Fields of the Info Object.
            servers: The servers by name, each as a URL or a dict.
            security_schemes: Security Scheme Objects by name.
            spec_version: The version of the AsyncAPI specification.
        """
        self._consumers = list(consumers)
        self._info = info or {}
        self._servers = servers
        self._security_schemes = security_schemes
        self._spec_version = spec_version

    def get_spec(self) -> dict[str, Any]:
        """
        Make the document.

        Raises:
            ChanxError: Something is declared or set wrongly.
        """
        settings = chanx_settings.document()
        info = {"title": settings.asyncapi_title, "version": settings.asyncapi_version}
        if settings.asyncapi_description:
            info["description"] = settings.asyncapi_description
        given = self._servers
        named = {name: Server.of(server) for name, server in given.items()} if given is not None else None
        schemes = self._security_schemes
        return generate(
            routes_to(self._consumers),
            info={**info, **self._info},
            servers=servers_of(DocumentOptions()) if named is None else named,
            security_schemes=settings.asyncapi_security_schemes if schemes is None else schemes,
            spec_version=self._spec_version or settings.asyncapi_spec_version,
        )

    def get_yaml(self) -> str:
        """Make the document, as YAML."""
        return to_yaml(self.get_spec())
