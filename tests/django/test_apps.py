"""The app in INSTALLED_APPS."""

from __future__ import annotations

import pytest
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from chanx_django.apps import ChanxConfig


@pytest.mark.parametrize("entry", ["chanx_django", "chanx.channels", "chanx_django.apps.ChanxConfig"])
def test_each_name_gives_the_same_app(entry: str) -> None:
    config = AppConfig.create(entry)
    assert type(config) is ChanxConfig
    assert (config.name, config.label) == ("chanx_django", "chanx")


def test_the_installed_app_is_it() -> None:
    assert type(apps.get_app_config("chanx")) is ChanxConfig


def test_both_names_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "INSTALLED_APPS", ["chanx.channels", "chanx_django"])
    with pytest.raises(
        ImproperlyConfigured, match=r"'chanx\.channels' and 'chanx_django', which are one app"
    ):
        AppConfig.create("chanx.channels")
