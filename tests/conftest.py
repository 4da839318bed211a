"""What every test stands on."""

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def quick_to_set_up(settings: Settings) -> None:
    """No slow password hashes, and no look through a folder of collected static files."""
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "django.contrib.auth.hashers.Argon2PasswordHasher",
    ]
    settings.WHITENOISE_AUTOREFRESH = True
