"""Where webhooks may be sent: to the open network alone."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
from pytest_django import Settings

from businesses import endpoints
from businesses.endpoints import EndpointInvalid, EndpointNotPublic, checked, is_public

PUBLIC = ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "2002:101:101::1"]
PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",  # the metadata of clouds
    "100.64.0.1",  # carrier-grade NAT
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
    "64:ff9b::101:101",
    "2002:7f00:1::1",  # 6to4 of 127.0.0.1
    "2001:db8::1",
]


@pytest.fixture(autouse=True)
def only_public(settings: Settings) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = False


def names(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Every name has these addresses."""

    def found(host: str, port: int, **more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_open_network_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_this_machine_or_a_private_network_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_with_such_an_address_is_refused_also_beside_a_public_one(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    names(monkeypatch, "1.1.1.1", address)
    with pytest.raises(EndpointNotPublic) as refused:
        checked("https://hooks.example/in")
    assert refused.value.code == "endpoint_not_public"
    assert "hooks.example is in a private network" in str(refused.value)


def test_a_public_name_is_taken_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, "1.1.1.1", "2606:4700:4700::1111")
    for endpoint in ("https://hooks.example/in", "https://hooks.example:8443/a?b=c", "HTTPS://a.b"):
        assert checked(endpoint) == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]:8000/",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",  # 127.0.0.1 in one number
        "https://127.1/",
        "https://0x7f.0.0.1/",
        "https://0/",
        "https://10.0.0.1/",
    ],
)
def test_however_this_machine_is_written_it_is_refused(endpoint: str) -> None:
    with pytest.raises(EndpointNotPublic):
        checked(endpoint)


BAD = [
    "",
    "hooks.example/in",
    "http://1.1.1.1/",
    "ftp://1.1.1.1/",
    "file:///etc/passwd",
    "https://",
    "https:///in",
    "https://user@1.1.1.1/",
    "https://user:password@1.1.1.1/",
    "https://1.1.1.1/#part",
    "https://1.1.1.1:0/",
    "https://1.1.1.1:65536/",
    "https://1.1.1.1:x/",
    "https://[::1/",
    "https://1.1.1.1/a b",
    "https://1.1.1.1/\r\nHost: x",
    "https://1.1.1.1\\@127.0.0.1/",
    "https://bücher.example/",
    "https://1.1.1.1/" + "x" * 2000,
    "javascript:alert(1)",
]


@pytest.mark.parametrize("endpoint", BAD)
def test_what_is_no_plain_https_address_is_refused(endpoint: str) -> None:
    with pytest.raises(EndpointInvalid) as refused:
        checked(endpoint)
    assert refused.value.code == "endpoint_invalid"
    assert "Send an address" in str(refused.value)


def test_a_name_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **more: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(EndpointInvalid) as refused:
        checked("https://hooks.example/in")
    assert "hooks.example can't be looked up" in str(refused.value)


def test_a_name_server_that_hangs_is_waited_for_only_so_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(endpoints, "PATIENCE", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: time.sleep(0.5))
    started = time.monotonic()
    with pytest.raises(EndpointInvalid):
        checked("https://hooks.example/in")
    assert time.monotonic() - started < 0.4


def test_the_setting_allows_this_machine_and_no_tls(settings: Settings) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    for endpoint in ("http://127.0.0.1:9000/in", "http://localhost/", "https://10.0.0.1/"):
        assert checked(endpoint) == endpoint
    with pytest.raises(EndpointInvalid):
        checked("ftp://127.0.0.1/")
