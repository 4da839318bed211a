"""Weeks as the reader's language counts them: they begin on Monday in most, in some on Sunday."""

from datetime import date, timedelta

from django.utils.formats import get_format


def first_of_week(day: date) -> date:
    """The day on which the week of a day begins."""
    begins = int(get_format("FIRST_DAY_OF_WEEK"))  # 0 is Sunday
    return day - timedelta(days=(day.isoweekday() - begins) % 7)
