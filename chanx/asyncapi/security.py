"""Security schemes: where a client may put its token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chanx.asyncapi.collect import Channel
from chanx.asyncapi.documented import DocumentedContract
from chanx.asyncapi.name import distinct, safe
from chanx.core.authenticator import Credential


class Security:
    """The security schemes of a document: those that the project gives, and those of its authenticators."""

    def __init__(self, channels: Iterable[Channel], given: Mapping[str, Mapping[str, Any]]) -> None:
        """
        Name the scheme of each credential; equal credentials share one.

        A credential that a given scheme describes takes its name.
        """
        self._given = given
        places = {place: name for name, scheme in given.items() if (place := _place(scheme))}
        found = {credential for channel in channels for credential in channel.credentials}
        ordered = sorted(found, key=lambda each: (each.location, each.name, each.scheme, each.description))
        known = {each: places[place] for each in ordered if (place := _place(scheme_of(each))) in places}
        derived = distinct({each: self._free(_names(each)) for each in ordered if each not in known})
        self._names = {credential: (known.get(credential) or derived[credential]) for credential in ordered}

    @property
    def all(self) -> tuple[str, ...]:
        """The names of all schemes; what is given comes first."""
        return tuple(dict.fromkeys((*self._given, *self._names.values())))

    @property
    def schemes(self) -> dict[str, dict[str, Any]]:
        """All schemes by name, as Security Scheme Objects."""
        derived = {name: scheme_of(credential) for credential, name in self._names.items()}
        return {**derived, **{name: dict(scheme) for name, scheme in self._given.items()}}

    def names_for(self, channel: Channel) -> tuple[str, ...]:
        """Name the schemes of a channel: those given stand for consumers that ask for credentials, but don't say which."""
        if credentials := channel.credentials:
            return tuple(dict.fromkeys(self._names[credential] for credential in credentials))
        contract = channel.contract
        asks = contract is not None and (contract.authenticator or isinstance(contract, DocumentedContract))
        return tuple(self._given) if asks else ()

    def _free(self, names: Sequence[str]) -> list[str]:
        return [f"{name}_derived" if name in self._given else name for name in names]


def _place(scheme: Mapping[str, Any]) -> tuple[str, ...]:
    """Say where a scheme puts the token; nothing where that isn't a place in the handshake."""
    if scheme["type"] == "httpApiKey":
        return "httpApiKey", str(scheme.get("in")), str(scheme.get("name")).lower()
    return ("http", str(scheme.get("scheme")).lower()) if scheme["type"] == "http" else ()


def scheme_of(credential: Credential) -> dict[str, Any]:
    """Write a credential as a Security Scheme Object."""
    described = {"description": credential.description} if credential.description else {}
    if _is_authorization(credential) and credential.scheme.lower() in ("basic", "bearer"):
        return {"type": "http", "scheme": credential.scheme.lower(), **described}
    if credential.location == "subprotocol":
        how = f"The subprotocol {credential.name!r}, followed by one that is the token."
        text = f"{credential.description} {how}".strip()
        return {"type": "httpApiKey", "in": "header", "name": "Sec-WebSocket-Protocol", "description": text}
    if _is_authorization(credential):
        described = {"description": f"{credential.description} {credential.scheme} and the token.".strip()}
    return {"type": "httpApiKey", "in": credential.location, "name": credential.name, **described}


def credential_fields(credentials: Sequence[Credential], location: str) -> dict[str, Any]:
    """Describe the query parameters, or the headers, that hold credentials."""
    fields: dict[str, Any] = {}
    for credential in credentials:
        described = {"description": credential.description} if credential.description else {}
        if location == credential.location:
            fields[credential.name] = {"type": "string", **described}
        elif location == "header" and credential.location == "subprotocol":
            fields["Sec-WebSocket-Protocol"] = {"type": "string", **described}
    return fields


def _is_authorization(credential: Credential) -> bool:
    return credential.location == "header" and credential.name.lower() == "authorization"


def _names(credential: Credential) -> list[str]:
    if _is_authorization(credential):
        short = safe(credential.scheme.lower())
    else:
        short = f"{credential.location}_{safe(credential.name)}"
    return [short, f"{short}_{safe(credential.scheme)}"]
