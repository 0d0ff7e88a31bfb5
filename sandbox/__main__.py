"""Prepare the database and serve the sandbox."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
from contextlib import suppress
from typing import Any


def main() -> None:
    """Run ``python -m sandbox``."""
    options = arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sandbox.settings")
    if options.host not in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        os.environ.setdefault("ALLOWED_HOSTS", f"localhost,127.0.0.1,[::1],{options.host}")

    from sandbox.asgi import application

    prepare()
    with listen(options.host, options.port) as listener:
        welcome(options.host, listener.getsockname()[1])
        {"uvicorn": serve_by_uvicorn, "daphne": serve_by_daphne}[options.server](application, listener)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Serve the chanx sandbox.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", default=8000, type=int, help="the port (8000); 0 takes a free one")
    parser.add_argument("--server", default="uvicorn", choices=["uvicorn", "daphne"])
    return parser.parse_args()


def prepare() -> None:
    """Bring the database up to date, and fill it with what the demonstration needs."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("demo", verbosity=0)


def listen(host: str, port: int) -> socket.socket:
    """Take the address before anything is promised."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        sys.exit(
            f"Can't listen on {host}, port {port}: {error.strerror}. Choose others with --host and --port."
        )


def welcome(host: str, port: int) -> None:
    """Say where to go, and who one can be there."""
    from django.conf import settings

    address = f"[{host}]" if ":" in host else host
    lines = [
        f"The sandbox is at http://{address}:{port}/",
        f"Sign in as {', '.join(settings.DEMO_ACCOUNTS)}; the password is {settings.DEMO_PASSWORD}",
        "Stop it with Ctrl+C",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def serve_by_uvicorn(application: Any, listener: socket.socket) -> None:
    """Serve until a signal comes."""
    import uvicorn

    config = uvicorn.Config(application, lifespan="off", log_level="warning", timeout_graceful_shutdown=5)
    with suppress(KeyboardInterrupt):
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def serve_by_daphne(application: Any, listener: socket.socket) -> None:
    """Serve until a signal comes."""
    from daphne.endpoints import build_endpoint_description_strings
    from daphne.server import Server

    endpoints = build_endpoint_description_strings(file_descriptor=listener.fileno())
    Server(application, endpoints=endpoints, application_close_timeout=5).run()


if __name__ == "__main__":
    main()
