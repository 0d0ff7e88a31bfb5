"""The settings: one dict ``CHANX`` in Django's settings, read through one object."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_type_hints

from django.conf import settings
from django.core.signals import setting_changed
from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from chanx.core.config import OPTION_NAMES, Config
from chanx.core.errors import ConfigurationError


class ServerDict(TypedDict, total=False):
    """A server: ``url``, or ``host`` and what else there is of it."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]  # Pydantic reads it, as it documents

    url: str
    host: str
    protocol: str
    pathname: str
    description: str


class SecuritySchemeDict(TypedDict):
    """A Security Scheme Object; further keys are those of its type."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]  # Pydantic reads it, as it documents

    type: str


class DocumentDict(TypedDict, total=False):
    """One of several documents; without ``consumers`` and ``paths`` it has all routes."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]  # Pydantic reads it, as it documents

    title: str
    version: str
    description: str
    spec_version: Literal["3.0.0", "3.1.0"]
    server_url: str
    consumers: list[str]
    """Dotted paths of consumers, or of modules whose consumers it has."""
    paths: list[str]
    """Paths of routes, with ``*`` for whatever stands there."""


@dataclass(frozen=True, slots=True)
class DocumentSettings:
    """What the AsyncAPI document says about the project; no consumer can override it."""

    websocket_base_url: str | None = None
    """Where the WebSockets are served, like ``wss://example.com``."""
    asyncapi_title: str = "AsyncAPI Documentation"
    asyncapi_description: str = ""
    asyncapi_version: str = "1.0.0"
    """The version of the project's interface."""
    asyncapi_server_url: str | None = None
    """The server that the document names; WEBSOCKET_BASE_URL by default."""
    asyncapi_server_protocol: str | None = None
    asyncapi_spec_version: Literal["3.0.0", "3.1.0"] = "3.1.0"
    """The version of the AsyncAPI specification."""
    asyncapi_servers: dict[str, str | ServerDict] = field(default_factory=dict)
    """The servers by name, as URLs or dicts; instead of the one server of the settings above."""
    asyncapi_security_schemes: dict[str, SecuritySchemeDict] = field(default_factory=dict)
    """Security Scheme Objects by name: for servers, and for consumers that don't say where their credentials are."""
    asyncapi_documents: dict[str, DocumentDict] = field(default_factory=dict)
    """Several documents by name, each of some of the routes; the first is shown where none is asked for."""
    asyncapi_access: Literal["public", "staff", "debug"] = "public"
    """Who may read document and page: everybody, staff, or everybody while ``DEBUG`` is on."""
    try_it_out_enabled: bool | None = None
    """Whether the page has a console that connects; by default as ``DEBUG``."""
    asyncapi_docs_ui: Literal["chanx", "react"] = "chanx"
    """The page: chanx's own, or the official viewer."""

    def __post_init__(self) -> None:
        for name, annotation in get_type_hints(type(self)).items():
            value = getattr(self, name)
            try:
                TypeAdapter(annotation).validate_python(value, strict=True)
            except ValidationError as error:
                expected = error.errors(include_url=False)[0]["msg"]
                raise ConfigurationError(f"{name.upper()} is {value!r}. {expected}.") from None


DOCUMENT_NAMES = frozenset(field.name for field in dataclasses.fields(DocumentSettings))
SETTING_NAMES = frozenset(name.upper() for name in OPTION_NAMES | DOCUMENT_NAMES)
"""Every key that ``CHANX`` may have."""


class ChanxSettings:
    """
    The values of ``CHANX``, with defaults for what it leaves out.

    It is never rebound: import it anywhere, and read it when a value is needed. It follows
    ``override_settings(CHANX=...)``.

    Raises:
        ConfigurationError: At access, when a value is of a wrong type or out of range.
    """

    MESSAGE_ACTION_KEY: str
    SEND_COMPLETION: bool
    SEND_MESSAGE_IMMEDIATELY: bool
    SEND_AUTHENTICATION_MESSAGE: bool
    CAMELIZE: bool
    LOG_WEBSOCKET_MESSAGE: bool
    LOG_IGNORED_ACTIONS: tuple[str, ...]
    AUTHENTICATION_TIMEOUT: float
    DISCONNECT_GRACE: float
    MAX_MESSAGE_BYTES: int
    MAX_MESSAGE_DEPTH: int
    MAX_ID_BYTES: int
    MAX_PENDING_FRAMES: int
    MAX_CONCURRENT_HANDLERS: int
    MAX_SUBSCRIPTIONS: int
    ERROR_BUDGET: int
    ERROR_BUDGET_WINDOW: float
    WEBSOCKET_BASE_URL: str | None
    ASYNCAPI_TITLE: str
    ASYNCAPI_DESCRIPTION: str
    ASYNCAPI_VERSION: str
    ASYNCAPI_SERVER_URL: str | None
    ASYNCAPI_SERVER_PROTOCOL: str | None
    ASYNCAPI_SPEC_VERSION: Literal["3.0.0", "3.1.0"]
    ASYNCAPI_SERVERS: dict[str, str | ServerDict]
    ASYNCAPI_SECURITY_SCHEMES: dict[str, SecuritySchemeDict]
    ASYNCAPI_DOCUMENTS: dict[str, DocumentDict]
    ASYNCAPI_ACCESS: Literal["public", "staff", "debug"]
    TRY_IT_OUT_ENABLED: bool | None
    ASYNCAPI_DOCS_UI: Literal["chanx", "react"]

    def __init__(self) -> None:
        self._config: Config | None = None
        self._document: DocumentSettings | None = None

    def __getattr__(self, name: str) -> Any:
        if name not in SETTING_NAMES:
            raise AttributeError(f"CHANX has no setting {name!r}.")
        field = name.lower()
        return getattr(self.config() if field in OPTION_NAMES else self.document(), field)

    def config(self) -> Config:
        """Return the options of consumers; the same object until the settings change."""
        if self._config is None:
            self._config = Config(**_chosen(OPTION_NAMES))
        return self._config

    def document(self) -> DocumentSettings:
        """Return the settings of the AsyncAPI document; the same object until the settings change."""
        if self._document is None:
            self._document = DocumentSettings(**_chosen(DOCUMENT_NAMES))
        return self._document

    def reload(self) -> None:
        """Forget what was read."""
        self._config = self._document = None


chanx_settings = ChanxSettings()


def project_settings() -> Mapping[str, Any]:
    """
    Return ``CHANX`` as the project wrote it.

    Raises:
        ConfigurationError: It is no dict.
    """
    chosen = getattr(settings, "CHANX", {})
    if not isinstance(chosen, Mapping):
        raise ConfigurationError(
            f"CHANX is {chosen!r}. Set it to a dict, like CHANX = {{'SEND_COMPLETION': True}}."
        )
    return chosen


def _chosen(names: frozenset[str]) -> dict[str, Any]:
    return {
        key.lower(): value
        for key, value in project_settings().items()
        if key in SETTING_NAMES and key.lower() in names
    }


def _on_setting_changed(*, setting: str, **_: object) -> None:
    if setting == "CHANX":
        chanx_settings.reload()


setting_changed.connect(_on_setting_changed, dispatch_uid="chanx")
