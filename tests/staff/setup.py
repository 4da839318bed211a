"""The set-up of a clinic as somebody with a role sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.test import Client

from businesses.models import Business, Service
from staff.models import Staff, User
from staff.roles import Role
from tests.desk.clinic import words_of
from tests.factories import BusinessFactory, ServiceFactory, StaffFactory, member, provides


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@dataclass
class Setup:
    """A clinic with a doctor and a nurse, and somebody who sets it up."""

    business: Business
    user: User
    client: Client
    doctor: Staff
    nurse: Staff
    service: Service  # named for the doctor

    def url(self, page: str) -> str:
        return f"/desk/{self.business.alias}/{page}"

    def get(self, page: str, **query: Any) -> Any:
        return self.client.get(self.url(page), query)

    def shown(self, page: str) -> dict[str, Any]:
        """What the page's form would send if nothing in it were touched."""
        form = self.get(page).context["form"]
        return {name: value for name, value in typed(form).items() if value not in (None, False)}

    def send(self, page: str, **fields: Any) -> Any:
        """The form as it is shown, but for what is given; None leaves a field out."""
        whole = self.shown(page) | fields
        sent = {name: value for name, value in whole.items() if value is not None}
        return self.client.post(self.url(page), sent)

    def post(self, page: str, **fields: Any) -> Any:
        return self.client.post(self.url(page), fields)


def typed(form: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for bound in form:
        widget, value = bound.field.widget, bound.value()
        context = widget.get_context(bound.html_name, value, {})["widget"]
        if "days" in context:  # weekly hours
            for day in context["days"]:
                for end, number in (("start", 0), ("end", 1)):
                    found[f"{bound.html_name}-{day['key']}-{end}"] = [
                        span[number] for span in day["spans"]
                    ]
        else:
            found[bound.html_name] = widget.format_value(value) if value is not None else None
            if isinstance(value, list):
                found[bound.html_name] = [str(one) for one in value]
            elif isinstance(value, bool):
                found[bound.html_name] = "on" if value else None
    return found


def set_up(*roles: Role) -> Setup:
    business = BusinessFactory()
    user = member(business, *roles, name="Olga Owner", password="!")
    doctor = StaffFactory(business=business, name="Dr Hart")
    service = ServiceFactory(business=business, name="Consultation")
    provides(doctor, service)
    return Setup(
        business=business,
        user=user,
        client=signed_in(user),
        doctor=doctor,
        nurse=StaffFactory(business=business, name="Nurse Mwangi"),
        service=service,
    )


def errors_of(answer: Any) -> dict[str, list[str]]:
    """What the form refuses, by field."""
    assert answer.status_code == 200, words_of(answer)
    return {name: list(told) for name, told in answer.context["form"].errors.items()}
