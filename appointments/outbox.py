"""What webhooks are told of appointments: written by the statement that writes the appointments.

So nothing is told that was not committed, nothing is committed untold, and no writer can forget.
Delivering it is `businesses.delivery`.
"""

from __future__ import annotations

from collections.abc import Sequence

from appointments.record import Record
from appointments.telling import announcement
from businesses.models import EventName

# One row for each webhook that is on. FOR KEY SHARE waits for whoever deletes a webhook just now;
# else its foreign key would refuse the booking.
ANNOUNCED = """announced AS (
    INSERT INTO businesses_webhookdelivery (
        id, created_at, updated_at, business_id, webhook_id, subject, name, body, status,
        attempts, due_at)
    SELECT new.id, %(announced_at)s, %(announced_at)s, new.business_id, new.webhook_id,
        new.subject, new.name, '{"id":"' || new.id || '",' || new.body, 'pending', 0,
        %(announced_at)s
    FROM (
        SELECT businesses_new_id() AS id, w.business_id, w.id AS webhook_id, told.*
        FROM unnest(%(subjects)s::uuid[], %(names)s::varchar[], %(bodies)s::text[])
            AS told (subject, name, body)
        JOIN businesses_outgoingwebhook w ON w.business_id = %(announced_by)s AND w.enabled
        FOR KEY SHARE OF w
    ) new
)"""


def announcing(
    records: Sequence[Record], name: EventName | None = None, *, announced: bool = True
) -> dict[str, object]:
    """The values of ANNOUNCED: what webhooks are told of appointments that are being written.

    Without a name they are new. Nothing is rendered where it is known that nobody listens.
    """
    told = [(one, name or first_name(one)) for one in records] if announced else []
    return {
        "announced_at": records[0].updated_at,
        "announced_by": records[0].business_id,
        "subjects": [one.id for one, _ in told],
        "names": [event.value for _, event in told],
        "bodies": [announcement(one, event) for one, event in told],
    }


def first_name(record: Record) -> EventName:
    """The event of a new appointment."""
    return EventName.CREATE if record.approved else EventName.REQUEST
