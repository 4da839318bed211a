"""Whose wrong passwords are counted together."""

import pytest
from axes.helpers import get_client_ip_address
from django.test import RequestFactory
from pytest_django import Settings

PEER = "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "visitor"),
    [
        (0, "", PEER),
        (0, "198.51.100.7", PEER),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (1, "2001:DB8::7", "2001:db8::7"),
        (1, "", PEER),
        (2, "198.51.100.7", PEER),
        (1, "198.51.100.7, unknown", PEER),
        (1, "198.51.100.7, ", PEER),
    ],
)
def test_a_visitor_is_who_the_outermost_of_our_proxies_saw(
    settings: Settings, proxies: int, forwarded: str, visitor: str
) -> None:
    settings.PROXY_COUNT = proxies
    request = RequestFactory().get("/login", REMOTE_ADDR=PEER)
    if forwarded:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    assert get_client_ip_address(request) == visitor
