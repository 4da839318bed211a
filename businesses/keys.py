"""API keys: made, shown once, found again by a hash, and ended."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from businesses.models import ApiKey, Business
from businesses.statements import rows

MARK = "sdk_"  # what secret scanners look for
SHOWN = len(MARK) + 6
# A key's last use is written down at most this often: not one more write for each request.
FRESH = timedelta(minutes=1)


def secret_hash(token: str) -> bytes:
    """A key is 256 random bits, so a plain hash of it can't be guessed back."""
    return sha256(token.encode()).digest()


def create_key(
    *,
    business: Business,
    description: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    rate_limit: int | None = None,
    token: str = "",
) -> tuple[ApiKey, str]:
    """A new key and its token, which can't be had again afterwards.

    `rate_limit` is in requests a minute; None is what everybody has.
    """
    token = token or MARK + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        business=business,
        description=description,
        prefix=token[:SHOWN],
        secret_hash=secret_hash(token),
        scopes=sorted(scopes),
        expires_at=expires_at,
        rate_limit=rate_limit,
    )
    return key, token


def revoke_key(key: ApiKey) -> ApiKey:
    """The key, refused from the next request on. Revoking it again keeps the first moment."""
    ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
    key.refresh_from_db()
    return key


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """What a request with a valid key may do."""

    id: UUID
    business_id: UUID
    description: str
    scopes: frozenset[str]
    rate_limit: int | None = None  # requests a minute; None is what everybody has

    is_authenticated = True


FIND = """
SELECT id, business_id, description, scopes, expires_at, revoked_at, last_used_at, rate_limit
FROM businesses_apikey WHERE secret_hash = %s
"""


def holder_of(token: str) -> KeyHolder | None:
    """Who holds this token; None for an unknown, revoked or expired one.

    One statement, and once a minute a second one that notes the use.
    """
    found = rows(FIND, (secret_hash(token),))
    if not found:
        return None
    (key_id, business_id, description, scopes, expires_at, revoked_at, last_used_at, limit) = found[
        0
    ]
    now = timezone.now()
    if revoked_at is not None or (expires_at is not None and expires_at <= now):
        return None
    if last_used_at is None or last_used_at < now - FRESH:
        ApiKey.objects.filter(
            Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - FRESH),
            business_id=business_id,
            pk=key_id,
        ).update(last_used_at=now)
    return KeyHolder(key_id, business_id, description, frozenset(scopes), limit)
