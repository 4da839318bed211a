"""Patients: found, kept up to date, put away and taken out again."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from businesses.api.answers import nothing
from businesses.api.collections import Clashing, CollectionViewSet, Conflict
from businesses.api.fields import (
    Day,
    Email,
    Flag,
    Identifier,
    Input,
    Moment,
    Number,
    OrNull,
    Text,
    Word,
    ZoneName,
)
from businesses.api.outputs import many, one
from businesses.api.query import Filters, Reads, Switch, only, parameters_of, refused
from businesses.api.schema import IF_MATCH, operation
from patients.models import BiologicalSex, Patient
from staff.models import Staff

TAG = "Patients"
PAGE = 10
EMAIL_TAKEN = Clashing("email_taken", "Another patient here has this e-mail address.")


def optional(**more: Any) -> dict[str, Any]:
    """Left out, it stays as it is; null empties it."""
    return {"required": False, "allow_null": True, **more}


class PatientFields(Input):
    """What may be said of a patient besides name and e-mail."""

    phoneMobile = Text(**optional(max_length=50, allow_blank=True))
    primaryStaffId = Identifier(**optional(help_text="By whom the patient is usually seen."))
    dob = Day(**optional(help_text="Date of birth."))
    biologicalSex = Word(**optional(choices=BiologicalSex.choices))
    gender = Text(**optional(max_length=100, allow_blank=True))
    timezone = ZoneName(**optional())
    height = Number(**optional(min_value=0, max_value=300, help_text="Centimetres."))
    weight = Number(**optional(min_value=0, max_value=1000, help_text="Kilograms."))


class PatientInput(PatientFields):
    """The body of a new patient, or of what is new about one."""

    name = Text(max_length=200)
    email = Email()
    mode = Word(
        choices=("create", "upsert"),
        default="upsert",
        help_text="upsert changes the patient who has that e-mail address; create answers 409.",
    )


class PatientChangeInput(PatientFields):
    """The body of a change: what is left out stays, null empties."""

    name = Text(required=False, max_length=200)
    email = Email(**optional())
    archived = Flag(required=False, help_text="false takes an archived patient out again.")


@extend_schema_field(serializers.ChoiceField(choices=BiologicalSex.choices, allow_null=True))
class SexOrNull(OrNull):
    """For answers: a word of BiologicalSex, or null."""


class PatientOutput(serializers.Serializer[Any]):
    """Somebody who is seen."""

    id = Identifier()
    createdAt = Moment(source="created_at")
    updatedAt = Moment(source="updated_at")
    archivedAt = Moment(source="archived_at", allow_null=True)
    archivedReason = OrNull(source="archived_reason")
    email = serializers.EmailField(
        allow_null=True, help_text="null for somebody whom only the desk knows."
    )
    name = serializers.CharField()
    phoneMobile = OrNull(source="phone_mobile")
    biologicalSex = SexOrNull(source="biological_sex")
    gender = OrNull()
    timezone = OrNull()
    dob = Day(allow_null=True)
    height = serializers.FloatField(allow_null=True, help_text="Centimetres.")
    weight = serializers.FloatField(allow_null=True, help_text="Kilograms.")


class PatientFilters(Filters):
    """Archived patients are left out, unless they are asked for or a copy is kept in step."""

    search = Reads(
        Text(max_length=200, allow_blank=True),
        method="matching",
        help_text="Words of the name, phone, e-mail or birth date, in any order.",
    )
    email = Reads(Email(), method="with_email", help_text="Exactly this, in any case.")
    includeArchived = Reads(
        Switch(),
        method="among_all",
        help_text="Archived ones too. Left out: only together with updatedSince.",
    )

    def matching(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.matching(value).order_by("name", "id")

    def with_email(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.with_email(value)

    def among_all(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset if value else queryset.unarchived()

    def filter_queryset(self, queryset: Any) -> Any:
        narrowed: Any = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        if asked.get("includeArchived") is None and asked.get("updatedSince") is None:
            narrowed = narrowed.unarchived()
        return narrowed


class ReasonInput(Input):
    """The query of an archiving."""

    reason = Text(max_length=500, allow_blank=True, required=False)


NEW, CHANGE, REASON = PatientInput(), PatientChangeInput(), ReasonInput()
# The columns that are empty rather than null.
TEXTS = ("phone_mobile", "biological_sex", "gender", "timezone")
COLUMNS = {
    "name": "name",
    "email": "email",
    "phoneMobile": "phone_mobile",
    "primaryStaffId": "primary_staff_id",
    "dob": "dob",
    "biologicalSex": "biological_sex",
    "gender": "gender",
    "timezone": "timezone",
    "height": "height",
    "weight": "weight",
}


@extend_schema_view(
    list=operation(
        "listPatients",
        TAG,
        "List patients",
        "By name. With updatedSince those too that were archived since.",
        parameters=parameters_of(PatientFilters, default_limit=PAGE),
        answer={200: many(PatientOutput)},
    ),
    create=operation(
        "createPatient",
        TAG,
        "Add a patient, or update the one with that e-mail address",
        "201 for a new patient, 200 for one who was there. Of an archived patient the data are "
        "changed too; archived they stay, until a PUT restores them.",
        request=PatientInput,
        answer={201: one(PatientOutput), 200: one(PatientOutput)},
        refusals=("400 staff_not_found", "409 email_taken"),
    ),
    retrieve=operation(
        "getPatient",
        TAG,
        "Get a patient",
        "Archived ones too.",
        answer={200: one(PatientOutput)},
    ),
    update=operation(
        "updatePatient",
        TAG,
        "Change a patient",
        "What is left out stays, null empties. The answer is not wrapped in data.",
        parameters=[IF_MATCH],
        request=PatientChangeInput,
        answer={200: PatientOutput},
        refusals=("400 staff_not_found", "409 email_taken"),
    ),
    destroy=operation(
        "archivePatient",
        TAG,
        "Archive a patient",
        "GET still tells the patient, and PUT restores. Repeating changes nothing.",
        parameters=[OpenApiParameter("reason", OpenApiTypes.STR, description="Why."), IF_MATCH],
        writes=True,
        answer={204: None},
    ),
)
class PatientViewSet(CollectionViewSet):
    """Patients of one business."""

    serializer_class = PatientOutput
    output = PatientOutput()
    filters = PatientFilters
    default_limit = PAGE
    conflicts: ClassVar[dict[str, Clashing]] = {"patient_email_is_unique": EMAIL_TAKEN}
    scopes: ClassVar[dict[str, str]] = {
        "list": "patients:read",
        "retrieve": "patients:read",
        "create": "patients:write",
        "update": "patients:write",
        "destroy": "patients:write",
    }

    def rows(self) -> QuerySet[Patient]:
        mine: QuerySet[Patient] = Patient.objects.filter(business_id=self.kwargs["business_id"])
        return mine

    def create(self, request: Request, business_id: UUID) -> HttpResponse:
        only(request)
        sent = NEW.read(request.data)
        values = self._columns(sent)
        with self.saving():
            patient, new = self._added(values, upsert=sent["mode"] == "upsert")
            if not new:
                _change(patient, values)
        address = reverse("v1:patient", args=(business_id, patient.pk))
        return self.answer(request, patient, status=201 if new else 200, Location=address)

    def update(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        sent = CHANGE.read(request.data)
        values = self._columns(sent)
        with self.saving():
            patient = self.held(request, pk)
            if sent.get("archived") is False:
                values |= {"archived_at": None, "archived_reason": ""}
            elif sent.get("archived") and patient.archived_at is None:
                values["archived_at"] = timezone.now()
            _change(patient, values)
        return self.answer(request, patient, wrapped=False)

    def destroy(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        reason = REASON.read(only(request, *REASON.fields)).get("reason", "")
        with self.saving():
            patient = self.held(request, pk)
            if patient.archived_at is None:
                archived = {"archived_at": timezone.now(), "archived_reason": reason}
                _change(patient, archived)
        return nothing()

    def _columns(self, sent: dict[str, Any]) -> dict[str, Any]:
        """The values that were sent, as they are stored. One statement for a staff member."""
        values = {COLUMNS[name]: value for name, value in sent.items() if name in COLUMNS}
        staff_id = values.get("primary_staff_id")
        mine = Staff.objects.filter(business_id=self.kwargs["business_id"])
        if staff_id is not None and not mine.filter(pk=staff_id).exists():
            title = "There is no such staff member in this business."
            raise refused("primaryStaffId", title, "staff_not_found")
        return values | {name: "" for name in TEXTS if name in values and values[name] is None}

    def _added(self, values: dict[str, Any], *, upsert: bool) -> tuple[Patient, bool]:
        """A new patient and True; for an upsert perhaps the one who was there, and False.

        The rival this is about: a second upsert of the same new address. It is waited for, and its
        patient is found.
        """
        patient = Patient(business_id=self.kwargs["business_id"], **values)
        if not upsert:
            patient.save(force_insert=True)
            return patient, True
        Patient.objects.bulk_create([patient], ignore_conflicts=True)
        mine: Any = self.rows()
        there = mine.with_email(values["email"]).select_for_update(no_key=True).first()
        if there is None:  # its address was changed in the meantime
            raise Conflict(*EMAIL_TAKEN)
        return there, there.pk == patient.pk


def _change(patient: Patient, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(patient, name, value)
    patient.save()
