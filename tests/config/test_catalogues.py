"""Every sentence of the product is in every language, with the same places for what is put in."""

import re
import subprocess
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
LOCALE = ROOT / "config/locale"
LANGUAGES = ["de", "es"]
TAGS = re.compile(r"<[^>]+>")


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def catalogue(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES/django.po"


def read(compiled: Path) -> dict[Any, str]:
    """The sentences of a compiled catalogue, by what stands in the code."""
    with compiled.open("rb") as file:
        kept: dict[Any, str] = vars(GNUTranslations(file))["_catalog"]
    return {key: words for key, words in kept.items() if key}


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that the code and the templates have to say, as they are now."""
    folder = tmp_path_factory.mktemp("locale")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setattr(settings, "LOCALE_PATHS", [folder])
        call_command(
            "makemessages", locale=["de"], ignore_patterns=["config/locale"], keep_pot=True
        )
    return folder / "django.pot"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language: str, collected: Path) -> None:
    """`make messages` lists what is new; fill in what it left empty and run it again."""
    # Complains of what is missing, empty or guessed, and of what nobody says any more.
    assert run("msgcmp", catalogue(language), collected) == ""
    assert "msgid" not in run("msgattrib", "--only-obsolete", catalogue(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_places_for_the_same_things(language: str, tmp_path: Path) -> None:
    told = run("msgfmt", "--check-format", "-o", tmp_path / "django.mo", catalogue(language))
    assert told == ""
    differing = {
        key: words
        for key, words in read(tmp_path / "django.mo").items()
        if TAGS.findall(words) != TAGS.findall(key[0] if isinstance(key, tuple) else key)
    }
    assert differing == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_shown_is_what_was_translated(language: str, tmp_path: Path) -> None:
    """The compiled catalogue is that of the written one: `make messages` was not forgotten."""
    run("msgfmt", "-o", tmp_path / "django.mo", catalogue(language))
    assert read(catalogue(language).with_suffix(".mo")) == read(tmp_path / "django.mo")
