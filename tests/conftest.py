"""What every test stands on."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests.conformance import PREFIXES, published


@pytest.fixture(autouse=True)
def quick_to_set_up(settings: Settings) -> None:
    """No slow password hashes, and no look through a folder of collected static files."""
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "django.contrib.auth.hashers.Argon2PasswordHasher",
    ]
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def answers_are_as_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the API answers to a test is what the published schema says."""
    ask: Callable[..., Any] = Client.request

    def checked(client: Client, **request: Any) -> Any:
        response = ask(client, **request)
        path, method = request["PATH_INFO"], request["REQUEST_METHOD"]
        if path.startswith(PREFIXES) and method not in ("HEAD", "OPTIONS"):
            kind = response.get("Content-Type", "")
            published().check(method, path, response.status_code, kind, response.content)
        return response

    monkeypatch.setattr(Client, "request", checked)
