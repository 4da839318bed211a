"""How far an appointment has come, and which step may follow which."""

from __future__ import annotations

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
    if to not in next_steps(record):
        told = ", ".join(one.value for one in next_steps(record))
        raise WrongStatus(
            f"An appointment that is {now.value} can't become {to.value}; "
            + (f"it can become {told}." if told else "nothing follows.")
        )
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
