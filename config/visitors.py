"""Where a request comes from, when there is a proxy in between."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The visitor's address: as the outermost of PROXY_COUNT proxies saw it, else the peer's.

    Each proxy appends to `X-Forwarded-For` whom it talks to; what stands further left is the
    visitor's own say and doesn't count.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    seen = request.headers.get("X-Forwarded-For", "").split(",")
    if not 0 < settings.PROXY_COUNT <= len(seen):
        return peer
    try:
        return str(ip_address(seen[-settings.PROXY_COUNT].strip()))
    except ValueError:
        return peer
