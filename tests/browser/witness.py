"""What must not happen in a browser, whatever a test is about."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

# The answer that each page was made of, before any script touched it.
SENT: WeakKeyDictionary[Page, Response] = WeakKeyDictionary()

# What htmx says of a request that was given up, and the promise that it rejects with nothing.
OF_CUT_OFF = (
    "console: htmx:afterRequest",
    "console: htmx:sendError",
    "console: htmx:sendAbort",
    "script: undefined",
)


class Witness:
    """Takes down errors of scripts, violations of the content policy, and requests elsewhere."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.said: list[str] = []
        self.cut_off = False  # whether a browser gave up a request, as when a link is followed
        self.expected: tuple[str, ...] = ()
        # From then on pages are closed, and what they were just asking for is cut off: htmx tells
        # of it in the console, and rejects a promise with nothing in it.
        self.leaving = False

    def expects(self, *parts: str) -> None:
        """Console errors with one of these texts belong to the test."""
        self.expected = parts

    @property
    def complaints(self) -> list[str]:
        """What went wrong; a request that the browser gave up itself is no error of the page."""
        return [one for one in self.said if not (self.cut_off and one.startswith(OF_CUT_OFF))]

    def watch(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("console", self._console)
        context.on("page", self._page)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:", "chrome-error:")):
            self.said.append(f"asked elsewhere: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure == "net::ERR_ABORTED":
            self.cut_off = True

    def _console(self, message: ConsoleMessage) -> None:
        if self.leaving and message.text.startswith("htmx:"):
            return
        if message.type in ("error", "warning") and not any(
            part in message.text for part in self.expected
        ):
            self.said.append(f"console: {message.text}")

    def _page(self, page: Page) -> None:
        page.on("pageerror", self._script)
        page.on("response", lambda response: _keep(page, response))

    def _script(self, error: Any) -> None:
        if not (self.leaving and str(error) == "undefined"):
            self.said.append(f"script: {error}")


def _keep(page: Page, response: Response) -> None:
    if response.request.is_navigation_request():
        SENT[page] = response


def sign_in(context: BrowserContext, user: Any, origin: str) -> None:
    """As after the login page."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": origin}]
    )
