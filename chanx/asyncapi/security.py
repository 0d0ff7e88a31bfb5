"""Security schemes: where a client may put its token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chanx.asyncapi.collect import Channel
from chanx.asyncapi.name import distinct, safe
from chanx.core.authenticator import Credential


def security_names(channels: Iterable[Channel]) -> Mapping[Credential, str]:
    """Name the security scheme of each credential; equal credentials share one."""
    found = {credential for channel in channels for credential in channel.credentials}
    ordered = sorted(found, key=lambda each: (each.location, each.name, each.scheme, each.description))
    return distinct({credential: _names(credential) for credential in ordered})


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
