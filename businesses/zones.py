"""Wall clocks and instants: what a local time means in an IANA zone, on every day of the year."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199


class UnknownZone(ValueError):
    """The name is not in the IANA time zone database."""


@cache
def zone_names() -> frozenset[str]:
    """Names that people may choose: the database's, without its private and legacy files."""
    return frozenset(available_timezones() - {"localtime", "posixrules", "Factory"})


@cache
def _zone(name: str) -> ZoneInfo:
    if name not in zone_names():
        raise UnknownZone(name)
    return ZoneInfo(name)


def zone(name: str) -> ZoneInfo:
    """The zone of that exact IANA name; UnknownZone for anything else, paths included."""
    if len(name) > 64:
        raise UnknownZone(name[:64])
    return _zone(name)


def moments_at(wall: datetime, place: ZoneInfo) -> list[datetime]:
    """The UTC moments, earliest first, at which clocks in `place` show the naive `wall` time.

    None when a clock change skips it, two when it comes twice, else one.
    """
    found = []
    for fold in (0, 1):
        moment = wall.replace(tzinfo=place, fold=fold).astimezone(UTC)
        if moment.astimezone(place).replace(tzinfo=None) == wall and moment not in found:
            found.append(moment)
    return sorted(found)


def jump_over(wall: datetime, place: ZoneInfo) -> datetime:
    """The UTC moment of the clock change that skips the naive `wall` time in `place`.

    Found by bisection, to the second; 18 steps for a skipped day, 12 for a skipped hour.
    """
    early, late = sorted(wall.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
    before = early.astimezone(place).utcoffset()
    low, high = 0, int((late - early).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (early + timedelta(seconds=middle)).astimezone(place).utcoffset() == before:
            low = middle
        else:
            high = middle
    return early + timedelta(seconds=high)


def opening(wall: datetime, place: ZoneInfo) -> datetime:
    """The UTC moment at which something that starts at `wall` starts.

    The first of two; the clock change itself where the time is skipped.
    """
    moments = moments_at(wall, place)
    return moments[0] if moments else jump_over(wall, place)


def closing(wall: datetime, place: ZoneInfo) -> datetime:
    """The UTC moment at which something that ends at `wall` ends: the last of two."""
    moments = moments_at(wall, place)
    return moments[-1] if moments else jump_over(wall, place)


def written(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def read_moment(text: str) -> datetime:
    """The moment that a link or a button stands for, in UTC.

    ValueError for what has no offset from UTC, or lies so far away that reckoning with it fails.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not FIRST_YEAR < moment.year < LAST_YEAR:
        raise ValueError(text)
    return moment.astimezone(UTC)


def read_day(text: str) -> date:
    """The date that a link or a button stands for; ValueError as for a moment."""
    day = date.fromisoformat(text)
    if not FIRST_YEAR < day.year < LAST_YEAR:
        raise ValueError(text)
    return day
