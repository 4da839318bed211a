"""Which deliveries of webhooks are due, and what becomes of them: the outbox as a queue.

Several workers may do this at once. Nothing is sent before what came earlier for the same
appointment has arrived or was given up; what a worker that died had begun is sent again by
another when the lease is over.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import transaction
from django.utils import timezone

from businesses.actor import Actor
from businesses.identifiers import new_id
from businesses.models import DeliveryStatus
from businesses.statements import rows, run, sign

COURIER: Final = Actor(name="Webhook delivery", source="system")
LEASE: Final = timedelta(seconds=60)  # six times as long as an attempt may take
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(hours=6)
GIVES_UP_AFTER: Final = timedelta(hours=24)
LONGEST_REST: Final = timedelta(seconds=60)
AT_ONCE: Final = 8  # deliveries on their way to one address
OK, GONE = range(200, 300), 410


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery that this worker has taken on itself until `lease`."""

    business_id: UUID
    id: UUID
    webhook_id: UUID
    body: str
    attempts: int
    begun_at: datetime | None
    endpoint: str
    secret: str
    previous_secret: str  # empty once it has run out
    lease: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt."""

    at: datetime
    milliseconds: int
    status_code: int | None = None
    error: str = ""
    answer: str = ""
    retry_after: timedelta | None = None

    @property
    def arrived(self) -> bool:
        return self.status_code in OK and not self.error


# An address is looked after by one claim at a time, so that the bound on what is on its way holds.
# FOR NO KEY UPDATE lets bookings write deliveries meanwhile.
ADDRESSES = """
SELECT w.id FROM businesses_outgoingwebhook w
WHERE w.enabled AND (w.rests_until IS NULL OR w.rests_until <= %(now)s)
    AND EXISTS (SELECT FROM businesses_webhookdelivery d
        WHERE d.business_id = w.business_id AND d.webhook_id = w.id
            AND d.status = 'pending' AND d.due_at <= %(now)s)
FOR NO KEY UPDATE OF w SKIP LOCKED
"""
# `due_at` moves to the end of the lease, so that it falls due again if the worker dies. Every
# address gets its first before another gets its second.
TAKE = """
WITH address AS MATERIALIZED (
    SELECT w.business_id, w.id, CASE WHEN w.failing_since IS NULL THEN %(each)s ELSE 1 END - (
        SELECT count(*) FROM businesses_webhookdelivery f
        WHERE f.business_id = w.business_id AND f.webhook_id = w.id
            AND f.leased_until IS NOT NULL AND f.leased_until > %(now)s) AS room
    FROM businesses_outgoingwebhook w WHERE w.id = ANY(%(addresses)s)
), due AS (
    SELECT d.business_id, d.id, d.nth FROM address w CROSS JOIN LATERAL (
        SELECT d.business_id, d.id, row_number() OVER (ORDER BY d.due_at, d.number) AS nth
        FROM businesses_webhookdelivery d
        WHERE d.business_id = w.business_id AND d.webhook_id = w.id
            AND d.status = 'pending' AND d.due_at <= %(now)s
            AND NOT EXISTS (SELECT FROM businesses_webhookdelivery earlier
                WHERE earlier.business_id = d.business_id AND earlier.webhook_id = d.webhook_id
                    AND earlier.subject = d.subject AND earlier.status = 'pending'
                    AND earlier.number < d.number OFFSET 0)
        ORDER BY d.due_at, d.number LIMIT greatest(w.room, 0)
    ) d
    ORDER BY d.nth LIMIT %(most)s
)
UPDATE businesses_webhookdelivery d
SET leased_until = %(lease)s, due_at = %(lease)s, updated_at = %(now)s
FROM due, businesses_outgoingwebhook w
WHERE d.business_id = due.business_id AND d.id = due.id
    AND w.business_id = d.business_id AND w.id = d.webhook_id
RETURNING d.business_id, d.id, d.webhook_id, d.body, d.attempts, d.begun_at, w.endpoint, w.secret,
    CASE WHEN w.previous_until > %(now)s THEN w.previous_secret ELSE '' END, d.leased_until
"""


def take(*, most: int, each: int = AT_ONCE) -> list[Parcel]:
    """Deliveries that are due, at most so many, and `each` for one address; they are ours now.

    An address that fails gets one at a time, and rests in between. Two statements, and none of
    them waits for anybody.
    """
    now = timezone.now()
    lease = now + LEASE
    with transaction.atomic(durable=True):
        addresses = [one for (one,) in rows(ADDRESSES, {"now": now})]
        if not addresses:
            return []
        values = {"now": now, "lease": lease, "each": each, "most": most, "addresses": addresses}
        return [Parcel(*row) for row in rows(TAKE, values)]


def wait(attempts: int) -> timedelta:
    """How long to wait after so many failures: five seconds, and three times as long each time.

    Somewhere in the upper half of that, so that what failed together isn't tried together, and
    each wait is longer than the one before.
    """
    longest = min(FIRST_WAIT * 3.0 ** min(attempts, 20), LONGEST_WAIT)
    return longest * random.uniform(0.5, 1)  # noqa: S311  (no secret)


def verdict(parcel: Parcel, outcome: Outcome, now: datetime) -> tuple[DeliveryStatus, datetime]:
    """What the delivery is after this attempt, and when it is due again if it is."""
    if outcome.arrived:
        return DeliveryStatus.DELIVERED, now
    ends = (parcel.begun_at or outcome.at) + GIVES_UP_AFTER
    if now >= ends or outcome.status_code == GONE:
        return DeliveryStatus.DEAD, now
    asked = min(outcome.retry_after or timedelta(), LONGEST_WAIT)
    return DeliveryStatus.PENDING, min(now + max(wait(parcel.attempts), asked), ends)


# Whoever deletes the webhook waits for us, or we find nothing. An attempt is logged in any case;
# the delivery is settled only by the worker that still has it.
SETTLE = """
WITH told AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(told)s::jsonb) AS t (
        business_id uuid, id uuid, attempt_id uuid, lease timestamptz, at timestamptz,
        milliseconds int, status_code smallint, error text, answer text, status text,
        due_at timestamptz)
), standing AS MATERIALIZED (
    SELECT d.business_id, d.id FROM businesses_webhookdelivery d
    JOIN told ON told.business_id = d.business_id AND told.id = d.id
    ORDER BY d.id FOR UPDATE OF d
), logged AS (
    INSERT INTO businesses_webhookattempt (
        id, created_at, updated_at, business_id, delivery_id, at, milliseconds, status_code,
        error, answer)
    SELECT t.attempt_id, %(now)s, %(now)s, t.business_id, t.id, t.at, t.milliseconds,
        t.status_code, t.error, t.answer
    FROM told t JOIN standing USING (business_id, id)
)
UPDATE businesses_webhookdelivery d
SET status = t.status, attempts = d.attempts + 1, begun_at = COALESCE(d.begun_at, t.at),
    due_at = t.due_at, leased_until = NULL, updated_at = %(now)s,
    delivered_at = CASE WHEN t.status = 'delivered' THEN %(now)s::timestamptz END
FROM told t JOIN standing USING (business_id, id)
WHERE d.business_id = t.business_id AND d.id = t.id AND d.leased_until = t.lease
"""
# An address that fails is tried ever less often, up to once a minute, until something arrives. Its
# `updated_at` changes only when it is switched off: the rest is none of its owner's settings.
ADDRESS = """
UPDATE businesses_outgoingwebhook w
SET failing_since = CASE WHEN t.works THEN NULL ELSE COALESCE(w.failing_since, t.at) END,
    rests_until = CASE WHEN t.works THEN NULL ELSE greatest(
        %(now)s + least((%(now)s - COALESCE(w.failing_since, t.at)) / 10, %(rest)s),
        t.rests_until) END,
    enabled = NOT t.off, updated_at = CASE WHEN t.off THEN %(now)s ELSE w.updated_at END,
    disabled_at = CASE WHEN t.off THEN %(now)s END
FROM (
    SELECT w.business_id, w.id, told.works, told.at, told.rests_until, told.gone
        OR COALESCE(NOT told.works AND w.failing_since <= %(now)s - %(patience)s, false) AS off
    FROM jsonb_to_recordset(%(told)s::jsonb) AS told (
        business_id uuid, id uuid, works bool, gone bool, at timestamptz,
        rests_until timestamptz)
    JOIN businesses_outgoingwebhook w ON w.business_id = told.business_id AND w.id = told.id
    WHERE w.enabled AND (NOT told.works OR told.gone OR w.failing_since IS NOT NULL)
    ORDER BY w.id FOR NO KEY UPDATE OF w
) t
WHERE w.business_id = t.business_id AND w.id = t.id
"""


def settle(done: Sequence[tuple[Parcel, Outcome]]) -> None:
    """Writes down what became of attempts. Three statements, in one transaction."""
    if not done:
        return
    now = timezone.now()
    told = []
    addresses: dict[UUID, dict[str, Any]] = {}
    for parcel, outcome in done:
        status, due_at = verdict(parcel, outcome, now)
        told.append(
            {
                "business_id": parcel.business_id,
                "id": parcel.id,
                "attempt_id": new_id(),
                "lease": parcel.lease,
                "at": outcome.at,
                "milliseconds": outcome.milliseconds,
                "status_code": outcome.status_code,
                "error": outcome.error,
                "answer": outcome.answer,
                "status": status.value,
                "due_at": due_at,
            }
        )
        address = addresses.setdefault(
            parcel.webhook_id,
            {
                "business_id": parcel.business_id,
                "id": parcel.webhook_id,
                "works": False,
                "gone": False,
                "at": outcome.at,
                "rests_until": None,
            },
        )
        address["at"] = min(address["at"], outcome.at)
        address["works"] |= outcome.arrived
        address["gone"] |= outcome.status_code == GONE
        if outcome.retry_after:
            address["rests_until"] = now + min(outcome.retry_after, LONGEST_WAIT)
    with transaction.atomic(durable=True):
        sign(COURIER)
        # The addresses first, as everybody does who needs both.
        run(
            ADDRESS,
            {
                "told": orjson.dumps(list(addresses.values())).decode(),
                "now": now,
                "rest": LONGEST_REST,
                "patience": GIVES_UP_AFTER,
            },
        )
        run(SETTLE, {"told": orjson.dumps(told).decode(), "now": now})


def put_back(parcels: Sequence[Parcel]) -> None:
    """Deliveries that were begun and not ended are due at once. One statement."""
    if parcels:
        run(
            "UPDATE businesses_webhookdelivery d SET leased_until = NULL, due_at = %(now)s"
            " FROM unnest(%(ids)s::uuid[], %(leases)s::timestamptz[]) AS mine (id, lease)"
            " WHERE d.id = mine.id AND d.leased_until = mine.lease",
            {
                "now": timezone.now(),
                "ids": [one.id for one in parcels],
                "leases": [one.lease for one in parcels],
            },
        )
