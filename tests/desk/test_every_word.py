"""Nothing on a page is left in English where somebody reads another language.

The pages of a clinic that has a row of everything are opened in a made-up language that puts each
translated sentence in brackets. A word outside of them is either the clinic's own or a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from zoneinfo import available_timezones

import pytest
import time_machine
from django.apps import apps
from django.test import Client
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from businesses.holidays import countries, regions_of
from tests.appointments.api.clinic import NOW
from tests.appointments.api.test_strangers import (
    BOOKING,
    PAGES,
    House,
    address,
    asking,
    build_house,
)
from tests.appointments.house import APPS

OPEN, CLOSE = "⟦", "⟧"
SHOWN = ("title", "aria-label", "placeholder", "alt", "summary", "data-confirm")
# Countries and their regions have the names that their source gives them.
PLACES = available_timezones() | {
    *countries().values(),
    *(f"{name} ({code})" for code, name in regions_of("GB").items()),
}
WORD = re.compile(r"[^\W\d_]{2,}")
UNSEEN = ("script", "style", "head", "svg", "code", "kbd")
# What is the same in every language: names, signs of zones and currencies, keys, words of the wire,
# and the languages, which stand there in their own.
SAME = {
    *("Stilldesk", "API", "POST", "UTC", "GMT", "BST", "GBP", "USD", "EUR", "ZO"),
    *("Esc", "Enter", "Ctrl", "Alt", "Shift"),
    *("English", "US", "Deutsch", "Español"),
}


class Words(HTMLParser):
    """What a page says: its text and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self.unseen.append(tag)
        given = dict(attrs)
        self.said += [given[name] or "" for name in SHOWN if name in given]
        if tag == "input" and given.get("type") in ("submit", "button"):
            self.said.append(given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if self.unseen and self.unseen[-1] == tag:
            self.unseen.pop()

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.said.append(data)


def bracketed(words: str) -> str:
    told = f"{OPEN}{words}{CLOSE}"
    return mark_safe(told) if isinstance(words, SafeString) else told


@pytest.fixture
def brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sentence that anybody could translate stands in brackets."""
    real = vars(translation)["_trans"]

    def one(message: str) -> str:
        return bracketed(message) if message else message

    def of_context(_context: str, message: str) -> str:
        return one(message)

    def of_number(one_thing: str, more: str, number: int) -> str:
        return one(one_thing if number == 1 else more)

    def of_both(_context: str, one_thing: str, more: str, number: int) -> str:
        return of_number(one_thing, more, number)

    fakes: dict[str, Callable[..., str]] = {
        "gettext": one,
        "pgettext": of_context,
        "ngettext": of_number,
        "npgettext": of_both,
    }
    for name, fake in fakes.items():
        monkeypatch.setattr(real, name, fake, raising=False)


@pytest.fixture
def house(db: None) -> Iterator[House]:
    with time_machine.travel(NOW, tick=False):
        yield build_house()


def own_words() -> set[str]:
    """Every word that is in any row of the clinic."""
    found = set(SAME)
    for name in APPS:
        for model in apps.get_app_config(name).get_models():
            for row in model._default_manager.values():
                found |= set(WORD.findall(" ".join(map(str, row.values()))))
    return {word.casefold() for word in found}


def untranslated(page: str, known: set[str]) -> list[str]:
    """The words outside of brackets, which may stand in one another."""
    reader = Words()
    reader.feed(page)
    text = " \n ".join(reader.said)
    before = None
    while before != text:
        before, text = text, re.sub(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", " ", text)
    return [
        line.strip()
        for line in text.split("\n")
        if line.strip() not in PLACES and {word.casefold() for word in WORD.findall(line)} - known
    ]


@pytest.mark.usefixtures("brackets")
def test_no_word_of_a_page_is_left_untranslated(house: House) -> None:
    client = Client()
    client.force_login(house.owner)
    known = own_words()
    found: dict[str, str] = {}  # what, and where first
    opened = 0
    for route in PAGES:
        answer: Any = client.get(address(route, house) + asking(route))
        if answer.status_code != 200 or "text/html" not in answer["Content-Type"]:
            continue
        if route.name in BOOKING or route.name == "api-docs":
            continue
        opened += 1
        for line in untranslated(answer.content.decode(), known):
            found.setdefault(line, route.pattern)
    assert opened > 60
    assert found == {}


def test_a_word_that_nobody_can_translate_would_be_found() -> None:
    page = f'<p title="Left over">{OPEN}Said by {OPEN}somebody{CLOSE}{CLOSE}, Zoe</p><p>Bare</p>'
    assert untranslated(page, {"zoe"}) == ["Left over", "Bare"]
