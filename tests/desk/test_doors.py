"""Who gets in where."""

import pytest
from django.test import Client

from staff.models import StaffStatus
from staff.roles import Role
from tests.desk.clinic import FrontDesk, open_desk, words_of
from tests.factories import BusinessFactory, StaffFactory, UserFactory, member

PAGES = (
    "day",
    "day/show",
    "day/sheet",
    "appointments",
    "requests",
    "blocked",
    "blocked/new",
    "waiting",
    "walk-in",
    "book",
    "waitlist",
    "waitlist/new",
    "search",
    "patients",
    "patients/{}",
    "patients/{}/edit",
    "patients/{}/archive",
    "appointments/{}",
    "appointments/{}/waitlist",
    "appointments/{}/approve",
    "appointments/{}/cancel",
    "appointments/{}/step",
    "appointments/{}/move",
    "appointments/{}/undo",
)


def path_of(desk: FrontDesk, page: str) -> str:
    one = desk.patient.pk if page.startswith("patients") else desk.book_request().id
    return desk.url(page.format(one))


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_asked_to_sign_in_and_led_back(desk: FrontDesk, page: str) -> None:
    path = path_of(desk, page)
    answer = Client().get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/login?next={path}")
    # Whether there is such a clinic is nobody's business either.
    path = path.replace(desk.business.alias, "nowhere")
    assert Client().get(path)["Location"] == f"/login?next={path}"


@pytest.mark.parametrize("page", PAGES)
def test_a_developer_a_neighbour_and_one_who_left_find_nothing(
    desk: FrontDesk, neighbour: FrontDesk, page: str
) -> None:
    path = path_of(desk, page)
    gone = member(desk.business, Role.OWNER, password="!")
    gone.staff.update(status=StaffStatus.DISABLED)
    for user in (member(desk.business, Role.DEVELOPER, password="!"), neighbour.user, gone):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        for answer in (client.get(path), client.post(path, {})):
            # Pages that are only read refuse to be written to, whoever asks.
            assert answer.status_code in (404, 405)
            assert desk.business.name not in words_of(answer)
            assert desk.patient.name not in words_of(answer)
        assert client.get(path).status_code == 404


def test_somebody_who_works_at_one_desk_is_led_there(desk: FrontDesk) -> None:
    assert desk.client.get("/")["Location"] == "/desk/"
    assert desk.client.get("/desk/")["Location"] == desk.url("day")


def test_somebody_who_works_at_several_desks_chooses(desk: FrontDesk) -> None:
    other = BusinessFactory(name="Hill Clinic")
    StaffFactory(business=other, user=desk.user, roles=[Role.PRACTITIONER])
    third = BusinessFactory(name="Lab")
    StaffFactory(business=third, user=desk.user, roles=[Role.DEVELOPER])
    BusinessFactory(name="Somebody else's")
    answer = desk.client.get("/desk/")
    assert [one.name for one in answer.context["businesses"]] == [
        desk.business.name,
        "Hill Clinic",
    ]
    page = answer.content.decode()
    assert f'href="/desk/{other.alias}/day"' in page
    assert "Switch clinic" in words_of(desk.get("appointments"))


def test_a_developer_is_led_to_the_admin(desk: FrontDesk) -> None:
    client = Client()
    client.force_login(
        member(desk.business, Role.DEVELOPER, password="!"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    assert client.get("/desk/")["Location"] == "/admin/"


@pytest.mark.usefixtures("db", "clock")
def test_somebody_without_a_clinic_is_told_whom_to_ask() -> None:
    client = Client()
    client.force_login(
        UserFactory(password="!"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert "Ask an owner or administrator to add you." in words_of(client.get("/desk/"))


def test_the_operator_sees_every_clinic(desk: FrontDesk, neighbour: FrontDesk) -> None:
    client = Client()
    client.force_login(
        UserFactory(password="!", is_superuser=True),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    answer = client.get("/desk/")
    assert {one.name for one in answer.context["businesses"]} == {
        desk.business.name,
        neighbour.business.name,
    }
    assert client.get(neighbour.url("appointments")).status_code == 200


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.MANAGER, Role.PRACTITIONER])
@pytest.mark.usefixtures("db", "clock")
def test_these_roles_book_as_well(role: Role) -> None:
    assert open_desk(role).booked().status == "booked"


def test_a_form_from_elsewhere_is_refused_and_says_what_to_do(desk: FrontDesk) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.user, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(desk.url("book"), desk.typed())
    assert answer.status_code == 403
    assert "Nothing was saved" in words_of(answer)
