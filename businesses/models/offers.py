"""What can be booked: services, their lengths, prices and questions, and what they need."""

from __future__ import annotations

from typing import Any

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from businesses.fields import AliasField, CurrencyField, HoursField
from businesses.models.practice import DAY, Location, TenantModel, archived, reference


@pghistory.track()
class ServiceCategory(TenantModel):
    """A heading under which services are offered."""

    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("service category")
        verbose_name_plural = _("service categories")
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


def inherited(label: Any, **options: Any) -> Any:
    """A number that is empty where the business's own counts."""
    return models.PositiveIntegerField(
        label, null=True, blank=True, help_text=_("Empty: as the business."), **options
    )


@pghistory.track()
class Service(TenantModel):
    """What can be booked: a kind of visit, its lengths and prices, and the rules for it."""

    alias = AliasField(_("alias"), null=True, blank=True)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    enabled = models.BooleanField(_("can be booked"), default=True)
    archived_at = archived()
    categories = models.ManyToManyField(
        ServiceCategory,
        through="ServiceInCategory",
        blank=True,
        related_name="services",
        verbose_name=_("categories"),
    )
    location = reference(
        Location, null=True, blank=True, related_name="services", verbose_name=_("location")
    )
    location_type = models.CharField(
        _("location type"),
        max_length=50,
        blank=True,
        default="",
        help_text=_("An open word such as in_person, phone, meet, zoom or url."),
    )
    location_value = models.CharField(
        _("address, number or link"), max_length=500, blank=True, default=""
    )
    currency = CurrencyField(
        _("currency"),
        blank=True,
        default="",
        help_text=_("Empty: as the business."),
    )
    working_hours = HoursField(
        _("service hours"),
        null=True,
        blank=True,
        help_text=_("When this service is given; within the hours of staff. Empty: always."),
    )
    bookings_require_approval = models.BooleanField(
        _("needs approval"),
        default=False,
        help_text=_("Bookings by patients and other software wait, and hold no time until then."),
    )
    bookings_per_timeslot = models.PositiveIntegerField(
        _("places per time slot"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=_("How many patients one staff member sees at the same time."),
    )
    lead_time = inherited(_("lead time"))
    cancel_lead_time = inherited(_("cancel lead time"))
    time_increment = inherited(_("step"), validators=[MinValueValidator(1), MaxValueValidator(DAY)])
    availability_limit_days = inherited(_("horizon"), validators=[MinValueValidator(1)])
    buffer_before_minutes = inherited(_("buffer before"), validators=[MaxValueValidator(DAY)])
    buffer_after_minutes = inherited(_("buffer after"), validators=[MaxValueValidator(DAY)])

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint("business", Lower("alias"), name="service_alias_is_unique"),
            models.CheckConstraint(
                condition=Q(bookings_per_timeslot__gte=1), name="service_has_a_place"
            ),
            models.CheckConstraint(
                condition=Q(archived_at__isnull=True) | Q(enabled=False),
                name="archived_service_is_not_booked",
            ),
            models.CheckConstraint(
                condition=(
                    Q(buffer_before_minutes__isnull=True) | Q(buffer_before_minutes__lte=DAY)
                )
                & (Q(buffer_after_minutes__isnull=True) | Q(buffer_after_minutes__lte=DAY)),
                name="service_buffers_fit_a_day",
            ),
        )

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class ServiceInCategory(TenantModel):
    """That a service stands under a heading."""

    service = reference(Service, models.CASCADE, related_name="+", verbose_name=_("service"))
    category = reference(
        ServiceCategory, models.CASCADE, related_name="+", verbose_name=_("service category")
    )

    class Meta:
        verbose_name = _("category of a service")
        verbose_name_plural = _("categories of services")
        constraints = (
            models.UniqueConstraint(
                fields=("business", "service", "category"), name="service_is_once_in_category"
            ),
        )

    def __str__(self) -> str:
        return f"{self.service_id} / {self.category_id}"


@pghistory.track()
class ServiceDuration(TenantModel):
    """A length in which a service is offered, with its price."""

    service = reference(
        Service, models.CASCADE, related_name="durations", verbose_name=_("service")
    )
    minutes = models.PositiveIntegerField(
        _("minutes"), validators=[MinValueValidator(1), MaxValueValidator(DAY)]
    )
    price = models.PositiveIntegerField(
        _("price"), default=0, help_text=_("In the smallest unit of the currency, such as cents.")
    )

    class Meta:
        verbose_name = _("duration")
        verbose_name_plural = _("durations")
        ordering = ("minutes",)
        constraints = (
            models.UniqueConstraint(
                fields=("business", "service", "minutes"), name="service_duration_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=DAY), name="service_duration_fits_a_day"
            ),
        )

    def __str__(self) -> str:
        return pgettext("a length", "%(minutes)s min") % {"minutes": self.minutes}


class QuestionKind(models.TextChoices):
    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")


@pghistory.track()
class BookingQuestion(TenantModel):
    """Something a patient is asked when a service is booked."""

    service = reference(
        Service, models.CASCADE, related_name="questions", verbose_name=_("service")
    )
    variable_name = models.CharField(_("variable name"), max_length=64)
    question = models.CharField(_("question"), max_length=500)
    kind = models.CharField(
        _("kind"), max_length=10, choices=QuestionKind.choices, default=QuestionKind.TEXT
    )
    required = models.BooleanField(
        _("required"),
        default=False,
        help_text=_("Patients must answer; the desk and other software may leave it out."),
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("booking question")
        verbose_name_plural = _("booking questions")
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("business", "service", "variable_name"), name="question_variable_is_unique"
            ),
        )

    def __str__(self) -> str:
        return self.question


def kind_of(written: str) -> str:
    """A kind as it is stored, and compared: in lower case, its words singly spaced."""
    return " ".join(written.split()).lower()


@pghistory.track()
class Resource(TenantModel):
    """A room or a device that visits need, and that one visit uses at a time."""

    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(
        _("kind"),
        max_length=50,
        help_text=_("What it is, in a word: room, ultrasound, bike. A service may need one of it."),
    )
    location = reference(
        Location,
        null=True,
        blank=True,
        related_name="resources",
        verbose_name=_("location"),
        help_text=_("Where it stands. Empty: it can be used at every location."),
    )
    enabled = models.BooleanField(_("can be used"), default=True)

    class Meta:
        verbose_name = _("room or device")
        verbose_name_plural = _("rooms and devices")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint("business", Lower("name"), name="resource_name_is_unique"),
            models.CheckConstraint(
                condition=Q(kind=Lower("kind")) & ~Q(kind=""), name="resource_kind_is_lower_case"
            ),
        )

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class ResourceNeed(TenantModel):
    """That a service needs a room or device: one of a kind, or a particular one."""

    service = reference(Service, models.CASCADE, related_name="needs", verbose_name=_("service"))
    kind = models.CharField(
        _("any of the kind"), max_length=50, blank=True, default="", help_text=_("Such as room.")
    )
    resource = reference(
        Resource,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("or this one"),
    )

    class Meta:
        verbose_name = _("needed room or device")
        verbose_name_plural = _("needed rooms and devices")
        ordering = ("kind", "id")
        constraints = (
            models.CheckConstraint(
                condition=(Q(kind="") & Q(resource__isnull=False))
                | (Q(kind=Lower("kind")) & ~Q(kind="") & Q(resource__isnull=True)),
                name="need_is_a_kind_or_a_resource",
                violation_error_message=_("Name either a kind or one room or device."),
            ),
            models.UniqueConstraint(
                fields=("business", "service", "resource"),
                condition=Q(resource__isnull=False),
                name="resource_is_needed_once",
            ),
        )

    def __str__(self) -> str:
        return self.kind or str(self.resource_id)
