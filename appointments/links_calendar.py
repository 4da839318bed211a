"""An appointment as an iCalendar event (RFC 5545), for the patient's own calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.links import Visit
from appointments.models import Status

LONGEST_LINE = 75  # octets, the line's end left out


def calendar_of(visit: Visit) -> str:
    """The appointment, with the same UID for ever and a SEQUENCE that grows with every change.

    A calendar that has it already moves or removes it. The link is left out: calendars are shared
    and sent about. SEQUENCE counts the seconds from the booking to the last change.
    """
    record = visit.record
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    sequence = int((record.updated_at - record.created_at).total_seconds())
    title = _("%(service)s at %(clinic)s") % {
        "service": record.service_name,
        "clinic": record.business_name,
    }
    place = ", ".join(filter(None, (record.location_name, record.location_address)))
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Stilldesk//Appointments//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{record.id}@{host}",
        f"SEQUENCE:{sequence}",
        f"DTSTAMP:{_moment(timezone.now())}",
        f"LAST-MODIFIED:{_moment(record.updated_at)}",
        f"DTSTART:{_moment(record.starts_at)}",
        f"DTEND:{_moment(record.ends_at)}",
        f"STATUS:{_status(Status(record.status))}",
        f"SUMMARY:{_text(title)}",
        f"DESCRIPTION:{_text(_about(visit))}",
        f"LOCATION:{_text(place or record.location_value)}",
        "CLASS:PRIVATE",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines if not line.endswith(":"))


def _status(status: Status) -> str:
    if status is Status.CANCELLED:
        return "CANCELLED"
    return "TENTATIVE" if status is Status.REQUESTED else "CONFIRMED"


def _about(visit: Visit) -> str:
    record = visit.record
    told = [_("With: %(names)s") % {"names": ", ".join(visit.hosts)}]
    if record.location_value and record.location_id:
        told.append(record.location_value)
    if visit.phone:
        told.append(_("Phone: %(number)s") % {"number": visit.phone})
    told.append(_("E-mail: %(address)s") % {"address": visit.email})
    return "\n".join(told)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """A text in which commas, semicolons, backslashes and new lines stand escaped."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(escaped.splitlines())


def _folded(line: str) -> str:
    """The line in pieces of at most 75 octets, none of which ends within a character."""
    pieces, piece, size = [], "", 0
    for character in line:
        width = len(character.encode())
        if size + width > LONGEST_LINE:
            pieces.append(piece)
            piece, size = " ", 1
        piece += character
        size += width
    return "\r\n".join([*pieces, piece])
