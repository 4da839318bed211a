"""Who may do what in a business, and who may hand out which role."""

import pytest

from businesses.models import Business, Location
from businesses.scopes import EVERY_SCOPE, READING, SCOPES
from patients.models import Patient
from staff.models import Staff, StaffStatus, User
from staff.roles import GRANTS, ROLE_SCOPES, Role, grantable_by, scopes_of
from tests.factories import (
    BusinessFactory,
    LocationFactory,
    PatientFactory,
    StaffFactory,
    UserFactory,
    member,
)

# The whole table, written out: a change of it is a decision.
LOOK = {"business:read", "services:read", "staff:read"}
DESK = LOOK | {
    "patients:read",
    "patients:write",
    "appointments:read",
    "appointments:write",
    "appointments:explain",
}
MACHINES = {"api_keys:read", "api_keys:write", "webhooks:read", "webhooks:write"}
MAY = {
    Role.OWNER: set(SCOPES),
    Role.ADMIN: set(SCOPES),
    Role.MANAGER: DESK | {"appointments:override", "services:write", "staff:write"},
    Role.FRONT_DESK: DESK | {"appointments:override"},
    Role.PRACTITIONER: DESK,
    Role.DEVELOPER: LOOK | MACHINES,
}


@pytest.mark.parametrize("role", list(Role))
def test_what_each_role_may_do(role: Role) -> None:
    assert scopes_of([role.value]) == MAY[role]


def test_every_role_is_known_and_every_scope_is_a_word_that_is_explained() -> None:
    assert set(ROLE_SCOPES) == set(Role)
    assert frozenset(SCOPES) == EVERY_SCOPE
    assert {scope for scope in SCOPES if scope.endswith(":read")} == READING
    assert all(sentence for sentence in SCOPES.values())


def test_several_roles_add_up() -> None:
    both = scopes_of([Role.PRACTITIONER.value, Role.DEVELOPER.value])
    assert both == MAY[Role.PRACTITIONER] | MAY[Role.DEVELOPER]


def test_no_role_and_an_unknown_role_may_do_nothing() -> None:
    assert scopes_of([]) == frozenset()
    assert scopes_of(["JANITOR", ""]) == frozenset()


def test_whoever_may_change_something_may_see_it() -> None:
    for role in Role:
        scopes = scopes_of([role.value])
        changeable = {scope.split(":")[0] for scope in scopes if not scope.endswith(":read")}
        assert {f"{subject}:read" for subject in changeable} <= scopes


@pytest.mark.parametrize(
    ("role", "grantable"),
    [
        (Role.OWNER, set(Role.values)),
        (Role.ADMIN, set(Role.values) - {"OWNER"}),
        (Role.MANAGER, {"FRONT_DESK", "PRACTITIONER"}),
        (Role.FRONT_DESK, set()),
        (Role.PRACTITIONER, set()),
        (Role.DEVELOPER, set()),
    ],
)
def test_who_may_hand_out_which_role(role: Role, grantable: set[str]) -> None:
    assert grantable_by([role.value]) == grantable


def test_nobody_hands_out_a_role_that_may_do_more_than_their_own() -> None:
    for role in GRANTS:
        for granted in grantable_by([role]):
            assert scopes_of([granted]) - MACHINES <= scopes_of([role])


# --- Somebody's place in a business ---------------------------------------------------------------


@pytest.fixture
def business(db: None) -> Business:
    made: Business = BusinessFactory()
    return made


def again(user: User) -> User:
    """As the next request would read them."""
    return User.objects.get(pk=user.pk)


def test_somebody_may_in_each_business_what_their_roles_there_allow(business: Business) -> None:
    abroad = BusinessFactory()
    user = member(business, Role.FRONT_DESK)
    StaffFactory(business=abroad, user=user, roles=[Role.DEVELOPER.value])
    assert user.scopes_in(business.pk) == MAY[Role.FRONT_DESK]
    assert user.scopes_in(abroad.pk) == MAY[Role.DEVELOPER]
    assert user.scopes_in(BusinessFactory().pk) == frozenset()
    assert sorted(user.places_of_work()) == sorted([business.pk, abroad.pk])


@pytest.mark.parametrize("status", sorted(set(StaffStatus.values) - {"ACTIVE"}))
def test_somebody_who_is_not_active_there_may_do_nothing_there(
    business: Business, status: str
) -> None:
    user = member(business, Role.OWNER)
    assert user.scopes_in(business.pk) == EVERY_SCOPE
    Staff.objects.filter(user=user).update(status=status)
    assert again(user).scopes_in(business.pk) == frozenset()
    assert again(user).places_of_work() == []
    assert list(Business.objects.visible_to(again(user))) == []


def test_a_login_that_is_switched_off_may_do_nothing_anywhere(business: Business) -> None:
    user = member(business, Role.OWNER)
    user.is_active = False
    user.save()
    assert again(user).scopes_in(business.pk) == frozenset()
    assert again(user).places_of_work() == []


def test_roles_are_read_once_however_often_they_are_asked(
    business: Business, django_assert_num_queries: object
) -> None:
    user = again(member(business, Role.MANAGER))
    with django_assert_num_queries(1):  # type: ignore[operator]
        for _ in range(3):
            assert user.scopes_in(business.pk)
            assert user.places_of_work() == [business.pk]


def test_a_member_sees_the_rows_of_their_businesses_and_no_others(business: Business) -> None:
    abroad = BusinessFactory()
    mine = LocationFactory(business=business)
    LocationFactory(business=abroad)
    known = PatientFactory(business=business)
    PatientFactory(business=abroad)
    user = member(business, Role.PRACTITIONER)
    assert list(Business.objects.visible_to(user)) == [business]
    assert list(Location.objects.visible_to(user)) == [mine]
    assert list(Patient.objects.visible_to(user)) == [known]


def test_somebody_without_a_place_sees_nothing(business: Business) -> None:
    LocationFactory(business=business)
    stranger = UserFactory()
    assert not Business.objects.visible_to(stranger).exists()
    assert not Location.objects.visible_to(stranger).exists()


def test_an_operator_sees_every_business(business: Business) -> None:
    LocationFactory(business=business)
    LocationFactory(business=BusinessFactory())
    operator = UserFactory(is_superuser=True)
    assert Business.objects.visible_to(operator).count() == 2
    assert Location.objects.visible_to(operator).count() == 2


def test_a_login_is_found_by_its_email_in_any_case(db: None) -> None:
    user = User.objects.create_user(" Ruth@Clinic.Example ", "a long enough password")
    assert user.email == "ruth@clinic.example"
    assert User.objects.get_by_natural_key("RUTH@clinic.example ") == user
    assert user.check_password("a long enough password")


def test_a_login_without_a_password_lets_nobody_in(db: None) -> None:
    user = User.objects.create_user("new@clinic.example")
    assert not user.has_usable_password()
    assert not user.check_password("")
