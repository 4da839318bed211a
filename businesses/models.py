"""The practice: a business, its places, what it offers, and the keys of other software."""

from __future__ import annotations

from typing import Any, ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from businesses.fields import AliasField, CurrencyField, HoursField, IdField, ZoneField
from businesses.hours import nine_to_five
from businesses.querysets import BusinessQuerySet, TenantQuerySet
from businesses.scopes import SCOPES

DAY = 24 * 60


class Dated(models.Model):
    """A row with an identifier and the moments at which it was made and last changed."""

    id = IdField()
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        abstract = True


@pghistory.track()
class Business(Dated):
    """A clinic: the root of everything that belongs to it."""

    alias = AliasField(
        _("alias"),
        help_text=_("The short name in web addresses, such as riverside."),
    )
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail"), max_length=254)
    logo_url = models.URLField(_("logo address"), max_length=500, blank=True, default="")
    enabled = models.BooleanField(
        _("takes bookings"), default=True, help_text=_("Off: nothing can be booked at all.")
    )
    timezone = ZoneField(_("time zone"), default="UTC")
    currency = CurrencyField(
        _("currency"),
        default="usd",
    )
    default_staff_working_hours = HoursField(
        _("default working hours"),
        null=True,
        blank=True,
        default=nine_to_five,
        help_text=_("For staff without hours of their own. Empty: closed."),
    )
    lead_time = models.PositiveIntegerField(
        _("lead time"),
        default=0,
        help_text=_("Minutes before the start until which patients may book."),
    )
    cancel_lead_time = models.PositiveIntegerField(
        _("cancel lead time"),
        default=0,
        help_text=_("Minutes before the start until which patients may cancel or move."),
    )
    time_increment = models.PositiveIntegerField(
        _("step"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(DAY)],
        help_text=_("Minutes between offered start times."),
    )
    availability_limit_days = models.PositiveIntegerField(
        _("horizon"),
        default=365,
        validators=[MinValueValidator(1)],
        help_text=_("Days ahead that patients may book."),
    )
    buffer_before_minutes = models.PositiveIntegerField(
        _("buffer before"), default=0, validators=[MaxValueValidator(DAY)]
    )
    buffer_after_minutes = models.PositiveIntegerField(
        _("buffer after"), default=0, validators=[MaxValueValidator(DAY)]
    )

    objects: ClassVar[Any] = BusinessQuerySet.as_manager()

    class Meta:
        verbose_name = _("business")
        verbose_name_plural = _("businesses")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(Lower("alias"), name="business_alias_is_unique"),
            models.CheckConstraint(
                condition=Q(buffer_before_minutes__lte=DAY, buffer_after_minutes__lte=DAY),
                name="business_buffers_fit_a_day",
            ),
        )

    def __str__(self) -> str:
        return self.name


class TenantModel(Dated):
    """A row that belongs to a business.

    In the database the primary key is (business, id), and references between rows of a
    business are composite foreign keys, so that a row can never point into another business.
    """

    business = models.ForeignKey(
        Business,
        models.PROTECT,
        db_index=False,  # the primary key begins with it
        related_name="%(class)s",
        verbose_name=_("business"),
    )

    objects: ClassVar[Any] = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


def reference(to: Any, on_delete: Any = models.PROTECT, **options: Any) -> Any:
    """A foreign key within a business; a migration adds its (business, …) constraint.

    It brings no index of its own: what is looked up by it has one that begins with the business.
    """
    return models.ForeignKey(to, on_delete, db_constraint=False, db_index=False, **options)


@pghistory.track()
class Location(TenantModel):
    """A place where patients are seen."""

    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    instructions = models.TextField(_("instructions"), blank=True, default="")
    address = models.CharField(_("address"), max_length=500, blank=True, default="")
    lat = models.FloatField(
        _("latitude"),
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    lng = models.FloatField(
        _("longitude"),
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    phone = models.CharField(_("phone"), max_length=50, blank=True, default="")
    email = models.EmailField(_("e-mail"), max_length=254, blank=True, default="")
    picture_url = models.URLField(_("picture address"), max_length=500, blank=True, default="")
    timezone = ZoneField(
        _("time zone"),
    )

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


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

    service = reference(Service, models.CASCADE, related_name="+")
    category = reference(ServiceCategory, models.CASCADE, related_name="+")

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

    service = reference(Service, models.CASCADE, related_name="durations")
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
        return f"{self.minutes} min"


@pghistory.track()
class Closure(TenantModel):
    """Days on which the business, or one of its locations, is closed.

    Whole local days: of the location's zone for a location, else of the business's.
    """

    location = reference(
        Location,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="closures",
        verbose_name=_("location"),
        help_text=_("Empty: the whole business."),
    )
    name = models.CharField(_("name"), max_length=200, help_text=_("Such as New Year's Day."))
    date_start = models.DateField(_("first day"))
    date_end = models.DateField(_("last day"))
    region = models.CharField(
        _("public holiday of"),
        max_length=20,
        blank=True,
        default="",
        editable=False,
        help_text=_("The country and region it was imported for, such as DE-BY."),
    )

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering = ("date_start", "name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(date_end__gte=models.F("date_start")),
                name="closure_ends_after_it_starts",
            ),
            models.UniqueConstraint(
                fields=("business", "location", "date_start", "date_end", "name"),
                nulls_distinct=False,
                name="closure_is_once",
            ),
        )
        indexes = (
            # What is closed in a span of days: everything that ends after it begins.
            models.Index(fields=("business", "date_end"), name="closure_by_end"),
        )

    def __str__(self) -> str:
        return self.name


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

    service = reference(Service, models.CASCADE, related_name="needs")
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


class QuestionKind(models.TextChoices):
    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")


@pghistory.track()
class BookingQuestion(TenantModel):
    """Something a patient is asked when a service is booked."""

    service = reference(Service, models.CASCADE, related_name="questions")
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


@pghistory.track(exclude=["secret_hash", "last_used_at"])
class ApiKey(TenantModel):
    """A secret with which other software acts for a business. Only a hash of it is stored."""

    description = models.CharField(_("description"), max_length=200)
    prefix = models.CharField(_("begins with"), max_length=16, editable=False)
    secret_hash = models.BinaryField(max_length=32, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=40, choices=SCOPES.items()),
        verbose_name=_("scopes"),
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ("-created_at",)
        indexes = (
            # Every API request finds its key by this hash.
            models.Index(fields=("secret_hash",), name="api_key_by_hash"),
        )

    def __str__(self) -> str:
        return f"{self.description} ({self.prefix}…)"


class IdempotentAnswer(models.Model):
    """The first answer to a request with an `Idempotency-Key`, kept for a day.

    The row is claimed in the transaction of the booking: a repeat waits for it, and a crash
    leaves nothing behind. Not part of the history: it is a copy of an answer.
    """

    id = IdField()
    business = models.ForeignKey(Business, models.CASCADE, db_index=False, related_name="+")
    principal = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    request_hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("idempotent answer")
        verbose_name_plural = _("idempotent answers")
        constraints = (
            models.UniqueConstraint(
                fields=("business", "principal", "key"), name="idempotency_key_is_unique"
            ),
        )
        indexes = (
            # The worker deletes the old ones.
            models.Index(fields=("created_at",), name="idempotent_answer_by_age"),
        )

    def __str__(self) -> str:
        return self.key
