"""Moments, zones and rules in the words of the patients' pages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses.zones import moments_at

DAY, HOUR = 24 * 60, 60


def day_in_words(day: date) -> str:
    """A date with its weekday."""
    parts = {"weekday": date_format(day, "l"), "date": date_format(day, "DATE_FORMAT")}
    return _("%(weekday)s, %(date)s") % parts


def time_in_words(moment: datetime, place: ZoneInfo) -> str:
    """The time of the clock in a zone; where that comes twice on the day, which one is meant."""
    wall = moment.astimezone(place)
    shown = time_format(wall, "TIME_FORMAT")
    twice = len(moments_at(wall.replace(tzinfo=None, fold=0), place)) == 2
    return f"{shown} {wall.tzname()}" if twice else shown


def moment_in_words(moment: datetime, place: ZoneInfo) -> str:
    parts = {
        "day": day_in_words(moment.astimezone(place).date()),
        "time": time_in_words(moment, place),
    }
    return _("%(day)s, %(time)s") % parts


def zone_in_words(place: ZoneInfo, moment: datetime) -> str:
    """Whose clock it is: "London time (GMT)"."""
    short = moment.astimezone(place).tzname() or ""
    city = str(place).rsplit("/", 1)[-1].replace("_", " ")
    if "/" not in str(place):
        return str(place)
    if not short.isalpha():  # "+03": the zone has no letters of its own
        return _("%(city)s time") % {"city": city}
    return _("%(city)s time (%(short)s)") % {"city": city, "short": short}


def length_in_words(length: timedelta) -> str:
    """A length in the largest unit that says it in whole numbers."""
    minutes = length // timedelta(minutes=1)
    if minutes % DAY == 0:
        return ngettext("%(n)d day", "%(n)d days", minutes // DAY) % {"n": minutes // DAY}
    if minutes % HOUR == 0:
        return ngettext("%(n)d hour", "%(n)d hours", minutes // HOUR) % {"n": minutes // HOUR}
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
