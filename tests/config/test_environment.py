"""What the environment may say, and how nonsense is refused."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment

ROOT = Path(settings.BASE_DIR)
SECRET = "a-long-random-text-that-nobody-can-guess"
PRODUCTION = {
    "SECRET_KEY": SECRET,
    "ALLOWED_HOSTS": "clinic.example",
    "DATABASE_URL": "postgresql://stilldesk:pass@db.example:5433/clinic?sslmode=require",
    "PUBLIC_URL": "https://clinic.example",
}


def environment(value: str) -> Environment:
    return Environment({"IT": value})


def settings_of(**variables: str) -> dict[str, Any]:
    """The settings, read anew from nothing but these variables."""
    with mock.patch.dict(os.environ, variables, clear=True):
        return runpy.run_path(str(ROOT / "config" / "settings.py"))


def refusal(**variables: str) -> str:
    """The sentence with which settings are refused."""
    with pytest.raises(ImproperlyConfigured) as caught:
        settings_of(**variables)
    return str(caught.value)


@pytest.mark.parametrize("word", ["1", "true", "TRUE", "yes", "on", " On "])
def test_a_switch_is_on_in_any_of_these_words(word: str) -> None:
    assert environment(word).boolean("IT", default=False) is True


@pytest.mark.parametrize("word", ["0", "false", "False", "no", "off", "", " "])
def test_a_switch_is_off_in_any_of_these_words(word: str) -> None:
    assert environment(word).boolean("IT", default=True) is False


@pytest.mark.parametrize("word", ["2", "ture", "y", "enabled", "None"])
def test_a_switch_that_is_neither_on_nor_off_is_refused(word: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        environment(word).boolean("IT", default=False)
    assert str(caught.value) == f"IT is {word!r}; write true or false."


@pytest.mark.parametrize(("raw", "value"), [("1", 1), (" 65535 ", 65535), ("", 8000)])
def test_a_number_within_its_bounds_is_read(raw: str, value: int) -> None:
    assert environment(raw).integer("IT", default=8000, least=1, most=65535) == value


@pytest.mark.parametrize("raw", ["0", "65536", "-1", "80.5", "1e3", "eight", "0x50", "nan"])
def test_a_number_out_of_bounds_or_no_number_is_refused(raw: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        environment(raw).integer("IT", default=8000, least=1, most=65535)
    assert str(caught.value) == f"IT is {raw!r}; write a whole number from 1 to 65535."


def test_words_are_separated_by_commas_and_blanks_do_not_count() -> None:
    assert environment(" a.example, b.example ,,").words("IT") == ["a.example", "b.example"]
    assert environment("").words("IT") == []


@pytest.mark.parametrize("raw", ["http://127.0.0.1:8000", "https://clinic.example"])
def test_a_web_address_is_read_without_its_last_slash(raw: str) -> None:
    assert environment(f"{raw}/").web_address("IT", "") == raw


@pytest.mark.parametrize(
    "raw",
    [
        "clinic.example",
        "ftp://clinic.example",
        "https://",
        "https://clinic.example/desk",
        "https://clinic.example?a=1",
        "https://clinic.example#top",
        "https://me:secret@clinic.example",
        "javascript:alert(1)",
    ],
)
def test_a_web_address_with_more_or_less_than_a_host_is_refused(raw: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        environment(raw).web_address("IT", "")
    assert str(caught.value) == (
        f"IT is {raw.rstrip('/')!r}; write an address such as https://clinic.example."
    )


def test_with_debug_off_nothing_secret_has_a_default() -> None:
    assert refusal().startswith(
        "With DEBUG off, set SECRET_KEY and ALLOWED_HOSTS and DATABASE_URL."
    )


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"])
def test_with_debug_off_each_one_that_is_missing_is_named(name: str) -> None:
    rest = {key: value for key, value in PRODUCTION.items() if key != name}
    assert refusal(**rest).startswith(f"With DEBUG off, set {name}.")
    assert refusal(**rest, **{name: "  "}).startswith(f"With DEBUG off, set {name}.")


def test_a_short_secret_is_refused() -> None:
    assert refusal(**PRODUCTION | {"SECRET_KEY": "short"}) == (
        "SECRET_KEY is too short; write 32 random characters or more."
    )


@pytest.mark.parametrize("url", ["postgresql://[", "db.example/clinic", "clinic"])
def test_a_database_address_that_cannot_be_read_is_refused(url: str) -> None:
    assert refusal(**PRODUCTION | {"DATABASE_URL": url}).startswith("DATABASE_URL can't be read;")


def test_a_database_address_without_a_name_is_refused() -> None:
    assert refusal(**PRODUCTION | {"DATABASE_URL": "postgresql://db.example"}) == (
        "DATABASE_URL names no database; end it with /name."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("DEBUG", "maybe"), ("PORT", "80000"), ("DATABASE_POOL", "0"), ("PUBLIC_URL", "clinic")],
)
def test_nonsense_in_any_setting_stops_the_start(name: str, value: str) -> None:
    assert refusal(**PRODUCTION | {name: value}).startswith(f"{name} is {value!r}; write ")


def test_a_database_address_is_taken_apart() -> None:
    entry = settings_of(**PRODUCTION)["DATABASES"]["default"]
    named = {name: entry[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert named == {
        "NAME": "clinic",
        "USER": "stilldesk",
        "PASSWORD": "pass",
        "HOST": "db.example",
        "PORT": "5433",
    }
    assert entry["OPTIONS"]["sslmode"] == "require"
    assert "EMBEDDED" not in entry


def test_behind_https_cookies_are_secure_and_browsers_stay_there() -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    secure = settings_of(**PRODUCTION)
    plain = settings_of(**PRODUCTION | {"PUBLIC_URL": "http://clinic.example"})
    assert [secure[name] for name in names] == [True, True, True]
    assert [plain[name] for name in names] == [False, False, False]
    assert (secure["SECURE_HSTS_SECONDS"], plain["SECURE_HSTS_SECONDS"]) == (31536000, 0)


def test_the_proxys_word_counts_only_when_there_is_a_proxy() -> None:
    header = "SECURE_PROXY_SSL_HEADER"
    assert settings_of(BEHIND_PROXY="true", **PRODUCTION)[header] == (
        "HTTP_X_FORWARDED_PROTO",
        "https",
    )
    assert header not in settings_of(**PRODUCTION)


def test_the_development_key_is_made_once_and_is_readable_by_its_owner_alone(
    tmp_path: Path,
) -> None:
    variables = {"DEBUG": "true", "DATA_DIR": str(tmp_path)}
    first = settings_of(**variables)["SECRET_KEY"]
    assert settings_of(**variables)["SECRET_KEY"] == first
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secret_key").read_text() == first


def test_a_choice_is_one_of_those_that_there_are() -> None:
    choices = ["en", "de"]
    assert environment("de").choice("IT", default="en", choices=choices) == "de"
    assert environment(" ").choice("IT", default="en", choices=choices) == "en"
    with pytest.raises(ImproperlyConfigured) as refused:
        environment("tlh").choice("IT", default="en", choices=choices)
    assert str(refused.value) == "IT is 'tlh'; write one of en, de."


@pytest.mark.parametrize("command", ["check", "serve", "run_worker", "migrate"])
def test_a_refused_setting_is_one_line_on_the_terminal(command: str) -> None:
    run = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DEBUG": "perhaps"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "DEBUG is 'perhaps'; write true or false.\n"


def test_every_setting_of_the_environment_is_explained_in_the_example() -> None:
    reader = re.compile(r'env\.(?:text|boolean|choice|integer|words|web_address)\(\s*"([A-Z_]+)"')
    read = {
        name
        for path in ("config/settings.py", "config/gunicorn.py")
        for name in reader.findall((ROOT / path).read_text())
    }
    explained = re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(explained) == sorted(read)
