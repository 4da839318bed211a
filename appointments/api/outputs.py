"""What the appointment endpoints answer, for the schema."""

from typing import Any

from rest_framework import serializers

from appointments.models import Source, Status
from businesses.api.outputs import Meta, Problem


class NamedService(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    alias = serializers.CharField(allow_null=True)


class NamedStaff(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField()


class NamedPatient(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField(allow_null=True)


class NamedLocation(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    address = serializers.CharField(allow_null=True)


class GivenAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    variableName = serializers.CharField()
    question = serializers.CharField()
    answer = serializers.JSONField()


class RecurrenceOutput(serializers.Serializer[Any]):
    """A recurrence rule, parsed."""

    freq = serializers.ChoiceField(choices=["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    interval = serializers.IntegerField()
    count = serializers.IntegerField(allow_null=True)
    until = serializers.CharField(allow_null=True)
    byDay = serializers.ListField(child=serializers.CharField())
    byMonthDay = serializers.ListField(child=serializers.IntegerField())
    byMonth = serializers.ListField(child=serializers.IntegerField())
    bySetPos = serializers.ListField(child=serializers.IntegerField())


class AppointmentOutput(serializers.Serializer[Any]):
    """An appointment, for the schema; `representation.appointment` writes it."""

    id = serializers.UUIDField()
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()
    service = NamedService()
    staff = NamedStaff()
    patient = NamedPatient()
    location = NamedLocation(allow_null=True)
    serviceId = serializers.UUIDField()
    staffId = serializers.UUIDField()
    staffName = serializers.CharField()
    patientId = serializers.UUIDField()
    additionalStaffIds = serializers.ListField(child=serializers.UUIDField())
    date = serializers.DateTimeField()
    originalDate = serializers.DateTimeField(allow_null=True)
    duration = serializers.IntegerField()
    price = serializers.IntegerField()
    currency = serializers.CharField()
    groupBookingId = serializers.UUIDField(allow_null=True)
    cancelled = serializers.BooleanField()
    approved = serializers.BooleanField()
    patientTimezone = serializers.CharField(allow_null=True)
    locationType = serializers.CharField(allow_null=True)
    locationValue = serializers.CharField(allow_null=True)
    paymentProvider = serializers.CharField(allow_null=True)
    paymentId = serializers.CharField(allow_null=True)
    answers = GivenAnswer(many=True)
    recurringAppointmentId = serializers.UUIDField(allow_null=True)
    rrule = serializers.CharField(allow_null=True)
    recurrence = RecurrenceOutput(allow_null=True)
    rescheduleUrl = serializers.URLField()
    cancelUrl = serializers.URLField()
    tags = serializers.ListField(child=serializers.CharField())
    endDate = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=Status.choices)
    overbooked = serializers.BooleanField()
    notes = serializers.CharField(allow_blank=True)
    source = serializers.ChoiceField(choices=Source.choices)  # type: ignore[assignment]


class Occurrence(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    date = serializers.DateTimeField()


class SkippedDate(serializers.Serializer[Any]):
    date = serializers.DateTimeField()
    code = serializers.CharField()


class SeriesMeta(serializers.Serializer[Any]):
    occurrences = Occurrence(many=True)
    skipped = SkippedDate(many=True)


class BookedAppointment(serializers.Serializer[Any]):
    """`meta` is there for a series only."""

    data = AppointmentOutput()  # type: ignore[assignment]
    meta = SeriesMeta(required=False)


class OneAppointment(serializers.Serializer[Any]):
    data = AppointmentOutput()  # type: ignore[assignment]


class ManyAppointments(serializers.Serializer[Any]):
    data = AppointmentOutput(many=True)  # type: ignore[assignment]
    meta = Meta()


class OtherStaff(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class OtherTime(serializers.Serializer[Any]):
    time = serializers.DateTimeField()
    staff = OtherStaff()


class ClashingDateOutput(serializers.Serializer[Any]):
    date = serializers.DateTimeField()
    code = serializers.CharField()
    title = serializers.CharField()
    alternatives = OtherTime(many=True)


class ClashProblem(Problem):
    """`dates` is there for a series only."""

    alternatives = OtherTime(many=True, required=False)
    dates = ClashingDateOutput(many=True, required=False)


class ClashOutput(serializers.Serializer[Any]):
    error = ClashProblem()


class TwoAppointments(serializers.Serializer[Any]):
    data = AppointmentOutput(many=True)  # type: ignore[assignment]


class ReasonOutput(serializers.Serializer[Any]):
    """Why somebody is not free. All but the code needs the scope appointments:explain."""

    code = serializers.CharField()
    staffId = serializers.UUIDField(required=False)
    kind = serializers.CharField(required=False)
    startDate = serializers.DateTimeField(required=False)
    endDate = serializers.DateTimeField(required=False)
    what = serializers.CharField(required=False)
    appointmentId = serializers.UUIDField(required=False)


class AvailableStaff(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    availableSlots = serializers.IntegerField()
    reasons = ReasonOutput(many=True, required=False)


class AvailableTime(serializers.Serializer[Any]):
    time = serializers.DateTimeField()
    staffs = AvailableStaff(many=True)


class ManyTimes(serializers.Serializer[Any]):
    data = AvailableTime(many=True)  # type: ignore[assignment]
    meta = Meta()


class PreviewReason(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()


class PreviewedDate(serializers.Serializer[Any]):
    date = serializers.DateTimeField()
    bookable = serializers.BooleanField()
    staff = OtherStaff(allow_null=True)
    reason = PreviewReason(allow_null=True)
    alternatives = OtherTime(many=True)


class ManyPreviewed(serializers.Serializer[Any]):
    data = PreviewedDate(many=True)  # type: ignore[assignment]
    meta = Meta()


class Candidate(serializers.Serializer[Any]):
    staff = OtherStaff()
    dayMinutes = serializers.IntegerField(allow_null=True)
    weekMinutes = serializers.IntegerField(allow_null=True)
    lastAssignedAt = serializers.DateTimeField(allow_null=True)
    dates = serializers.IntegerField(allow_null=True)


class UsedResource(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()


class AssignmentOutput(serializers.Serializer[Any]):
    rule = serializers.CharField()
    staff = OtherStaff()
    candidates = Candidate(many=True)
    resources = UsedResource(many=True)


class OneAssignment(serializers.Serializer[Any]):
    data = AssignmentOutput()  # type: ignore[assignment]
