"""AsyncAPI documents of routes: collect what there is, name it, render it."""

from __future__ import annotations

from chanx.asyncapi.generate import SPEC_VERSIONS as SPEC_VERSIONS
from chanx.asyncapi.generate import generate as generate
from chanx.asyncapi.server import Server as Server
from chanx.asyncapi.text import to_json as to_json
from chanx.asyncapi.text import to_yaml as to_yaml
