"""Which rooms and devices may serve a need, and when they are taken, for some windows of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import orjson

from appointments.availability import Busy, SlotKey
from appointments.calendars import HELD, span_of
from appointments.resources import Need, Resource
from appointments.snapshot import Offer
from businesses.intervals import Interval, merged
from businesses.statements import rows

RESOURCES = """
SELECT r.id, r.name, r.kind FROM businesses_resource r
WHERE r.business_id = %(business)s AND r.enabled AND (
    r.id = ANY(%(named)s)
    OR (r.kind = ANY(%(kinds)s) AND (
        r.location_id IS NULL OR %(location)s::uuid IS NULL OR r.location_id = %(location)s)))
ORDER BY r.id
"""
# The rival this keeps out: a second booking that wants the last free room. Always after the
# people, and in the order of ids, so that no two bookings wait for each other.
TAKE_RESOURCES = f"{RESOURCES} FOR NO KEY UPDATE OF r"
RESOURCES_HELD = f"""
SELECT who.id, lower(h.during), upper(h.during), h.starts_at, h.ends_at, h.session,
    g.service_id, g.staff_id, h.appointment_id
FROM unnest(%(resources)s::uuid[]) AS who (id)
CROSS JOIN LATERAL ({HELD.format(table="appointments_heldresource", whose="resource_id")}) h
LEFT JOIN appointments_groupslot g ON g.business_id = %(business)s AND g.id = h.group_slot_id
ORDER BY who.id, lower(h.during)
"""  # noqa: S608

# Of both services of a swap in one statement: one after the other, two swaps that name them in
# different order wait for each other.
HOLD_RESOURCES = """
SELECT r.id FROM businesses_resource r
WHERE r.business_id = %(business)s AND (r.id = ANY(%(named)s) OR r.kind = ANY(%(kinds)s))
ORDER BY r.id FOR NO KEY UPDATE OF r
"""

# The same for several services.
RESOURCES_OF = f"""
SELECT w.service, r.id, r.name, r.kind
FROM jsonb_to_recordset(%(wanted)s::jsonb)
    AS w (service uuid, location uuid, named uuid[], kinds text[])
CROSS JOIN LATERAL ({
    RESOURCES.replace("%(named)s", "w.named")
    .replace("%(kinds)s", "w.kinds")
    .replace("%(location)s", "w.location")
}) r
"""  # noqa: S608


def hold_resources(business_id: UUID, needs: Sequence[Need]) -> None:
    """Everything that might do for the needs is held until the commit.

    One statement; none where nothing is needed.
    """
    if needs:
        rows(HOLD_RESOURCES, {"business": business_id} | _named_in(needs))


def _named_in(needs: Sequence[Need]) -> dict[str, object]:
    return {
        "named": [one.resource_id for one in needs if one.resource_id],
        "kinds": [one.kind for one in needs if one.kind],
    }


def read_resources(
    offer: Offer, windows: Iterable[Interval], *, lock: bool = False
) -> list[Resource]:
    """What the service may use of what it needs, and when that is held in the windows.

    Two statements; none for a service that needs nothing.
    """
    if not offer.needs:
        return []
    found = rows(
        TAKE_RESOURCES if lock else RESOURCES,
        {"business": offer.business_id, "location": offer.location_id} | _named_in(offer.needs),
    )
    resources = {row[0]: Resource(*row) for row in found}
    _read_held(offer, resources, windows)
    return list(resources.values())


def read_resources_of(
    offers: Sequence[Offer], windows: Iterable[Interval]
) -> dict[UUID, list[Resource]]:
    """By service what each may use of what it needs, and when that is held in the windows.

    Two statements, however many services; none where nothing is needed.
    """
    needy = [one for one in offers if one.needs]
    found: dict[UUID, list[Resource]] = {one.service_id: [] for one in offers}
    if not needy:
        return found
    wanted = [
        {"service": one.service_id, "location": one.location_id} | _named_in(one.needs)
        for one in needy
    ]
    resources: dict[UUID, Resource] = {}
    values = {"business": needy[0].business_id, "wanted": orjson.dumps(wanted).decode()}
    for service_id, *row in rows(RESOURCES_OF, values):
        found[service_id].append(resources.setdefault(row[0], Resource(*row)))
    _read_held(needy[0], resources, windows)
    return found


def _read_held(
    offer: Offer, resources: Mapping[UUID, Resource], windows: Iterable[Interval]
) -> None:
    """Enters into resources of the business when they are held. One statement."""
    held = rows(RESOURCES_HELD, span_of(offer, merged(windows)) | {"resources": list(resources)})
    for row in held:
        resource_id, start, end, visit_start, visit_end, session, service_id, host, visit_id = row
        visit = Interval(visit_start, visit_end)
        resources[resource_id].busy.append(
            Busy(
                kind="appointment",
                span=Interval(start, end),
                visit=visit,
                slot=SlotKey(service_id, host, visit) if service_id else None,
                session=session,
                appointment_id=visit_id,
            )
        )
