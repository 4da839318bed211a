"""Times that arrive: wall-clock times become instants, in the zone that they were meant in."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rest_framework.exceptions import ErrorDetail, ValidationError

from businesses.zones import moments_at


def instant(value: datetime, place: ZoneInfo, *, field: str) -> datetime:
    """The UTC moment of an aware time, or of a wall-clock time in `place`.

    Refuses a wall-clock time that a clock change skips, and one that comes twice.
    """
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    moments = moments_at(value, place)
    if not moments:
        raise _refused(
            field,
            f"Clocks in {place} skip that time on that day; send another time.",
            "nonexistent_local_time",
        )
    if len(moments) > 1:
        offsets = " or ".join(moment.astimezone(place).isoformat() for moment in moments)
        raise _refused(
            field,
            f"That time comes twice on that day in {place}; send an offset: {offsets}.",
            "ambiguous_local_time",
        )
    return moments[0]


def _refused(field: str, title: str, code: str) -> ValidationError:
    return ValidationError({field: [ErrorDetail(title, code)]})
