"""The practice in the admin: businesses, places, what is offered, and the answers kept a day."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from businesses.admin.filters import Given, WithinReach
from businesses.admin.parts import TenantInline
from businesses.admin.rooms import NeedInline
from businesses.admin.tenancy import ReadOnlyAdmin, TenantAdmin
from businesses.admin.words import in_lines
from businesses.forms.clinic import BUSINESS_SENTENCES
from businesses.forms.locations import LocationForm
from businesses.forms.rooms import unmet_needs
from businesses.forms.tenancy import Sentences
from businesses.models import (
    BookingQuestion,
    Business,
    IdempotentAnswer,
    Location,
    ServiceCategory,
    ServiceDuration,
    ServiceInCategory,
)
from businesses.money import amount


@admin.register(Business)
class BusinessAdmin(TenantAdmin):
    """A business is opened and closed by an operator; its people change its settings."""

    reads, writes = "business:read", "business:write"
    in_business = "pk"
    shows_business = False
    list_display = ("name", "alias", "email", "timezone", "currency_code", "enabled")
    list_filter = ("enabled",)
    search_fields = ("name", "alias", "email")
    date_hierarchy = "created_at"
    sentences = BUSINESS_SENTENCES
    fieldsets = (
        (None, {"fields": ("name", "alias", "email", "logo_url", "enabled")}),
        (_("Time and money"), {"fields": ("timezone", "currency")}),
        (_("Hours"), {"fields": ("default_staff_working_hours",)}),
        (
            _("Booking"),
            {
                "fields": (
                    "time_increment",
                    "buffer_before_minutes",
                    "buffer_after_minutes",
                    "lead_time",
                    "cancel_lead_time",
                    "availability_limit_days",
                )
            },
        ),
    )

    told: ClassVar[Any] = {"default_staff_working_hours": "hours_told"}

    def business_of(self, row: Any) -> Business:
        business: Business = row
        return business

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    @admin.display(description=_("default working hours"))
    def hours_told(self, business: Business) -> str:
        return in_lines(business.default_staff_working_hours)

    @admin.display(description=_("currency"), ordering="currency")
    def currency_code(self, business: Business) -> str:
        return str(business.currency).upper()


class Archived(Given):
    title = _("archived")
    parameter_name = "archived"
    column = "archived_at"


class PutAwayAdmin(TenantAdmin):
    """Rows that the API puts away when they are deleted there but appointments keep them: they are
    shown, and neither changed nor offered for anything new.
    """

    def sections(self, request: HttpRequest, obj: Any = None) -> Any:
        sections = super().sections(request, obj)
        if obj is None or obj.archived_at is None:
            return sections
        return [(None, {"fields": ("archived_at",)}), *sections]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), "archived_at"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        archived = obj is not None and obj.archived_at is not None
        return not archived and super().has_change_permission(request, obj)

    def offered(self, rows: Any) -> Any:
        return rows.filter(archived_at=None)


@admin.register(Location)
class LocationAdmin(PutAwayAdmin):
    reads, writes = "services:read", "services:write"
    form = LocationForm
    list_display = ("name", "address", "phone", "timezone")
    list_filter = ("timezone", Archived)
    search_fields = ("name", "address")
    fieldsets = (
        (None, {"fields": ("name", "description", "instructions", "timezone")}),
        (_("Address"), {"fields": ("address", ("lat", "lng"))}),
        (_("Contact"), {"fields": ("phone", "email", "picture_url")}),
    )


@admin.register(ServiceCategory)
class ServiceCategoryAdmin(TenantAdmin):
    reads, writes = "services:read", "services:write"
    list_display = ("name", "created_at")
    search_fields = ("name",)
    fields = ("name",)


class DurationInline(TenantInline):
    """Lengths, with prices as they are typed and as they read."""

    model = ServiceDuration
    reads, writes = "services:read", "services:write"
    fields = ("minutes", "price", "reads_as")
    readonly_fields = ("reads_as",)
    sentences: Sentences = {
        "service_duration_is_unique": ("minutes", _("This length is there already.")),
        "service_duration_fits_a_day": ("minutes", _("Write 1 to 1440 minutes.")),
    }

    @admin.display(description=_("reads as"))
    def reads_as(self, duration: ServiceDuration) -> str:
        service = duration.service
        return amount(duration.price, service.currency or service.business.currency)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("service__business")

    def get_extra(self, request: HttpRequest, obj: Any = None, **_: Any) -> int:
        return 0 if obj else 1


class CategoryInline(TenantInline):
    model = ServiceInCategory
    reads, writes = "services:read", "services:write"
    fields = ("category",)
    sentences: Sentences = {
        "service_is_once_in_category": ("category", _("The service is in this category already."))
    }


class QuestionInline(TenantInline):
    model = BookingQuestion
    reads, writes = "services:read", "services:write"
    fields = ("position", "question", "variable_name", "kind", "required")
    sentences: Sentences = {
        "question_variable_is_unique": (
            "variable_name",
            _("Another question of this service has this variable name."),
        )
    }


class ServiceAdmin(PutAwayAdmin):
    """Registered in `staff.admin`, which adds who hosts the service."""

    reads, writes = "services:read", "services:write"
    list_display = ("name", "lengths_and_prices", "places", "location", "approval", "enabled")
    list_filter: ClassVar[Any] = (
        "enabled",
        ("location", WithinReach),
        ("categories", WithinReach),
        "bookings_require_approval",
        Archived,
    )
    search_fields = ("name", "alias", "description")
    autocomplete_fields = ("location",)
    list_select_related = ("location",)
    told: ClassVar[Any] = {"working_hours": "hours_told"}
    inlines: ClassVar[Any] = (DurationInline, CategoryInline, QuestionInline, NeedInline)
    sentences: Sentences = {
        "service_alias_is_unique": ("alias", _("Another service here has this alias.")),
        "service_has_a_place": ("bookings_per_timeslot", _("Write 1 or more.")),
        "service_buffers_fit_a_day": ("", _("A buffer is at most 1440 minutes.")),
    }
    fieldsets = (
        (None, {"fields": ("name", "alias", "description", "enabled", "currency")}),
        (_("Where"), {"fields": ("location", "location_type", "location_value")}),
        (
            _("Booking"),
            {"fields": ("bookings_require_approval", "bookings_per_timeslot", "working_hours")},
        ),
        (
            _("Rules of its own"),
            {
                "fields": (
                    "time_increment",
                    "buffer_before_minutes",
                    "buffer_after_minutes",
                    "lead_time",
                    "cancel_lead_time",
                    "availability_limit_days",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        durations = ServiceDuration.objects.order_by("minutes")
        return super().get_queryset(request).prefetch_related(Prefetch("durations", durations))

    def offered(self, rows: Any) -> Any:
        return rows.filter(enabled=True)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for sentence in unmet_needs(form.instance):
            self.message_user(request, sentence, messages.WARNING)

    @admin.display(description=_("lengths and prices"))
    def lengths_and_prices(self, service: Any) -> str:
        currency = service.currency or service.business.currency
        lines = [(one, amount(one.price, currency)) for one in service.durations.all()]
        return format_html_join(", ", "{} {}", lines) if lines else format_html("—")

    @admin.display(description=_("service hours"))
    def hours_told(self, service: Any) -> str:
        return in_lines(service.working_hours)

    @admin.display(description=_("places"), ordering="bookings_per_timeslot")
    def places(self, service: Any) -> int:
        found: int = service.bookings_per_timeslot
        return found

    @admin.display(description=_("approval"), boolean=True, ordering="bookings_require_approval")
    def approval(self, service: Any) -> bool:
        return bool(service.bookings_require_approval)


class Answered(Given):
    title = _("answered")
    parameter_name = "answered"
    column = "status"


@admin.register(IdempotentAnswer)
class IdempotentAnswerAdmin(ReadOnlyAdmin):
    """That a request with this key was answered; the answer itself is not shown."""

    reads = "api_keys:read"
    list_display = ("key", "principal", "status", "created_at")
    list_filter = ("status", Answered)
    search_fields = ("key", "principal")
    date_hierarchy = "created_at"
    fields = ("key", "principal", "status", "created_at")
    ordering = ("-created_at", "id")
