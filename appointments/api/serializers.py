"""What the appointment endpoints take, and for the schema, what they answer."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from appointments.acceptance import BookingRequest
from appointments.models import Source, Status
from businesses.api.fields import (
    Answer,
    Identifier,
    Input,
    Moment,
    Several,
    Text,
    WholeNumber,
    ZoneName,
)
from businesses.api.moments import instant
from businesses.models import Business
from businesses.zones import zone

DAY = 24 * 60


class AnswerInput(Input):
    id = Identifier()
    answer = Answer()


def optional(**more: Any) -> dict[str, Any]:
    """Left out or null is the same."""
    return {"required": False, "allow_null": True, **more}


class BookingInput(Input):
    """The body of a create."""

    date = Moment(help_text="Start. Without an offset it is wall-clock time in clientTimezone.")
    patientId = Identifier()
    serviceId = Identifier()
    duration = WholeNumber(min_value=1, max_value=DAY, help_text="Minutes, as the service offers.")
    staffId = Identifier(**optional(help_text="Left out: the least busy who can take it."))
    clientTimezone = ZoneName(**optional(help_text="Left out: the business's zone."))
    location = Text(**optional(max_length=500, allow_blank=True))
    additionalStaffIds = Several(
        **optional(child=Identifier(), max_length=20, help_text="Further hosts.")
    )
    answers = Several(**optional(child=AnswerInput(), max_length=100))
    tags = Several(**optional(child=Text(max_length=50), max_length=50))
    notes = Text(**optional(max_length=10_000, allow_blank=True, trim_whitespace=False))
    paymentProvider = Text(**optional(max_length=50, allow_blank=True))
    paymentId = Text(**optional(max_length=200, allow_blank=True))

    def request(self, data: Any, business_id: UUID) -> BookingRequest:
        """The command's input. One statement for a wall-clock time that names no zone."""
        sent = self.read(data)
        date, named_zone = sent["date"], sent.get("clientTimezone") or ""
        if date.tzinfo is None:
            place = named_zone or Business.objects.values_list("timezone", flat=True).get(
                pk=business_id
            )
            date = instant(date, zone(place), field="date")
        else:
            date = instant(date, zone("UTC"), field="date")
        return BookingRequest(
            service_id=sent["serviceId"],
            patient_id=sent["patientId"],
            starts_at=date,
            minutes=sent["duration"],
            staff_id=sent.get("staffId"),
            additional_staff_ids=tuple(dict.fromkeys(sent.get("additionalStaffIds") or ())),
            patient_timezone=named_zone,
            location=sent.get("location") or "",
            answers=tuple((one["id"], one["answer"]) for one in sent.get("answers") or ()),
            tags=tuple(dict.fromkeys(sent.get("tags") or ())),
            notes=sent.get("notes") or "",
            payment_provider=sent.get("paymentProvider") or "",
            payment_id=sent.get("paymentId") or "",
        )


class RangeInput(Input):
    """The query of a list."""

    startDate = Moment()
    endDate = Moment()
    limit = WholeNumber(min_value=1, max_value=50, required=False)
    offset = WholeNumber(min_value=0, max_value=10_000, required=False)


BOOKING = BookingInput()
RANGE = RangeInput()


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
    recurrence = serializers.JSONField(allow_null=True)
    rescheduleUrl = serializers.URLField()
    cancelUrl = serializers.URLField()
    tags = serializers.ListField(child=serializers.CharField())
    endDate = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=Status.choices)
    overbooked = serializers.BooleanField()
    notes = serializers.CharField(allow_blank=True)
    source = serializers.ChoiceField(choices=Source.choices)  # type: ignore[assignment]


class OneAppointment(serializers.Serializer[Any]):
    data = AppointmentOutput()  # type: ignore[assignment]


class Meta(serializers.Serializer[Any]):
    totalCount = serializers.IntegerField()


class ManyAppointments(serializers.Serializer[Any]):
    data = AppointmentOutput(many=True)  # type: ignore[assignment]
    meta = Meta()


class WrongField(serializers.Serializer[Any]):
    field = serializers.CharField()
    code = serializers.CharField()
    title = serializers.CharField()


class OtherStaff(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class OtherTime(serializers.Serializer[Any]):
    time = serializers.DateTimeField()
    staff = OtherStaff()


class Problem(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    fields = WrongField(many=True, required=False)  # type: ignore[assignment]
    alternatives = OtherTime(many=True, required=False)


class ErrorOutput(serializers.Serializer[Any]):
    error = Problem()
