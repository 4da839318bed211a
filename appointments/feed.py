"""What changed in a business, read from its history so that nobody who follows misses anything.

Each row of the history has the number of the transaction that wrote it (`xid`, in the migration
`change_feed`). A transaction that began early may commit late, and a cursor that has gone past its
rows would never see them. So only what no running transaction can come before is told: rows whose
transactions are older than the oldest that still runs. Told late, then, but never lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from businesses.statements import rows

# A series is no resource: its rule is told with each of its appointments.
SERIES: Final = "id"


class Source(NamedTuple):
    """A table of the history, and of which resource its rows tell."""

    resource: str
    table: str
    # The column of the resource's id; pgh_obj_id where the row is the resource itself.
    column: str = "pgh_obj_id"


# Their order is a part of every cursor that clients hold: new ones go to the end. The rows of a
# resource itself stand before those of what belongs to it.
SOURCES: Final = (
    Source("business", "businesses_businessevent"),
    Source("location", "businesses_locationevent"),
    Source("serviceCategory", "businesses_servicecategoryevent"),
    Source("service", "businesses_serviceevent"),
    Source("service", "businesses_servicedurationevent", "service_id"),
    Source("service", "businesses_serviceincategoryevent", "service_id"),
    Source("service", "businesses_bookingquestionevent", "service_id"),
    Source("service", "businesses_resourceneedevent", "service_id"),
    Source("service", "staff_servicehostevent", "service_id"),
    Source("resource", "businesses_resourceevent"),
    Source("closure", "businesses_closureevent"),
    Source("staff", "staff_staffevent"),
    Source("staff", "staff_managementevent", "manager_id"),
    Source("staff", "staff_workinghoursscheduleevent", "staff_id"),
    Source("timeBlocker", "staff_timeblockerevent"),
    Source("externalEvent", "staff_externaleventevent"),
    Source("patient", "patients_patientevent"),
    Source("appointment", "appointments_appointmentevent"),
    Source("appointment", "appointments_additionalhostevent", "appointment_id"),
    Source("appointment", "appointments_seriesevent", SERIES),
)
RESOURCES: Final = tuple(dict.fromkeys(one.resource for one in SOURCES))
ACTIONS: Final = {"insert": "create", "update": "update", "delete": "delete"}


class Position(NamedTuple):
    """How far somebody has read: the transaction, the source and the row that came last."""

    xid: int
    source: int = 0
    row: int = -1


class Change(NamedTuple):
    """That something was made, changed or deleted, and when."""

    resource: str
    id: UUID
    action: str
    at: datetime


class Page(NamedTuple):
    """Some changes, where to go on, and whether there are more already."""

    changes: list[Change]
    position: Position
    more: bool


class PositionUnknown(Exception):
    """A position that this database has not come to yet: one from before it was restored."""


HORIZON = """
SELECT pg_snapshot_xmin(pg_current_snapshot()) AS horizon,
    pg_snapshot_xmax(pg_current_snapshot()) AS latest
"""
BRANCH = """
(SELECT e.xid, {number} AS source, e.pgh_id, e.{column} AS id, e.pgh_label, e.pgh_created_at
FROM {table} e
WHERE e.{owner} = %(business)s AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
    AND (e.xid, e.pgh_id) > (%(xid)s::xid8, %(after_{number})s)
ORDER BY e.xid, e.pgh_id LIMIT %(limit)s)
"""
READ = """
SELECT s.horizon::text, s.latest::text, c.xid::text, c.source, c.pgh_id, c.id, c.pgh_label,
    c.pgh_created_at
FROM ({horizon}) s LEFT JOIN LATERAL (
    SELECT * FROM ({branches}) u ORDER BY xid, source, pgh_id LIMIT %(limit)s
) c ON true
ORDER BY c.xid, c.source, c.pgh_id
"""


def horizon() -> Position:
    """Where somebody stands who has everything that is committed now. One statement."""
    ((first, _),) = rows(f"SELECT h.horizon::text, h.latest::text FROM ({HORIZON}) h", ())  # noqa: S608
    return Position(int(first))


def read_changes(
    business_id: UUID, resources: Iterable[str], *, after: Position | None, limit: int
) -> Page:
    """What changed of these resources after a position, in the order of their transactions.

    At most `limit` rows of the history are read. All rows of one transaction about the same thing
    are one change; a new rule of a series is a change of each of its appointments. PositionUnknown.
    One statement, which reads each table's index from the position on; one more for such rules.
    """
    known = frozenset(resources)
    numbers = [number for number, one in enumerate(SOURCES) if one.resource in known]
    since = after or Position(0)
    wanted = {"business": business_id, "xid": str(since.xid), "limit": limit + 1} | {
        f"after_{number}": _after(number, since) for number in numbers
    }
    found = rows(_statement(tuple(numbers)), wanted)
    if since.xid > int(found[0][1]):
        raise PositionUnknown
    told = [one[2:] for one in found if one[2] is not None]
    page = told[:limit]
    position = after or Position(int(found[0][0]))
    if page:
        position = Position(int(page[-1][0]), page[-1][1], page[-1][2])
    return Page(_merged(business_id, page), position, len(told) > limit)


def _after(number: int, since: Position) -> int:
    """The row after which a source is read, in the transaction at which the reader stands."""
    if number == since.source:
        return since.row
    # Sources before it were read to their end in that transaction, those behind it not at all.
    return 2**31 - 1 if number < since.source else -1


def _statement(numbers: tuple[int, ...]) -> str:
    branches = "UNION ALL".join(
        BRANCH.format(
            number=number,
            table=SOURCES[number].table,
            column=SOURCES[number].column,
            owner="pgh_obj_id" if SOURCES[number].resource == "business" else "business_id",
        )
        for number in numbers
    )
    return READ.format(horizon=HORIZON, branches=branches)


def _merged(business_id: UUID, page: Sequence[tuple[Any, ...]]) -> list[Change]:
    changes: dict[tuple[Any, ...], Change] = {}
    members = _members(
        business_id, {id_ for _, number, _, id_, *_ in page if SOURCES[number].column == SERIES}
    )
    for xid, number, _, id_, label, at in page:
        source = SOURCES[number]
        action = ACTIONS[label] if source.column == "pgh_obj_id" else "update"
        about = [id_]
        if source.column == SERIES:
            # Appointments of a new series tell of themselves.
            about = members.get(id_, []) if label == "update" else []
        for one in about:
            key = (xid, source.resource, one)
            if key not in changes or action == "delete":
                changes[key] = Change(source.resource, one, action, at)
    return list(changes.values())


def _members(business_id: UUID, series: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The appointments of each series, by start."""
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    if series:
        sql = (
            "SELECT series_id, id FROM appointments_appointment"
            " WHERE business_id = %s AND series_id = ANY(%s) ORDER BY starts_at, id"
        )
        for series_id, appointment_id in rows(sql, (business_id, list(series))):
            found[series_id].append(appointment_id)
    return found
