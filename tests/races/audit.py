"""What must be true of everything that is written, whoever wrote it and at which moment."""

from __future__ import annotations

from typing import Any

from django.db import connection

from appointments.models import Appointment, Series
from businesses.recurrence import Rule
from businesses.zones import zone

OVERLAPS = """
SELECT a.appointment_id, b.appointment_id FROM {table} a
JOIN {table} b ON b.business_id = a.business_id AND b.{whose} = a.{whose} AND b.id > a.id
    AND b.during && a.during AND b.session <> a.session
"""
PEOPLE_TWICE = (
    OVERLAPS.format(table="appointments_heldtime", whose="staff_id")
    + "WHERE NOT (a.overbooked OR b.overbooked)"
)
ROOMS_TWICE = OVERLAPS.format(table="appointments_heldresource", whose="resource_id")
STANDING = """
SELECT a.*, a.starts_at - s.buffer_before_minutes * interval '1 minute' AS since,
    a.ends_at + s.buffer_after_minutes * interval '1 minute' AS until
FROM appointments_appointment a
JOIN (SELECT s.id, COALESCE(s.buffer_before_minutes, b.buffer_before_minutes)
        AS buffer_before_minutes,
        COALESCE(s.buffer_after_minutes, b.buffer_after_minutes) AS buffer_after_minutes
    FROM businesses_service s JOIN businesses_business b ON b.id = s.business_id) s
    ON s.id = a.service_id
WHERE a.approved AND a.cancelled_at IS NULL
"""
# Who and what an appointment that stands should hold, and what is held.
TIME = (
    f"""
SELECT a.id, who.id, a.starts_at, a.ends_at, tstzrange(a.since, a.until), a.group_slot_id
FROM ({STANDING}) a CROSS JOIN LATERAL (
    SELECT a.staff_id AS id
    UNION ALL
    SELECT h.staff_id FROM appointments_additionalhost h WHERE h.appointment_id = a.id
) who
""",
    """
SELECT h.appointment_id, h.staff_id, h.starts_at, h.ends_at, h.during, h.group_slot_id
FROM appointments_heldtime h
""",
)
ROOMS = (
    f"""
SELECT a.id, n.kind, a.starts_at, a.ends_at, tstzrange(a.since, a.until), a.group_slot_id
FROM ({STANDING}) a JOIN businesses_resourceneed n ON n.service_id = a.service_id
""",
    """
SELECT h.appointment_id, r.kind, h.starts_at, h.ends_at, h.during, h.group_slot_id
FROM appointments_heldresource h JOIN businesses_resource r ON r.id = h.resource_id
""",
)
# A group is in one room (where its service needs one), and no larger than it may be.
SPREAD = """
SELECT h.session FROM appointments_heldresource h GROUP BY h.session
HAVING count(DISTINCT h.resource_id) > 1
"""
CROWDED = """
SELECT g.id FROM appointments_groupslot g JOIN appointments_heldtime h
    ON h.group_slot_id = g.id AND h.staff_id = g.staff_id
GROUP BY g.id, g.places HAVING count(*) > g.places OR max(h.place) > g.places
"""


def rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def differences(sets: tuple[str, str]) -> list[tuple[Any, ...]]:
    """What is in one of two sets of rows alone, or more often than in the other."""
    due, there = sets
    return rows(f"({due} EXCEPT ALL {there}) UNION ALL ({there} EXCEPT ALL {due})")


def off_the_rule() -> list[tuple[Any, ...]]:
    """What is in a series, no exception of it, and on none of its dates; or twice on one."""
    found: list[tuple[Any, ...]] = []
    for series in Series.objects.all():
        place, rule = zone(series.timezone), Rule.read(series.rrule)
        wall = series.starts_at.astimezone(place).replace(tzinfo=None)
        dates = [one.moment for one in rule.occurrences(wall, place, moment=series.starts_at)]
        if len(dates) != series.dates:
            found.append((series.pk, series.rrule, series.dates))
        for one in Appointment.objects.filter(series=series).order_by("series_number"):
            number = one.series_number
            if number > len(dates) or (
                not one.series_exception and one.starts_at != dates[number - 1]
            ):
                found.append((series.pk, one.pk, number, one.starts_at))
    return found


def check() -> None:
    """Nobody and no room is in two places; whatever stands holds its time, and no other."""
    assert rows(PEOPLE_TWICE) == []
    assert rows(ROOMS_TWICE) == []
    assert differences(TIME) == []
    assert differences(ROOMS) == []
    assert rows(SPREAD) == []
    assert rows(CROWDED) == []
    assert off_the_rule() == []
