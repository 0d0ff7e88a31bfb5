"""Tags of unions: the constants that tell their members apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chanx.asyncapi.dialect import REFERENCE, JsonSchema, walk

Schemas = Mapping[str, JsonSchema]


def require_tags(schemas: Schemas) -> None:
    """
    Ask the members of tagged unions for their tag: a default doesn't help where the tag chooses the member.

    Examples get the tags that they left to a default.
    """
    for schema in schemas.values():
        for union in walk(schema):
            if isinstance(tag := union.get("discriminator"), str):
                for member in union.get("oneOf", ()):
                    _require(_target(member, schemas), tag)
    for schema in schemas.values():
        for part in walk(schema):
            if "examples" in part:
                part["examples"] = [tagged(example, part, schemas) for example in part["examples"]]


def tagged(value: Any, schema: JsonSchema, schemas: Schemas) -> Any:
    """Copy an example with the tags that its schema asks for, wherever it is clear which schema is meant."""
    schema = _target(schema, schemas)
    choices = [
        choice for key in ("anyOf", "oneOf") for choice in schema.get(key, ()) if choice != {"type": "null"}
    ]
    if len(choices) == 1:
        return tagged(value, choices[0], schemas)
    if isinstance(value, dict):
        chosen = _chosen(value, schema)
        return tagged(value, chosen, schemas) if chosen else _tagged_object(value, schema, schemas)
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, dict):
        return [tagged(each, items, schemas) for each in value]
    return value


def _tagged_object(value: dict[str, Any], schema: JsonSchema, schemas: Schemas) -> dict[str, Any]:
    properties = schema.get("properties", {})
    missing = {
        name: properties[name]["const"]
        for name in schema.get("required", ())
        if name not in value and "const" in properties.get(name, ())
    }
    return {
        **missing,
        **{name: tagged(each, properties.get(name, {}), schemas) for name, each in value.items()},
    }


def _chosen(value: dict[str, Any], union: JsonSchema) -> JsonSchema | None:
    """Return the member of a tagged union that a value names."""
    mapping = union.get("x-discriminator-mapping", {})
    reference = mapping.get(str(value.get(union.get("discriminator", ""))))
    return {"$ref": reference} if isinstance(reference, str) else None


def _target(schema: JsonSchema, schemas: Schemas) -> JsonSchema:
    return schemas.get(schema.get("$ref", "").removeprefix(REFERENCE), schema)


def _require(schema: JsonSchema, name: str) -> None:
    if name in schema.get("properties", {}) and name not in schema.get("required", ()):
        schema["required"] = [name, *schema.get("required", ())]
