"""The import paths that the documentation promises."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from django.apps.registry import Apps

ROOT = Path(__file__).parent.parent

PROMISED = {
    "chanx.core.authenticator": ["BaseAuthenticator"],
    "chanx.core.decorators": ["channel", "event_handler", "ws_handler"],
    "chanx.core.testing": [
        "Application",
        "Broadcast",
        "Broadcasts",
        "Communicator",
        "ConnectionClosedError",
        "ConsumerClass",
        "ErrorAnswer",
        "Headers",
        "MemoryLayer",
        "Sent",
        "UndeclaredMessageError",
        "capture_broadcasts",
        "disconnect_all",
    ],
    "chanx.messages.base": ["BaseMessage"],
    "chanx.messages.incoming": ["PingMessage"],
    "chanx.messages.outgoing": [
        "AuthenticationMessage",
        "CompleteMessage",
        "ErrorMessage",
        "EventCompleteMessage",
        "GroupCompleteMessage",
        "PongMessage",
    ],
    "chanx.channels.authenticator": ["ChanxAuthView", "DjangoAuthenticator"],
    "chanx.channels.documents": ["AsyncAPIGenerator", "document_action", "document_event"],
    "chanx.channels.routing": ["include", "path", "re_path"],
    "chanx.channels.settings": ["chanx_settings"],
    "chanx.channels.testing": ["DjangoWebsocketCommunicator", "WebsocketCommunicator", "WebsocketTestCase"],
    "chanx.channels.urls": ["app_name", "urlpatterns"],
    "chanx.channels.utils.asgi": ["get_websocket_application"],
    "chanx.channels.views": ["AsyncAPIDocsView", "AsyncAPISchemaView", "generate_asyncapi_schema"],
    "chanx.channels.websocket": ["AsyncJsonWebsocketConsumer"],
}
PATHS = [(module, name) for module, names in PROMISED.items() for name in names]


@pytest.mark.parametrize(("module", "name"), PATHS, ids=[".".join(path) for path in PATHS])
def test_a_promised_name_can_be_imported(module: str, name: str) -> None:
    assert getattr(import_module(module), name) is not None


@pytest.mark.parametrize("module", [module for module in PROMISED if module.startswith("chanx.channels")])
def test_a_documented_path_is_the_same_object_as_in_chanx_django(module: str) -> None:
    shim, source = import_module(module), import_module(module.replace("chanx.channels", "chanx_django"))
    assert all(getattr(shim, name) is getattr(source, name) for name in PROMISED[module])


@pytest.mark.parametrize("entry", ["chanx.channels", "chanx_django"])
def test_both_names_in_installed_apps_are_one_app(entry: str) -> None:
    (config,) = Apps([entry]).get_app_configs()
    assert config.name == "chanx_django"


def test_importing_the_core_imports_no_framework() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "chanx").rglob("*.py")
        if "channels" not in path.parts and path.name != "__main__.py"
    ]
    program = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        "print(sorted({'django', 'channels', 'rest_framework', 'asgiref', 'chanx_django'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_only_the_authenticator_needs_an_extra_beside_django() -> None:
    modules = [module for module in PROMISED if module != "chanx.channels.authenticator"]
    program = (
        "import importlib, sys\n"
        "blocked = ['daphne', 'rest_framework', 'humps', 'redis', 'channels_redis', 'structlog', 'websockets']\n"
        "sys.modules.update(dict.fromkeys(blocked))\n"
        "from django.conf import settings\n"
        "settings.configure(INSTALLED_APPS=['channels', 'chanx.channels'])\n"
        "import django\ndjango.setup()\n"
        f"for name in {modules!r}: importlib.import_module(name)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=ROOT, check=True)
