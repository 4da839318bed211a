"""Where a series goes when it is moved: its dates, and the rules that describe them afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext, gettext_lazy

from appointments.acceptance import dates_of, rule_of
from appointments.errors import DaysNotShifted, SkippedTime
from appointments.record import Record, Series
from businesses.recurrence import BadRule, Rule
from businesses.zones import moments_at, zone

NOWHERE = gettext_lazy("No rule would describe the dates of this series then; send another time.")


@dataclass(frozen=True, slots=True)
class Move:
    """What happens to all dates of a series: so many days later, and that time of day."""

    number: int  # of the date that was named, whose moment is known
    moment: datetime
    days: timedelta


@dataclass(frozen=True, slots=True)
class Parted:
    """What becomes of a series: `tail` has everything from number `first` on, at `dates`.

    What was before is left behind in `head`, if there was anything.
    """

    head: Series | None
    tail: Series
    first: int
    dates: Sequence[datetime]

    def date(self, number: int) -> datetime:
        """By the number in the series as it was."""
        return self.dates[number - self.first]


@dataclass(frozen=True, slots=True)
class Course:
    """A series with its rule, read by the wall clock of its place, and all of its dates."""

    series: Series
    rule: Rule
    place: ZoneInfo
    dates: Sequence[datetime]

    @classmethod
    def of(cls, series: Series) -> Course:
        rule, place = rule_of(series.rrule), zone(series.timezone)
        return cls(series, rule, place, dates_of(rule, series.starts_at, place))

    def move(self, number: int, to: datetime) -> Move:
        """That one of the dates goes to another moment, and the others with it."""
        return Move(number, to.astimezone(UTC), self._day(to) - self._day(self.dates[number - 1]))

    def starts(self, records: Iterable[Record], move: Move) -> dict[UUID, datetime]:
        """The new start of each, on the day and at the time of day of its new date."""
        return {
            one.id: self._moment(one.series_number, self._day(one.starts_at) + move.days, move)
            for one in records
            if one.series_number is not None
        }

    def parted(self, first: int, move: Move | None, tail_id: UUID) -> Parted:
        """The series from number `first` on, moved or not, and what is left of it before that.

        DaysNotShifted where no rule describes exactly the dates that are to be.
        """
        before, left = first - 1, self.series.dates - first + 1
        head = None
        if before:
            kept = self.rule.ending_after(before).written
            head = self.series._replace(rrule=kept, dates=before)
        rule, dates = self.rule.ending_after(left), self.dates[before:]
        if move is not None:
            days = [self._day(one) + move.days for one in dates]
            begin = self._moment(first, days[0], move)
            try:
                rule = rule.shifted(move.days.days)
                dates = self._dates(rule, begin)
            except BadRule as wrong:
                raise DaysNotShifted(str(wrong)) from wrong
            if [self._day(one) for one in dates] != days:
                raise DaysNotShifted(str(NOWHERE))
        tail = self.series._replace(
            id=tail_id if before else self.series.id,
            rrule=rule.written,
            starts_at=dates[0],
            dates=left,
        )
        return Parted(head, tail, first, dates)

    def _dates(self, rule: Rule, begin: datetime) -> list[datetime]:
        wall = begin.astimezone(self.place).replace(tzinfo=None)
        return [one.moment for one in rule.occurrences(wall, self.place, moment=begin)]

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.place).date()

    def _moment(self, number: int | None, day: date, move: Move) -> datetime:
        if number == move.number:
            return move.moment
        time = move.moment.astimezone(self.place).time().replace(tzinfo=None)
        moments = moments_at(datetime.combine(day, time), self.place)
        if not moments:
            raise SkippedTime(
                gettext("On %(day)s clocks in %(place)s skip that time; send another time.")
                % {"day": day, "place": self.place}
            )
        return moments[0]
