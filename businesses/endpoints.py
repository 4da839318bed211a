"""Addresses that webhooks may be sent to: public ones, over HTTPS."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from ipaddress import IPv6Address, ip_address, ip_network
from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext

LONGEST = 2000
PATIENCE = 5  # seconds for a name to be looked up


class EndpointRefused(Exception):
    """An address that nothing is sent to; the sentence says what to send instead."""

    code: ClassVar[str]


class EndpointInvalid(EndpointRefused):
    code = "endpoint_invalid"


class EndpointNotPublic(EndpointRefused):
    code = "endpoint_not_public"


# Names are looked up by threads of their own: one whose server hangs keeps nobody else waiting.
_lookups = ThreadPoolExecutor(max_workers=16, thread_name_prefix="lookup")


# Global by the registry, and yet of the network that the worker stands in, or of nobody's.
NOT_FOR_US = [
    ip_network(one)
    for one in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "3fff::/20", "64:ff9b::/96")
]


def is_public(address: str) -> bool:
    """Whether a numeric address is one of the open network.

    Not those of this machine, of a private, shared or link-local network, or of a group, and no
    IPv6 address that stands for an IPv4 one, save by 6to4 for a public one.
    """
    found = ip_address(address.partition("%")[0])
    if any(found in one for one in NOT_FOR_US if one.version == found.version):
        return False
    if not found.is_global or found.is_multicast or found.is_reserved or found.is_unspecified:
        return False
    if isinstance(found, IPv6Address):
        inner = found.sixtofour
        return not found.is_site_local and (inner is None or is_public(str(inner)))
    return True


def checked(endpoint: str) -> str:
    """The address, if it is one to send webhooks to; else EndpointRefused.

    Its name is looked up, which takes at most five seconds. Whether it is still public is asked
    again whenever something is sent.
    """
    host, port = _parts(endpoint)
    if settings.WEBHOOK_PRIVATE_ADDRESSES:
        return endpoint
    if not endpoint.lower().startswith("https://"):
        raise EndpointInvalid(gettext("Send an address that begins with https://."))
    try:
        looked_up = _lookups.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        addresses = {str(one[4][0]) for one in looked_up.result(PATIENCE)}
    except (OSError, UnicodeError, TooSlow) as error:
        raise EndpointInvalid(
            gettext("The name %(host)s can't be looked up; send an address whose name is known.")
            % {"host": host}
        ) from error
    if not all(map(is_public, addresses)):
        raise EndpointNotPublic(
            gettext(
                "%(host)s is in a private network; send an address that is reached from anywhere."
            )
            % {"host": host}
        )
    return endpoint


def _parts(endpoint: str) -> tuple[str, int]:
    """The host and port of a well-formed address."""
    example = gettext("Send an address such as https://example.com/hooks.")
    plain = endpoint.isascii() and endpoint.isprintable() and not set(endpoint) & set(' "<>\\^`{|}')
    if not plain or len(endpoint) > LONGEST:
        most = gettext("It has at most %(most)d plain characters and no blank.")
        raise EndpointInvalid(f"{example} {most % {'most': LONGEST}}")
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise EndpointInvalid(example) from error
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise EndpointInvalid(example)
    if "@" in parts.netloc or parts.fragment:
        bare = gettext("It has no user, no password and no fragment.")
        raise EndpointInvalid(f"{example} {bare}")
    return host, port or (443 if parts.scheme == "https" else 80)
