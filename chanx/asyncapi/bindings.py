"""What a client needs for the handshake: address parameters, query, headers, close codes."""

from __future__ import annotations

from typing import Any

from chanx.asyncapi.collect import Channel
from chanx.asyncapi.dialect import REFERENCE, JsonSchema
from chanx.asyncapi.documented import DocumentedContract
from chanx.asyncapi.schemas import Schemas
from chanx.asyncapi.security import credential_fields
from chanx.routing import Parameter

ALWAYS = {
    "4401": "Not authenticated. Authenticate again.",
    "4403": "Not permitted. Don't come back.",
    "4404": "There is nothing here. Don't come back.",
    "4413": "A frame was too large. Send smaller ones.",
    "4429": "Too many bad frames. Wait before coming back.",
    "4500": "The server failed. Come back later.",
    "4503": "The server stops or is overloaded. Come back, after a random time.",
}
WITH_PARAMS = {"4400": "A parameter of the path or query is wrong."}
WITH_AUTHENTICATION = {"4408": "Authentication took too long. Come back."}


def address_parameters(channel: Channel, schemas: Schemas) -> dict[str, Any]:
    """Write the parameters of a channel's address; what the consumer's model says of them goes first."""
    declared = _declared(channel, schemas).get("properties", {})
    return {
        parameter.name: _parameter(parameter, declared.get(parameter.name), schemas)
        for parameter in channel.route.parameters
    }


def ws_binding(channel: Channel, schemas: Schemas) -> JsonSchema:
    """Write the WebSocket binding of a channel."""
    declared = _declared(channel, schemas)
    route = channel.route
    in_path = {parameter.name for parameter in route.parameters} | route.given
    properties = {
        name: field for name, field in declared.get("properties", {}).items() if name not in in_path
    }
    query: JsonSchema = {"type": "object", "properties": properties}
    if required := [name for name in declared.get("required", []) if name in properties]:
        query["required"] = required
    properties.update(
        {
            name: field
            for name, field in credential_fields(channel.credentials, "query").items()
            if name not in properties
        }
    )
    binding: JsonSchema = {"method": "GET"}
    if properties:
        binding["query"] = query
    if headers := credential_fields(channel.credentials, "header"):
        binding["headers"] = {"type": "object", "properties": headers}
    if channel.contract is not None:
        if close_codes := _close_codes(channel):
            binding["x-close-codes"] = close_codes
        if channel.contract.subprotocols:
            binding["x-subprotocols"] = list(channel.contract.subprotocols)
    return {**binding, "bindingVersion": "0.1.0"}


def _close_codes(channel: Channel) -> dict[str, str]:
    contract = channel.contract
    assert contract is not None
    if isinstance(contract, DocumentedContract):
        return {str(code): text for code, text in sorted(contract.close_codes.items())}
    codes = dict(ALWAYS)
    if contract.params is not None:
        codes.update(WITH_PARAMS)
    if contract.authenticator is not None:
        codes.update(WITH_AUTHENTICATION)
        code = contract.authenticator.close_code
        codes.setdefault(str(code), codes["4401"])
    return dict(sorted(codes.items()))


def _declared(channel: Channel, schemas: Schemas) -> JsonSchema:
    model = channel.contract.params if channel.contract else None
    return schemas.params[model] if model else {}


def _parameter(parameter: Parameter, declared: JsonSchema | None, schemas: Schemas) -> dict[str, Any]:
    """Write a Parameter Object, which knows strings only; its type stands in ``x-schema``."""
    schema = _route_schema(parameter)
    if declared is not None:
        schema = {**schema, **declared} if declared.get("type") == parameter.type else dict(declared)
    target = schemas.schemas.get(schema.get("$ref", "").removeprefix(REFERENCE), {})
    values = schema.get("enum") or target.get("enum") or list(parameter.choices)
    written: dict[str, Any] = {}
    if description := schema.pop("description", None) or target.get("description"):
        written["description"] = description
    if values:
        written["enum"] = [str(value) for value in values]
    if "default" in schema and schema["default"] is not None:
        written["default"] = str(schema["default"])
    if examples := schema.pop("examples", None):
        written["examples"] = [str(example) for example in examples]
    return {**written, "x-schema": schema}


def _route_schema(parameter: Parameter) -> JsonSchema:
    schema: JsonSchema = {"type": parameter.type}
    for key in ("format", "minimum", "pattern"):
        if (value := getattr(parameter, key)) is not None:
            schema[key] = value
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    return schema
