"""The people who are seen."""

from __future__ import annotations

from typing import Any, ClassVar

import pghistory
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce, Concat, Lower
from django.utils.translation import gettext_lazy as _

from businesses.fields import ZoneField
from businesses.models import TenantModel, reference
from patients.querysets import PatientQuerySet
from staff.models import Staff


class BiologicalSex(models.TextChoices):
    FEMALE = "FEMALE", _("Female")
    MALE = "MALE", _("Male")
    OTHER = "OTHER", _("Other")


@pghistory.track(exclude=["search"])
class Patient(TenantModel):
    """Somebody who is seen. The desk may know no more than a name and a phone number."""

    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail"), max_length=254, null=True, blank=True)
    phone_mobile = models.CharField(_("mobile phone"), max_length=50, blank=True, default="")
    dob = models.DateField(_("date of birth"), null=True, blank=True)
    biological_sex = models.CharField(
        _("biological sex"), max_length=10, choices=BiologicalSex.choices, blank=True, default=""
    )
    gender = models.CharField(_("gender"), max_length=100, blank=True, default="")
    timezone = ZoneField(_("time zone"), blank=True, default="")
    height = models.FloatField(
        _("height"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(300)],
        help_text=_("Centimetres."),
    )
    weight = models.FloatField(
        _("weight"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1000)],
        help_text=_("Kilograms."),
    )
    primary_staff = reference(
        Staff, null=True, blank=True, related_name="+", verbose_name=_("usually seen by")
    )
    # HL7 FHIR calls it a Flag: what whoever deals with the patient must know beforehand.
    alert = models.CharField(
        _("alert"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=_("Shown to whoever books, such as: needs an interpreter."),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    archived_reason = models.CharField(_("why archived"), max_length=500, blank=True, default="")
    search = models.GeneratedField(
        expression=Func(
            Concat(
                # With a blank before the first word too, so that "% an%" is a word's beginning,
                # which the trigram index finds from its first letter on.
                Value(" "),
                F("name"),
                Value(" "),
                Coalesce(F("email"), Value(""), output_field=models.TextField()),
                Value(" "),
                F("phone_mobile"),
                Value(" "),
                # The number as digits alone finds +44 20 7946 0958 by 2079460958.
                Func(
                    F("phone_mobile"),
                    Value("[^0-9]"),
                    Value(""),
                    Value("g"),
                    function="regexp_replace",
                    output_field=models.TextField(),
                ),
                output_field=models.TextField(),
            ),
            function="searchable_text",
            output_field=models.TextField(),
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects: ClassVar[Any] = PatientQuerySet.as_manager()

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                "business",
                Lower("email"),
                name="patient_email_is_unique",
                violation_error_message=_("Another patient has this e-mail address."),
            ),
            models.CheckConstraint(condition=~Q(email=""), name="patient_email_is_null_or_given"),
        )
        indexes = (
            # The desk's list of patients, and a client's paging through them.
            models.Index(fields=("business", "name", "id"), name="patients_by_name"),
            # The desk's search as somebody types.
            GinIndex(OpClass(F("search"), name="gin_trgm_ops"), name="patients_by_text"),
            # The desk's search by birth date.
            models.Index(fields=("business", "dob"), name="patients_by_birth_date"),
        )

    def __str__(self) -> str:
        return self.name
