"""
The settings of the sandbox.

It runs on SQLite and the in-memory channel layer; ``DATABASE_URL`` and ``REDIS_URL`` switch to services that
several processes can share. ``SECRET_KEY``, ``DEBUG``, ``ALLOWED_HOSTS`` and ``SANDBOX_DATA_DIR`` are read from the
environment, too.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dj_database_url

from sandbox.secret import kept_secret

BASE_DIR = Path(__file__).parent
DATA_DIR = Path(os.environ.get("SANDBOX_DATA_DIR", BASE_DIR / "var"))
"""Where the SQLite file and the generated key are; git ignores it."""
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = os.environ.get("DEBUG", "1") not in {"0", "false", ""}
SECRET_KEY = os.environ.get("SECRET_KEY") or kept_secret(DATA_DIR / "secret_key")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

DEMO_ACCOUNTS = {"alice": "runs the place, and may use the admin", "bob": "a guest", "carol": "a member"}
DEMO_PASSWORD = "let-me-in"  # noqa: S105 - it is shown on the sign-in page

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "channels",
    "chanx.channels",
    "sandbox.chat",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "sandbox.security.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "sandbox.urls"
ASGI_APPLICATION = "sandbox.asgi.application"
STATIC_URL = "/static/"
LOGIN_REDIRECT_URL = "rooms"
LOGOUT_REDIRECT_URL = "login"
X_FRAME_OPTIONS = "DENY"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES: dict[str, Any] = {
    "default": dj_database_url.config(default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Writers wait for each other rather than fail.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    }

CHANNEL_LAYERS: dict[str, Any] = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
if "REDIS_URL" in os.environ:
    CHANNEL_LAYERS["default"] = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [os.environ["REDIS_URL"]],
            # Rooms are numbered by the database: what shares one shares the groups.
            "prefix": f"sandbox.{DATABASES['default']['NAME']}",
        },
    }

CHANX = {
    "ASYNCAPI_TITLE": "The chanx sandbox",
    "ASYNCAPI_DESCRIPTION": "Chat rooms with history, presence, announcements and streams.",
    "LOG_IGNORED_ACTIONS": ["ping", "pong", "typing", "word"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {"chanx": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")}},
}
