"""The pictures in the documents are those that `make screenshots` takes."""

from __future__ import annotations

import re

from django.conf import settings

from tests.browser.screenshots import FOLDER, MOST, PICTURES


def test_every_picture_is_there_and_shown_with_its_words() -> None:
    taken = {one.stem: one.stat().st_size for one in FOLDER.glob("*.png")}
    assert set(taken) == set(PICTURES)
    assert sum(taken.values()) < MOST
    gallery = (FOLDER / "README.md").read_text()
    assert re.findall(r"!\[(.+)\]\((.+)\.png\)", gallery) == [
        (words, name) for name, words in PICTURES.items()
    ]


def test_the_readme_opens_with_the_day() -> None:
    opening = (settings.BASE_DIR / "README.md").read_text().split("## ")[0]
    assert f"![{PICTURES['day']}](docs/screenshots/day.png)" in opening
    assert "make serve" in opening
    assert "make test" in opening
