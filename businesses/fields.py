"""Fields with a rule of their own; migrations see the plain Django field behind each."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.hours import BadHours, WeeklyHours
from businesses.identifiers import new_id
from businesses.zones import zone_names


def check_zone(value: str) -> None:
    if value not in zone_names():
        raise ValidationError(
            _("%(value)s is not a time zone; write an IANA name such as Europe/London."),
            code="unknown_zone",
            params={"value": value},
        )


def check_hours(value: Any) -> None:
    try:
        WeeklyHours.read(value)
    except BadHours as error:
        raise ValidationError(str(error), code="bad_hours") from error


is_an_alias = RegexValidator(
    r"^[a-z0-9]+(-[a-z0-9]+)*\Z",
    _("Write small letters, digits and single hyphens."),
    "bad_alias",
)
# The first words of the site's own addresses: patients' pages are below the name of their clinic,
# and the desk's below `desk/` and that name.
RESERVED = frozenset(
    {
        "admin",
        "businesses",
        "desk",
        "language",
        "login",
        "logout",
        "password",
        "start",
        "static",
        "v1",
    }
)


def is_not_reserved(value: str) -> None:
    if value.lower() in RESERVED:
        raise ValidationError(
            _("The site uses “%(value)s” itself; write another word."),
            code="reserved_alias",
            params={"value": value},
        )


is_a_currency = RegexValidator(
    r"^[A-Za-z]{3}\Z", _("Write a three-letter currency code such as USD."), "bad_currency"
)


class Plain(models.Field[Any, Any]):
    """Writes itself into migrations as the Django field it extends, without its rule."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        base = type(self).__mro__[2]
        kwargs.pop("validators", None)
        if callable(kwargs.get("default")):
            kwargs.pop("default")
        return name, f"django.db.models.{base.__name__}", args, kwargs


class IdField(Plain, models.UUIDField[Any, Any]):
    """The identifier of a row: a version 7 UUID."""

    def __init__(self, **options: Any) -> None:
        fixed: dict[str, Any] = {"primary_key": True, "default": new_id, "editable": False}
        super().__init__(**(fixed | options))


class ZoneField(Plain, models.CharField[Any, Any]):
    """An IANA time zone name."""

    default_validators = [*models.CharField.default_validators, check_zone]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **({"max_length": 64} | options))


class AliasField(Plain, models.CharField[Any, Any]):
    """The short name of something in web addresses."""

    default_validators = [*models.CharField.default_validators, is_an_alias]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **({"max_length": 64} | options))


class CurrencyField(Plain, models.CharField[Any, Any]):
    """An ISO 4217 currency code."""

    default_validators = [*models.CharField.default_validators, is_a_currency]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **({"max_length": 3} | options))


class HoursField(Plain, models.JSONField):
    """Weekly hours in their written form; see `businesses.hours`."""

    default_validators = [*models.JSONField.default_validators, check_hours]
