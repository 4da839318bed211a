"""What may be written into aliases, currencies, zones and hours."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from businesses.fields import AliasField, CurrencyField, HoursField, IdField, ZoneField
from businesses.identifiers import new_id
from tests.factories import BusinessFactory, ServiceFactory

GOOD: list[tuple[Any, Any]] = [
    (AliasField(), "riverside"),
    (AliasField(), "river-side-2"),
    (CurrencyField(), "usd"),
    (CurrencyField(), "EUR"),
    (ZoneField(), "Europe/London"),
    (ZoneField(), "UTC"),
    (HoursField(), {"monday": [[0, 2400]]}),
]
BAD: list[tuple[Any, Any, str]] = [
    (AliasField(), "River", "bad_alias"),
    (AliasField(), "river side", "bad_alias"),
    (AliasField(), "-river", "bad_alias"),
    (AliasField(), "river--side", "bad_alias"),
    (AliasField(), "river\n", "bad_alias"),
    (AliasField(), "rivière", "bad_alias"),
    (AliasField(), "a" * 65, "max_length"),
    (CurrencyField(), "us", "bad_currency"),
    (CurrencyField(), "$$$", "bad_currency"),
    (CurrencyField(), "usd\n", "max_length"),
    (ZoneField(), "London", "unknown_zone"),
    (ZoneField(), "../UTC", "unknown_zone"),
    (HoursField(), {"monday": [[900, 800]]}, "bad_hours"),
    (HoursField(), [[900, 1700]], "bad_hours"),
    (HoursField(), {"someday": []}, "bad_hours"),
]


@pytest.mark.parametrize(("field", "value"), GOOD, ids=repr)
def test_what_is_right_is_taken_as_it_is(field: models.Field[Any, Any], value: Any) -> None:
    assert field.clean(value, None) == value


@pytest.mark.parametrize(("field", "value", "code"), BAD, ids=repr)
def test_what_is_wrong_is_refused_with_a_code(
    field: models.Field[Any, Any], value: Any, code: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        field.clean(value, None)
    assert code in [error.code for error in refused.value.error_list]


@pytest.mark.parametrize(
    ("field", "plain"),
    [
        (AliasField(), "django.db.models.CharField"),
        (ZoneField(default="UTC"), "django.db.models.CharField"),
        (HoursField(), "django.db.models.JSONField"),
        (IdField(), "django.db.models.UUIDField"),
    ],
    ids=repr,
)
def test_migrations_know_nothing_of_our_fields(field: models.Field[Any, Any], plain: str) -> None:
    _, path, _, options = field.deconstruct()
    assert path == plain
    assert not any(callable(option) for option in options.values())
    assert "validators" not in options


def test_new_identifiers_are_ordered_by_time() -> None:
    made = [new_id() for _ in range(1000)]
    assert {one.version for one in made} == {7}
    assert made == sorted(set(made))


@pytest.mark.django_db
def test_an_alias_is_one_businesss_and_within_it_one_services() -> None:
    riverside = BusinessFactory(alias="riverside")
    with pytest.raises(IntegrityError, match="business_alias_is_unique"), transaction.atomic():
        BusinessFactory(alias="Riverside")
    ServiceFactory(business=riverside, alias="checkup")
    ServiceFactory(business=BusinessFactory(), alias="checkup")
    with pytest.raises(IntegrityError, match="service_alias_is_unique"), transaction.atomic():
        ServiceFactory(business=riverside, alias="Checkup")
    ServiceFactory(business=riverside)
    ServiceFactory(business=riverside)


@pytest.mark.django_db
@pytest.mark.parametrize("side", ["buffer_before_minutes", "buffer_after_minutes"])
def test_buffers_are_at_most_a_day(side: str) -> None:
    BusinessFactory(**{side: 1440})
    ServiceFactory(**{side: 1440})
    with pytest.raises(IntegrityError, match="business_buffers_fit_a_day"), transaction.atomic():
        BusinessFactory(**{side: 1441})
    with pytest.raises(IntegrityError, match="service_buffers_fit_a_day"), transaction.atomic():
        ServiceFactory(**{side: 1441})
