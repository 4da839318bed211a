"""Typed readers of environment variables; each refuses nonsense in one sentence."""

import os
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


class Environment:
    """Reads named settings; raises ImproperlyConfigured with what to write instead."""

    def __init__(self, variables: Mapping[str, str] = os.environ) -> None:
        self._variables = variables

    def text(self, name: str, default: str = "") -> str:
        """The variable without surrounding blanks; `default` when unset or blank."""
        return self._variables.get(name, "").strip() or default

    def boolean(self, name: str, *, default: bool) -> bool:
        raw = self._variables.get(name)
        if raw is None:
            return default
        if raw.strip().lower() in TRUE:
            return True
        if raw.strip().lower() in FALSE:
            return False
        raise ImproperlyConfigured(f"{name} is {raw!r}; write true or false.")

    def integer(self, name: str, *, default: int, least: int, most: int) -> int:
        raw = self.text(name, str(default))
        try:
            value = int(raw)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            raise ImproperlyConfigured(
                f"{name} is {raw!r}; write a whole number from {least} to {most}."
            )
        return value

    def choice(self, name: str, *, default: str, choices: Sequence[str]) -> str:
        raw = self.text(name, default)
        if raw not in choices:
            raise ImproperlyConfigured(f"{name} is {raw!r}; write one of {', '.join(choices)}.")
        return raw

    def words(self, name: str) -> list[str]:
        """The comma-separated words of the variable."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()]

    def web_address(self, name: str, default: str) -> str:
        """An http or https address without a trailing slash, path, query or user."""
        raw = self.text(name, default).rstrip("/")
        parts = urlsplit(raw)
        plain = not (parts.path or parts.query or parts.fragment or parts.username)
        if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
            raise ImproperlyConfigured(
                f"{name} is {raw!r}; write an address such as https://clinic.example."
            )
        return raw
