"""How far an appointment has come, and which step may follow which."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from appointments.errors import WrongStatus
from appointments.models import Status
from appointments.record import Record

# Each status, and those that may follow it. The last step can be undone besides.
STEPS: dict[Status, tuple[Status, ...]] = {
    Status.REQUESTED: (Status.BOOKED, Status.CANCELLED),
    Status.BOOKED: (Status.ARRIVED, Status.NO_SHOW, Status.CANCELLED),
    Status.ARRIVED: (Status.IN_PROGRESS, Status.CANCELLED),
    Status.IN_PROGRESS: (Status.COMPLETED,),
    Status.COMPLETED: (),
    Status.NO_SHOW: (),
    Status.CANCELLED: (),
}

# Those that can still be moved, or given to somebody else.
MOVABLE = {Status.REQUESTED, Status.BOOKED, Status.ARRIVED, Status.IN_PROGRESS}

# What an appointment is, within a sentence.
IN_WORDS = {
    "requested": pgettext_lazy("an appointment that is …", "requested"),
    "booked": pgettext_lazy("an appointment that is …", "booked"),
    "arrived": pgettext_lazy("an appointment that is …", "arrived"),
    "in_progress": pgettext_lazy("an appointment that is …", "in progress"),
    "completed": pgettext_lazy("an appointment that is …", "completed"),
    "no_show": pgettext_lazy("an appointment that is …", "a no-show"),
    "cancelled": pgettext_lazy("an appointment that is …", "cancelled"),
}


def in_words(status: str) -> str:
    """A status as a sentence says it."""
    return str(IN_WORDS[status])


def next_steps(record: Record) -> list[Status]:
    """What the appointment's status may become, the undoing of its last step last."""
    undone = [Status(record.status_before)] if record.status_before else []
    return [*STEPS[Status(record.status)], *undone]


def stepped(record: Record, to: Status) -> Record:
    """The appointment one step on, or back by the last one; WrongStatus says what is possible.

    The status that it has already is no step. What it holds is the caller's to see to.
    """
    now = Status(record.status)
    if to == now:
        return record
    possible = next_steps(record)
    if to not in possible:
        refusal = WrongStatus(_refusing(now, to, possible, in_words))
        refusal.for_software = _refusing(now, to, possible, str)
        raise refusal
    undone = to.value == record.status_before
    return record._replace(
        status=to.value,
        status_before="" if undone else now.value,
        approved=record.approved if to is Status.CANCELLED else to is not Status.REQUESTED,
        group_slot_id=None if to is Status.REQUESTED else record.group_slot_id,
        cancelled_at=None,
        cancel_reason="",
        cancelled_by="",
    )


def _refusing(
    now: Status, to: Status, possible: Sequence[Status], told: Callable[[Status], str]
) -> str:
    """Why it can't become that, and what it can; each `told` in words or as its code."""
    words = {"now": told(now), "then": told(to), "possible": ", ".join(map(told, possible))}
    if not possible:
        return _("An appointment that is %(now)s can't become %(then)s; nothing follows.") % words
    return (
        _("An appointment that is %(now)s can't become %(then)s; it can become %(possible)s.")
        % words
    )
