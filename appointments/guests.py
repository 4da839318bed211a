"""Who is booked: patients found as somebody types, and what they have been seen for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.utils import timezone

from appointments.models import Appointment
from businesses.models import Business
from businesses.statements import rows
from patients.models import Patient
from patients.search import Word, digits_in, escaped, words_in

RANKED = 500  # matches that are put in order; who types two letters gets some of very many
THESE_DAYS = timedelta(days=2)  # before and after now: whom the desk is asked about most
LATELY = timedelta(days=365)
ALIKE = 5
LAST_VISITS = 3
MOST_DUPLICATES = 3
NUMBER = 7  # digits of a phone number without its codes

ANYBODY = "p.business_id = %(business)s AND (%(archived)s OR p.archived_at IS NULL)"
TEXT = "p.search LIKE ANY (ARRAY(SELECT searchable_text(unnest(%(text{n})s::text[]))))"
DATE = "p.dob = ANY (%(days{n})s::date[])"
# The patients that fit, in the order of: whole words before beginnings before what is within a
# word; seen within a year or coming; shortest; by name. The first step is a step of its own so
# that it is planned for what it finds and not for the few that are taken of it: else PostgreSQL
# reads the whole table for a word that nobody has. Of more than can be ranked, those are who come
# first to hand and everybody who has a visit these days.
FIND = """
WITH found AS MATERIALIZED (
    SELECT p.id, p.name, p.search FROM patients_patient p WHERE {fits}
), taken AS MATERIALIZED (
    SELECT * FROM found LIMIT %(ranked)s
), near AS MATERIALIZED (
    SELECT DISTINCT a.patient_id FROM appointments_appointment a
    WHERE (SELECT count(*) FROM taken) = %(ranked)s AND a.business_id = %(business)s
        AND a.starts_at >= %(now)s - %(these_days)s AND a.starts_at < %(now)s + %(these_days)s
), here AS (
    SELECT p.id, p.name, p.search
    FROM near, LATERAL (
        SELECT * FROM patients_patient one
        WHERE one.business_id = %(business)s AND one.id = near.patient_id OFFSET 0
    ) AS p
    WHERE {fits}
), written AS (
    SELECT array_agg('%% ' || one || ' %%') AS whole, array_agg('%% ' || one || '%%') AS beginning
    FROM (SELECT searchable_text(unnest(%(texts)s::text[])) AS one) AS words
)
SELECT one.id
FROM (SELECT * FROM taken UNION SELECT * FROM here) AS one
CROSS JOIN written
CROSS JOIN LATERAL (SELECT translate(one.search, $$-'$$, '  ') || ' ' AS words) AS it
LEFT JOIN LATERAL (
    -- One look at an index for each; EXISTS would be turned into a scan of a year's visits.
    SELECT true AS lately FROM appointments_appointment a
    WHERE a.business_id = %(business)s AND a.patient_id = one.id
        AND a.starts_at >= %(now)s - %(lately)s AND a.cancelled_at IS NULL
    LIMIT 1
) AS seen ON true
ORDER BY it.words LIKE ALL (written.whole) DESC NULLS LAST,
    it.words LIKE ALL (written.beginning) DESC NULLS LAST,
    seen.lately NULLS LAST, length(one.search), one.name, one.id
LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Found:
    """Patients who match, best first; whether there are more; and those who nearly match."""

    patients: list[Patient]
    more: bool = False
    alike: list[Patient] = field(default_factory=list)


def find_patients(business: Business, typed: str, *, limit: int, archived: bool = False) -> Found:
    """Patients with every word of what was typed; then those who have it but for a slip.

    A word is of the name, phone or e-mail, or a birth date; one or two letters are the beginning
    of a word. Accents, case and order don't matter. Nobody for nothing. Two statements; two more
    for slips, which are looked for where not more was found than is shown.
    """
    words = words_in(typed)
    if not words:
        return Found([])
    ids = _matching(business, words, limit=limit + 1, archived=archived)
    close: list[UUID] = []
    if len(ids) <= limit and any(word.slips for word in words):
        near = _matching(business, words, limit=limit + ALIKE, archived=archived, forgiving=True)
        close = [one for one in near if one not in ids][:ALIKE]
    people = _in_order(business, [*ids[:limit], *close])
    exact = [one for one in people if one.pk in ids]
    return Found(exact, len(ids) > limit, [one for one in people if one.pk not in ids])


def _matching(
    business: Business,
    words: Sequence[Word],
    *,
    limit: int,
    archived: bool,
    forgiving: bool = False,
) -> list[UUID]:
    values: dict[str, Any] = {
        "business": business.pk,
        "archived": archived,
        "now": timezone.now(),
        "ranked": RANKED,
        # Who is spelled otherwise is not looked for among them: it would cost more than the rest.
        "these_days": timedelta() if forgiving else THESE_DAYS,
        "lately": LATELY,
        "limit": limit,
        "texts": [escaped(word.text) for word in words if word.text],
    }
    for number, word in enumerate(words):
        exact = [word.within] if word.text else []
        values[f"text{number}"] = word.slips or exact if forgiving else exact
        values[f"days{number}"] = list(word.days)
    kinds = tuple((bool(word.text), bool(word.days)) for word in words)
    return [row[0] for row in rows(_statement(kinds), values)]


@cache
def _statement(kinds: tuple[tuple[bool, bool], ...]) -> str:
    """FIND for words of which it is said whether each may be text, and whether a date."""
    fits = [ANYBODY]
    for number, kind in enumerate(kinds):
        ways = [way for way, counts in zip((TEXT, DATE), kind, strict=True) if counts]
        fits.append(f"({' OR '.join(ways)})".replace("{n}", str(number)))
    return FIND.replace("{fits}", " AND ".join(fits))


def _in_order(business: Business, ids: Sequence[UUID]) -> list[Patient]:
    """The patients with these ids, in their order. No query for nobody."""
    found = Patient.objects.of(business).in_bulk(ids) if ids else {}
    return [found[one] for one in ids if one in found]


def at_hand(
    business: Business, *, lately: Sequence[UUID], start: datetime, end: datetime, limit: int
) -> list[Patient]:
    """Those booked lately, then who has a visit in `[start, end)`: next first, then who is gone.

    Two queries.
    """
    visits = Appointment.objects.of(business).standing().starting_in(start, end)
    now = timezone.now()
    expected = sorted(
        visits.order_by("starts_at", "id").values_list("patient_id", "ends_at"),
        key=lambda one: one[1] <= now,
    )
    ids = list(dict.fromkeys([*lately, *(one for one, _ in expected)]))[:limit]
    return [one for one in _in_order(business, ids) if one.archived_at is None]


@dataclass(frozen=True, slots=True)
class Visits:
    """What a patient has been seen for lately, newest first, and the next visit that is coming."""

    last: list[Appointment]
    next: Appointment | None


def visits_of(patient: Patient) -> Visits:
    """The last three visits that took place or should have, and the next. Two queries."""
    now = timezone.now()
    mine = Appointment.objects.of(patient.business).filter(patient=patient).standing()
    with_names = mine.select_related("service", "staff")
    return Visits(
        list(with_names.filter(starts_at__lt=now).order_by("-starts_at", "-id")[:LAST_VISITS]),
        with_names.filter(starts_at__gte=now).order_by("starts_at", "id").first(),
    )


def likely_the_same(
    business: Business, *, name: str, phone: str, birth_date: date | None
) -> list[Patient]:
    """Patients of about that name who have that phone number or birth date too; at most three.

    Archived ones as well. Each word of the name may have one slip, and of the number the last
    seven digits count, however it begins. Eight statements; none without number and birth date.
    """
    digits = digits_in(phone.replace(" ", ""))[-NUMBER:]
    facts = [digits] if len(digits) == NUMBER else []
    if birth_date:
        facts.append(f"{birth_date:%Y-%m-%d}")
    same: dict[UUID, Patient] = {}
    for fact in facts if name.strip() else ():
        found = find_patients(business, f"{name} {fact}", limit=MOST_DUPLICATES, archived=True)
        same |= {one.pk: one for one in (*found.patients, *found.alike)}
    return list(same.values())[:MOST_DUPLICATES]
