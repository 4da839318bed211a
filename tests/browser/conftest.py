"""Chromium, a server that it talks to, and a witness of everything that goes wrong in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser.clinic import Clinic, make_clinic
from tests.browser.witness import Witness, sign_in

Opener = Callable[..., BrowserContext]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser that the machine has."""
    # Playwright leaves an event loop running in this thread, in which Django would else refuse
    # to talk to the database.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "The browser tests need chromium; `make test` installs it."
    with sync_playwright() as playwright:
        # Root can't start Chromium's sandbox, and tests are run as root in containers.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        # Dates are typed as its own language writes them, whatever the machine's is.
        english: dict[str, str | float | bool] = {
            **os.environ,
            "LANGUAGE": "en_US",
            "LANG": "C.UTF-8",
        }
        browser = playwright.chromium.launch(executable_path=path, args=arguments, env=english)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture(scope="session")
def live_server() -> Iterator[LiveServer]:
    """The site, in threads of this process; its static files are found where they are written."""
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        server = LiveServer("localhost")
        yield server
        server.stop()


@pytest.fixture
def clinic(transactional_db: None) -> Clinic:
    return make_clinic()


@pytest.fixture
def witness(live_server: LiveServer) -> Iterator[Witness]:
    """After the test: no error in any console, no policy violated, nothing asked of strangers."""
    seen = Witness(live_server.url)
    yield seen
    assert seen.complaints == []


@pytest.fixture
def new_browser(
    chromium: Browser, live_server: LiveServer, witness: Witness, tmp_path: Path
) -> Iterator[Opener]:
    """Opens a browser of its own, as at another desk; signed in, if a user is given."""
    opened = []

    def opener(user: Any = None, **options: Any) -> BrowserContext:
        context = chromium.new_context(
            base_url=live_server.url,
            **{
                "viewport": {"width": 1366, "height": 768},
                "locale": "en-GB",
                "reduced_motion": "reduce",
            }
            | options,
        )
        context.set_default_timeout(60_000)
        witness.watch(context)
        if user is not None:
            sign_in(context, user, live_server.url)
        opened.append(context)
        return context

    yield opener
    witness.leaving = True
    for context in opened:
        context.close()
