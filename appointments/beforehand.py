"""What stands against a booking before it is sent, and the next times at which it would go."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from appointments.acceptance import wish_at
from appointments.assignment import Situation, read_diary
from appointments.clashes import obstacles
from appointments.errors import Obstacle
from appointments.models import Appointment
from appointments.offering import A_YEAR, Question, ask, first_times
from businesses.models import Closure

A_DAY = timedelta(hours=24)  # the longest visit


@dataclass(frozen=True, slots=True)
class Outlook:
    """How a visit that somebody is about to book stands to the calendar as it is now."""

    past: bool = False
    free: bool = True
    obstacles: list[Obstacle] = field(default_factory=list)  # of the named person
    closures: list[str] = field(default_factory=list)  # what it is closed for on that day
    visits: list[Appointment] = field(default_factory=list)  # the patient's own at that time

    @property
    def warns(self) -> bool:
        return self.past or not self.free or bool(self.visits)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is chosen in the booking form so far."""

    business_id: UUID
    service_id: UUID
    minutes: int
    staff_id: UUID | None
    patient_id: UUID | None

    def _question(self, start: datetime, end: datetime) -> Question:
        return ask(
            business_id=self.business_id,
            service_id=self.service_id,
            start=start,
            end=end,
            minutes=self.minutes,
            staff_ids=[self.staff_id] if self.staff_id else [],
        )

    def outlook(self, start: datetime) -> Outlook:
        """By the predicate that decides about the booking; nothing is locked, so a rival may still
        be faster. Refuses what can't be booked at any time. At most seven statements.
        """
        end = start + timedelta(minutes=self.minutes)
        question = self._question(start, end)
        offer, wish = question.offer, wish_at(question.offer, start, self.minutes)
        diary = read_diary(
            offer, hosts=question.hosts, joining=question.joining, windows=[wish.held]
        )
        teams = tuple(diary.team(host, wish) for host in question.hosts)
        free = any(team.free for team in teams)
        people = {one.id: one for one in (*question.hosts, *question.joining)}
        joining = tuple(one.id for one in question.joining)
        situation = Situation(offer, wish, self.staff_id, joining, people, teams)
        local = start.astimezone(offer.zone).date()
        shut = any(one.closed for team in teams for one in team.verdicts.values())
        closed = Closure.objects.filter(
            business_id=self.business_id, date_start__lte=local, date_end__gte=local
        )
        return Outlook(
            past=start < timezone.now(),
            free=free,
            obstacles=obstacles(situation) if self.staff_id and not free else [],
            closures=[one.name for one in closed if one.location_id in (None, offer.location_id)]
            if shut
            else [],
            visits=self._visits(start, end),
        )

    def _visits(self, start: datetime, end: datetime) -> list[Appointment]:
        if self.patient_id is None:
            return []
        mine = Appointment.objects.filter(
            business_id=self.business_id, patient_id=self.patient_id, ends_at__gt=start
        )
        same_time = mine.standing().filter(starts_at__lt=end, starts_at__gt=start - A_DAY)
        return list(same_time.select_related("service", "staff").order_by("starts_at", "id"))

    def next_times(self, after: datetime, limit: int) -> list[datetime]:
        """The next starts at which it would be booked, for whoever is chosen.

        The desk is not bound by the lead time that patients keep. At most seven statements,
        thirteen where rooms are needed.
        """
        now = timezone.now()
        since = max(after, now)
        question = replace(self._question(since, since + A_YEAR), earliest=now)
        return [one.moment for one in first_times(question, limit)]
