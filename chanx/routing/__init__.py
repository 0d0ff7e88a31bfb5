"""Routes: where a consumer is reached, found by walking any tree of routers."""

from __future__ import annotations

from chanx.routing.discovery import Branch as Branch
from chanx.routing.discovery import Routers as Routers
from chanx.routing.discovery import discover as discover
from chanx.routing.patterns import templates_of as templates_of
from chanx.routing.route import Parameter as Parameter
from chanx.routing.route import Route as Route
from chanx.routing.route import Template as Template
