"""What is asked of whoever books a service: its own questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms

from appointments.forms.whom import uuid_in
from businesses.models import Business, Service

QUESTION = "question_"


def service_in(business: Business, typed: Mapping[str, Any]) -> Service | None:
    """The bookable service that was chosen, with its lengths and questions; or none."""
    chosen = uuid_in(typed.get("service"))
    if chosen is None:
        return None
    found: Service | None = (
        Service.objects.of(business)
        .filter(pk=chosen, enabled=True)
        .prefetch_related("durations", "questions")
        .first()
    )
    return found


def _whole(value: str | float) -> str | int | float:
    """Two children as 2, not 2.0; beyond 53 bits a float is no whole number any more."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


class AskingForm(forms.Form):
    """A form with a field for each question of the service that was chosen."""

    def ask(self, service: Service | None) -> None:
        for question in service.questions.all() if service else ():
            self.fields[f"{QUESTION}{question.pk}"] = (
                forms.FloatField(label=question.question, required=False)
                if question.kind == "number"
                else forms.CharField(label=question.question, required=False, max_length=2000)
            )

    @property
    def questions(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(QUESTION)]

    def answers(self) -> tuple[tuple[UUID, str | int | float], ...]:
        """What was answered, once the form is valid."""
        return tuple(
            (UUID(name.removeprefix(QUESTION)), _whole(value))
            for name, value in self.cleaned_data.items()
            if name.startswith(QUESTION) and value not in ("", None)
        )
